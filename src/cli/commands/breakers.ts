/** `sentinel breakers`: shows circuit breakers; closes one, or holds it open. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { BreakerKind, BreakersReply, BreakerState } from '../../admin/contract/upstream-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { breakerNow, breakerWords, resetWords } from '../breaker-words.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, printable } from '../text.ts';
import { needsAttention } from '../verdicts.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const action = invocation.argument('action');
  const client = daemonOf(invocation);
  if (action === undefined) return list(await client.call('breakers'), invocation.stdout);
  if (action !== 'reset' && action !== 'open') {
    throw usage(`there is no action ${JSON.stringify(action)}, expected reset or open`);
  }
  const id = invocation.argument('id');
  if (id === undefined) throw usage(`sentinel breakers ${action} needs the id of a breaker`);
  return move(invocation, client, action, id);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel breakers --help' });
}

function list({ data, daemon, generation, notes }: Reply<BreakersReply>, output: Output): Outcome {
  const open = data.breakers.filter(({ state }) => isOpen(state));
  return {
    kind: 'report',
    exitCode: open.length === 0 ? exitCodes.ok : exitCodes.problems,
    status: open.length === 0 ? 'ok' : 'problems',
    data,
    findings: open.map(openFinding),
    warnings: notes,
    daemon,
    generation,
    text: (style) => text(data.breakers, style, output),
  };
}

/** Asks first, with the facts as they are; what has changed by the answer is refused. */
async function move(
  invocation: Invocation,
  client: AdminClient,
  action: 'reset' | 'open',
  id: string,
): Promise<Outcome> {
  const reason = invocation.option('reason');
  const order = reason === undefined ? { params: { id } } : { params: { id }, reason };
  const before = await client.call('breakers');
  const breaker = before.data.breakers.find((one) => one.id === id);
  // Of an id that does not exist the daemon says so, and which there are.
  if (breaker !== undefined && !invocation.flag('yes')) {
    const proposal = {
      what: `${action === 'reset' ? 'close' : 'open'} breaker ${id}`,
      daemon: before.daemon,
      generation: before.generation,
      effect: await effectOf(client, action, breaker),
      undo: `sentinel breakers ${action === 'reset' ? 'open' : 'reset'} ${id}`,
      expires: action === 'reset' ? 'when failures open it again' : 'never: it stays open until it is reset',
      reason,
    };
    if (!(await confirmed(invocation, proposal)))
      return declined({ breaker }, `breaker ${printable(breaker.id)} is as it was`);
    const { data } = await client.call('breakers');
    const state = data.breakers.find((one) => one.id === id)?.state;
    if (state !== breaker.state) {
      const words = state === undefined ? 'gone' : breakerWords[state];
      throw new SentinelError(
        'SNT-A007',
        `breaker ${id} is ${words} now; it was ${breakerWords[breaker.state]} when you were asked`,
      );
    }
  }
  return moved(await client.call(`breaker-${action}`, order));
}

function moved({ data, daemon, generation, notes }: Reply<{ readonly breaker: BreakerState }>): Outcome {
  const { id, state } = data.breaker;
  const words = state === 'forced_open' ? 'is open, and stays so until it is reset' : `is ${breakerWords[state]}`;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => `${style.green('✓')} breaker ${printable(id)} ${words}\n`,
  };
}

async function effectOf(client: AdminClient, action: 'reset' | 'open', breaker: BreakerState): Promise<string> {
  if (action === 'reset') return resetWords(breaker);
  const now = breakerNow(breaker);
  if (breaker.kind === 'route') return `${now}; every request of the route is refused, or goes to its fallback`;
  const { data } = await client.call('upstream', { params: { name: breaker.upstream } });
  const others = data.targets.filter(({ address }) => address !== breaker.target);
  const serving = others.filter((one) => !needsAttention(one) && one.weight > 0).length;
  const left =
    serving === 0
      ? `no other target of ${data.name} takes requests: its routes answer 503, or go to their fallback`
      : `${serving} of the ${others.length} other targets of ${data.name} ${serving === 1 ? 'takes' : 'take'} its requests`;
  return `${now}; ${left}`;
}

function isOpen(state: BreakerKind): boolean {
  return state === 'open' || state === 'forced_open';
}

const glyphs: Readonly<Record<BreakerKind, string>> = { closed: '✓', open: '✗', half_open: '◐', forced_open: '✗' };

function openFinding({ id, state, why }: BreakerState): Finding {
  const command = `sentinel breakers reset ${id}`;
  return {
    code: 'SNT-U003',
    severity: 'error',
    title: 'circuit breaker open',
    detail: `${id} is ${breakerWords[state]}${why === null ? '' : `: ${why}`}`,
    suggestion: { text: command, command },
  };
}

const columns = [
  { title: 'BREAKER' },
  { title: 'STATE' },
  { title: 'COUNT', right: true, drop: 4 },
  { title: 'TRIPS', right: true, drop: 3 },
  { title: 'OPEN FOR', right: true, drop: 2 },
  { title: 'RETRY IN', right: true, drop: 1 },
  { title: 'WHY' },
];

function text(breakers: readonly BreakerState[], style: Style, output: Output): string {
  if (breakers.length === 0) return 'no breakers\n';
  const rows = breakers.map((breaker) => {
    const { id, state, count, trips_total, open_for_ms, retry_in_ms, why } = breaker;
    const of = state === 'half_open' ? breaker.success_threshold : breaker.failure_threshold;
    return {
      cells: [
        id,
        `${glyphs[state]} ${breakerWords[state]}`,
        isOpen(state) ? '–' : `${count}/${of}`,
        countText(trips_total),
        open_for_ms === null ? '–' : durationText(open_for_ms),
        retry_in_ms === null ? '–' : retry_in_ms === 0 ? 'next request' : durationText(retry_in_ms),
        why ?? '–',
      ],
      paint: isOpen(state) ? style.red : state === 'half_open' ? style.yellow : (line: string) => line,
    };
  });
  return fittedTable(columns, rows, style, output);
}
