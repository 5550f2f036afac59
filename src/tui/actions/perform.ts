/**
 * Carries an order out: the calls to the daemon that the command of the same name makes, one row after the other, up to the first
 * refusal. What the daemon said becomes words; where its answer was lost, that is what is said. The feed calls it.
 */
import { AdminRefusal, type AdminClient, type Reply } from '../../admin/client/client.ts';
import type { LogLevelName } from '../../admin/contract/log-shapes.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { parseDuration } from '../../base/units.ts';
import { drainsOf } from '../../cli/drains/named.ts';
import type { ActionName, Order, OrderedRow, OrderResult } from './action.ts';
import { type Deed, words } from './deeds.ts';
import { commandAt } from './shell-words.ts';

/** Never throws: whatever happens is a result. */
export async function perform(client: AdminClient, order: Order): Promise<OrderResult> {
  const parts: readonly OrderedRow[] = [{ row: order.row, values: order.values }, ...order.others];
  const done: Deed[] = [];
  let { ifMatch } = order;
  for (const part of parts) {
    try {
      const { deed, etag } = await carryOut(client, { ...order, ...part, ifMatch, others: [] });
      done.push(deed);
      // The next one is meant for the state that this one has left.
      if (ifMatch !== null) ifMatch = etag;
    } catch (error) {
      return brokenOff(order, done, parts.length, error);
    }
  }
  return {
    kind: 'done',
    words: done.map((deed) => deed.words).join('; '),
    undo: undoOf(order, done),
    well: done.every(({ well }) => well),
  };
}

/** As long as a command waits: a check takes the time of its slowest target, and a lost answer says nothing. */
const PATIENCE_MS = 30_000;

interface Answered {
  readonly deed: Deed;
  readonly etag: string;
}

async function carryOut(client: AdminClient, order: Order): Promise<Answered> {
  const { values, reason, ifMatch, row, confirmed } = order;
  const said = reason === null ? {} : { reason };
  const terms: Terms = { timeoutMs: PATIENCE_MS, ...said, ...(ifMatch === null ? {} : { ifMatch }) };
  const { target = '', subject = '', address = '' } = values;
  switch (order.action) {
    case 'drain': {
      const below = values['below-min'] === 'yes' ? { allow_below_min: true, confirm: target } : {};
      return answered(
        await client.call('drain-begin', { body: { target, on_timeout: 'wait', ...below }, ...terms }),
        words.drain,
      );
    }
    case 'undrain':
      return undrain(client, target, terms);
    case 'check': {
      const name = values['upstream'] ?? '';
      const only = row.thing.kind === 'target' ? row.thing.target : null;
      return answered(await client.call('upstream-check', { params: { name }, ...terms }), (reply) =>
        words.check(reply, name, only),
      );
    }
    case 'reset-breaker':
      return answered(await client.call('breaker-reset', { params: { id: breakerId(order) }, ...terms }), words.reset);
    case 'maintenance': {
      const confirm = subject === '*' && confirmed ? { confirm: 'all' } : {};
      const body = { subject, values: {}, expires_in_ms: timeOf(order), ...confirm };
      return answered(
        await client.call('override-set', { params: { kind: 'maintenance' }, body, ...terms }),
        words.maintenance,
      );
    }
    case 'end-maintenance': {
      const params = { kind: 'maintenance' };
      return answered(await client.call('override-clear', { params, query: { subject }, ...terms }), words.served);
    }
    case 'block-client': {
      const body = { address, expires_in_ms: timeOf(order), ...(confirmed ? { confirm: address } : {}) };
      return answered(await client.call('block-add', { body, ...terms }), words.block);
    }
    case 'unblock-client':
      return answered(await client.call('block-remove', { query: { address }, ...terms }), words.unblock);
    case 'kill-request': {
      const id = row.thing.kind === 'inflight' ? row.thing.id : '';
      return answered(await client.call('inflight-kill', { params: { id }, ...terms }), words.kill);
    }
    case 'log-level':
      return logLevel(client, order, terms);
    case 'snapshot':
      throw new SentinelError('SNT-P070', 'a snapshot is made by the command, not by the daemon');
  }
}

function answered<T>(reply: Reply<T>, say: (data: T) => Deed): Answered {
  return { deed: say(reply.data), etag: reply.etag };
}

type Terms = { readonly timeoutMs: number; readonly reason?: string; readonly ifMatch?: string };

