/** `sentinel maintenance`: answers clients with a page in place of routes, for a while; says whether it does. */
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { OverrideRequest, OverrideState } from '../../admin/contract/override-shapes.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { confirmed, confirmedByName, declined, type Proposal } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { timeOf, usage, valuesOf } from '../overrides/values.ts';
import { changed, setText, clearedText, maintenanceWords, subjectText, untilText } from '../overrides/words.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

const help = 'sentinel maintenance';
/** The daemon takes no more. */
const MAX_PAGE_BYTES = 64 << 10;
/** Who plans a window plans an hour. */
const USUAL_TIME = '1h';

const types: Readonly<Record<string, string>> = {
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

export async function run(invocation: Invocation): Promise<Outcome> {
  switch (invocation.argument('action')) {
    case undefined:
      return show(invocation);
    case 'on':
      return on(invocation);
    case 'off':
      return off(invocation);
    default:
      throw usage(`there is no action ${JSON.stringify(invocation.argument('action'))}, expected on or off`, help);
  }
}

async function show(invocation: Invocation): Promise<Outcome> {
  const client = daemonOf(invocation);
  const { data, daemon, generation, notes } = await client.call('overrides-of', { params: { kind: 'maintenance' } });
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => stateText(data.overrides, style),
  };
}

function stateText(overrides: readonly OverrideState[], style: Style): string {
  if (overrides.length === 0) return `${style.green('✓')} no route is under maintenance\n`;
  return overrides
    .map((one) => {
      const by = `by ${one.actor}${one.reason === null ? '' : `: ${one.reason}`}`;
      const asleep = one.dormant === null ? '' : ` (does nothing: ${one.dormant})`;
      return `${style.yellow('⏸')} ${style.bold(printable(subjectText(one)))} ${untilText(one)}, ${printable(`${by}${asleep}`)}\n  ${printable(one.value)}\n  ${style.cyan('undo:')} ${printable(one.undo)}\n`;
    })
    .join('');
}

async function on(invocation: Invocation): Promise<Outcome> {
  const subject = subjectOf(invocation);
  if (subject === undefined) throw usage('it needs --route ROUTE, or --all', help);
  const request: OverrideRequest = {
    subject,
    values: await pageOf(invocation),
    expires_in_ms: timeOf(invocation.option('for'), help, USUAL_TIME),
  };
  const client = daemonOf(invocation);
  const params = { kind: 'maintenance' };
  const reason = invocation.option('reason');
  const why = reason === undefined ? {} : { reason };
  const { data, daemon, generation } = await client.call('override-set', {
    params,
    body: { ...request, dry_run: true },
  });
  const [first] = data.overrides;
  const proposal: Proposal = {
    what: subject === '*' ? 'put every route under maintenance' : `put route ${subject} under maintenance`,
    daemon,
    generation,
    effect: `${maintenanceWords}, ${first?.value ?? ''}`,
    undo: first?.undo ?? 'sentinel maintenance off',
    expires: first === undefined ? '–' : untilText(first),
    reason,
  };
  const agreed =
    subject === '*' ? await confirmedByName(invocation, proposal, 'all') : await confirmed(invocation, proposal);
  if (!agreed) return declined({ subject }, 'routes are served as before');
  const body = subject === '*' ? { ...request, confirm: 'all' } : request;
  const reply = await client.call('override-set', { params, body, ...why });
  return changed(reply, (warnings, style) => setText(reply.data, warnings, style));
}

async function off(invocation: Invocation): Promise<Outcome> {
  const subject = subjectOf(invocation);
  const reason = invocation.option('reason');
  const client = daemonOf(invocation);
  const params = { kind: 'maintenance' };
  const before = (await client.call('overrides-of', { params })).data.overrides;
  const chosen = before.filter((one) => subject === undefined || one.subject === subject);
  // Without a word which: all of it ends, and none is an answer, too.
  if (chosen.length === 0 && subject === undefined) return show(invocation);
  if (chosen.length === 0) {
    const what = subject === '*' ? 'no order puts all routes' : `no order puts route ${subject}`;
    throw new SentinelError('SNT-A013', `${what} under maintenance; nothing was taken back`, {
      hint: 'sentinel maintenance',
    });
  }
  const query = subject === undefined ? {} : { subject };
  const reply = await client.call('override-clear', { params, query, ...(reason === undefined ? {} : { reason }) });
  return changed(reply, (warnings, style) => clearedText(reply.data, warnings, style));
}

function subjectOf(invocation: Invocation): string | undefined {
  const route = invocation.option('route');
  const all = invocation.flag('all');
  if (route !== undefined && all) throw usage('--route and --all exclude each other', help);
  return all ? '*' : route;
}

async function pageOf(invocation: Invocation): Promise<OverrideRequest['values']> {
  const file = invocation.option('page');
  const wait = invocation.option('retry-after');
  const allow = invocation.options('allow');
  return {
    ...(file === undefined ? {} : await readPage(resolve(invocation.directory, file), file)),
    ...(wait === undefined ? {} : valuesOf([`retry-after-secs=${wait}`], null, help)),
    ...(allow.length === 0 ? {} : { allow }),
  };
}

function readProblem(error: unknown): string {
  const code = errnoOf(error);
  return code === 'ENOENT' ? 'there is no such file' : (code ?? String(error));
}

async function readPage(
  path: string,
  named: string,
): Promise<{ readonly page: string; readonly 'content-type': string }> {
  try {
    const { size } = await stat(path);
    if (size > MAX_PAGE_BYTES) throw usage(`${named} has ${size} bytes, and a page may have ${MAX_PAGE_BYTES}`, help);
    const page = await readFile(path, 'utf8');
    return { page, 'content-type': types[extname(path).toLowerCase()] ?? 'text/html; charset=utf-8' };
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    throw new SentinelError('SNT-P040', `cannot read the page ${named}: ${readProblem(error)}`, {
      hint: `${help} --help`,
    });
  }
}