async function undrain(client: AdminClient, target: string, terms: Terms): Promise<Answered> {
  const { data } = await client.call('drains');
  const mine = drainsOf(data.drains, target);
  if (mine.length === 0) throw new SentinelError('SNT-U007', `${target} neither drains nor is drained`);
  let last: Answered | null = null;
  for (const { id } of mine) {
    const next: Terms = last === null || terms.ifMatch === undefined ? terms : { ...terms, ifMatch: last.etag };
    last = answered(await client.call('drain-end', { params: { id }, ...next }), words.undrain);
  }
  return last as Answered;
}

async function logLevel(client: AdminClient, { values, ...order }: Order, terms: Terms): Promise<Answered> {
  const { module, level } = values;
  if (level === 'reset') return answered(await client.call('log-level-reset', terms), words.levelsReset);
  const body = {
    level: level as LogLevelName,
    expires_in_ms: timeOf({ ...order, values }),
    ...(module === undefined ? {} : { module }),
  };
  return answered(await client.call('log-level-set', { body, ...terms }), words.level);
}

function breakerId({ row: { thing }, values }: Order): string {
  return thing.kind === 'route'
    ? `route/${thing.route}`
    : `${thing.kind === 'target' ? thing.upstream : ''}/${values['target'] ?? ''}`;
}

/** @throws SNT-P040 the daemon would take it for something else */
function timeOf({ values }: Order): number {
  const ms = parseDuration(values['for'] ?? '');
  if (ms !== null && ms > 0) return ms;
  throw new SentinelError(
    'SNT-P040',
    `how long is ${JSON.stringify(values['for'] ?? '')}, expected a time such as 15m or 1h`,
  );
}

function undoOf({ node }: Order, done: readonly Deed[]): string | null {
  const commands = [...new Set(done.flatMap(({ undo }) => (undo === null ? [] : [commandAt(node, undo)])))];
  return commands.length === 0 ? null : commands.join(' && ');
}

/** What was done before it ended stays done, and is said first. */
function brokenOff(order: Order, done: readonly Deed[], of: number, error: unknown): OrderResult {
  const before =
    done.length === 0
      ? ''
      : `${done.map((deed) => deed.words).join('; ')}; then, with ${of - done.length} of ${of} left: `;
  const result = resultOf(order, error);
  return done.length === 0 ? result : { ...result, words: `${before}${result.words}` };
}

function resultOf({ action, node, row, values }: Order, error: unknown): OrderResult {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof SentinelError && error.hint !== undefined ? `; next: ${error.hint}` : '';
  if (error instanceof AdminRefusal && error.status < 500) {
    return { kind: 'refused', words: `${message}${hint}`, code: error.code, again: error.status === 412 };
  }
  if (error instanceof AdminRefusal && error.code === 'SNT-A011') {
    return { kind: 'refused', words: message, code: error.code, again: false };
  }
  if (error instanceof SentinelError && !(error instanceof AdminRefusal) && isCertain(error)) {
    return error.code === 'SNT-U007'
      ? { kind: 'refused', words: message, code: error.code, again: false }
      : { kind: 'failed', words: `nothing was done: ${message}${hint}` };
  }
  const look = commandAt(node, seeBy(action, { row, values }));
  return { kind: 'unknown', words: `it is not known whether it was done: ${message}; see: ${look}` };
}

/** Whether it is sure that the daemon never got the order. */
function isCertain(error: SentinelError): boolean {
  if (error.code === 'SNT-A010') return false;
  if (error.code !== 'SNT-A001') return true;
  return ['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EACCES'].includes(errnoOf(error.cause) ?? '');
}

/** The command that shows whether it was done. */
function seeBy(action: ActionName, { values }: OrderedRow): readonly string[] {
  switch (action) {
    case 'drain':
    case 'undrain':
      return ['sentinel', 'drains'];
    case 'check':
      return ['sentinel', 'upstreams', values['upstream'] ?? ''];
    case 'reset-breaker':
      return ['sentinel', 'breakers'];
    case 'maintenance':
    case 'end-maintenance':
      return ['sentinel', 'maintenance'];
    case 'block-client':
    case 'unblock-client':
      return ['sentinel', 'block', 'list'];
    case 'kill-request':
      return ['sentinel', 'inflight'];
    case 'log-level':
      return ['sentinel', 'log-level'];
    case 'snapshot':
      return ['sentinel', 'incident', 'list'];
  }
}
