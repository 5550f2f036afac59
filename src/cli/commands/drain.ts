/** `sentinel drain`: takes a target out of traffic and stays until nothing is in flight to it, or until Ctrl-C. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { DrainReply, DrainRequest, DrainState } from '../../admin/contract/drain-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome, Status } from '../command.ts';
import { declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { agreed, orderOf, sceneOf, severityOf } from '../drains/order.ts';
import { watchDrains } from '../drains/session.ts';
import { closingLines, followUpLines, undoOfRemoval, headLine, previewWords } from '../drains/words.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

/** How long somebody who comes back to a drain whose deadline is over waits once more. */
const AGAIN_MS = 300_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  if (invocation.option('rolling') !== undefined) {
    const { runRolling } = await import('../drains/rolling.ts');
    return runRolling(invocation);
  }
  const target = invocation.argument('target');
  if (target === undefined) {
    throw new SentinelError('SNT-P040', 'nothing says what to drain: a target, or with --rolling an upstream', {
      hint: 'sentinel upstreams',
    });
  }
  const client = daemonOf(invocation);
  const order = orderOf(invocation, target);
  const before = await client.call('drain-begin', { body: { ...order, dry_run: true } });
  if (invocation.flag('dry-run')) return dryRun(order, before);
  const nothingNew = before.data.preview.every(({ targets }) => targets.length === 0);
  const refused = before.data.preview.some(({ below_min }) => below_min) && order.allow_below_min !== true;
  // Of what the daemon would refuse, or has begun already, nobody needs to be asked.
  if (!nothingNew && !refused) {
    if (!(await agreed(invocation, order, before))) {
      return declined({ target, preview: before.data.preview }, `${printable(target)} takes requests as before`);
    }
    const now = await client.call('drain-begin', { body: { ...order, dry_run: true } });
    if (sceneOf(now) !== sceneOf(before)) {
      throw new SentinelError('SNT-A007', `what the drain of ${target} leaves has changed while you were asked`, {
        hint: `sentinel drain ${target} --dry-run`,
      });
    }
  }
  const begun = await begin(invocation, client, order, before);
  if (invocation.flag('detach')) return detachedAtOnce(begun);
  const watched = await watchDrains(invocation, client, begun.data.drains, order.timeout_ms ?? AGAIN_MS);
  return watched.detached === null ? ended(begun, watched.drains) : wentAway(begun, watched.drains, watched.detached);
}

function begin(
  invocation: Invocation,
  client: AdminClient,
  order: DrainRequest,
  { data }: Reply<DrainReply>,
): Promise<Reply<DrainReply>> {
  const reason = invocation.option('reason');
  // Whoever was asked has typed it.
  const confirm = severityOf(order, data.preview) === null ? {} : { confirm: order.target };
  return client.call('drain-begin', { body: { ...order, ...confirm }, ...(reason === undefined ? {} : { reason }) });
}

function dryRun(order: DrainRequest, { data, daemon, generation, notes }: Reply<DrainReply>): Outcome {
  const short = data.preview.filter(({ below_min }) => below_min);
  const refused = short.length > 0 && order.allow_below_min !== true;
  const severity = severityOf(order, data.preview);
  return {
    kind: 'report',
    exitCode: refused ? exitCodes.problems : exitCodes.ok,
    status: refused ? 'problems' : 'ok',
    data,
    findings: refused
      ? short.map((one) => ({
          code: 'SNT-U005',
          severity: 'error',
          title: 'drain would leave too few targets',
          detail: previewWords(one),
        }))
      : [],
    warnings: notes,
    daemon,
    generation,
    text: (style) => {
      const lines = data.preview.map((one) => `${one.below_min ? style.red('✗') : '·'} ${previewWords(one)}\n`);
      const there = data.drains.map(({ id, target, state }) => `· ${printable(target)} is ${state} already (${id})\n`);
      const verdict = refused
        ? `${style.red('✗')} would be refused: below min-healthy\n`
        : severity === null
          ? `${style.green('✓')} would be drained; nothing was done\n`
          : `${style.yellow('▲')} would need --confirm='${order.target}' (${severity}); nothing was done\n`;
      return [...lines, ...there, verdict].join('');
    },
  };
}

function detachedAtOnce({ data, daemon, generation, notes }: Reply<DrainReply>): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { drains: data.drains, attached: data.attached },
    warnings: notes,
    daemon,
    generation,
    text: (style) => data.drains.map((drain) => `${headLine(drain, style)}\n${comeBack(drain)}`).join(''),
  };
}

function wentAway(begun: Reply<DrainReply>, drains: readonly DrainState[], exitCode: ExitCode): Outcome {
  return {
    kind: 'report',
    exitCode,
    status: 'unknown',
    data: { drains, attached: begun.data.attached },
    warnings: begun.notes,
    daemon: begun.daemon,
    generation: begun.generation,
    text: () => drains.map((drain) => `detached: the drain goes on.   ${comeBack(drain)}`).join(''),
  };
}

function comeBack({ target }: DrainState): string {
  const name = printable(target);
  return `watch: sentinel drain ${name}   list: sentinel drains   undo: sentinel undrain ${name}\n`;
}

function ended({ data, daemon, generation, notes }: Reply<DrainReply>, drains: readonly DrainState[]): Outcome {
  const exitCode = worst(drains.map(exitCodeOf));
  const status: Status = exitCode === exitCodes.ok ? 'ok' : 'problems';
  return {
    kind: 'report',
    exitCode,
    status,
    data: { drains, attached: data.attached },
    findings: drains.flatMap(findingOf),
    warnings: notes,
    daemon,
    generation,
    text: (style) => drains.map((drain) => closing(drain, style)).join(''),
  };
}

function closing(drain: DrainState, style: Style): string {
  return closingLines(drain, style) + followUpLines(drain, style) + undoOfRemoval(drain, style);
}

function exitCodeOf({ result, state, overdue, cut, follow_up: followUp }: DrainState): ExitCode {
  if (result === 'undrained' || result === 'cancelled' || result === 'expired') return exitCodes.problems;
  if (result === 'restored' || cut > 0) return exitCodes.deadline;
  if (state === 'draining' && overdue) return exitCodes.deadline;
  return followUp?.state === 'failed' ? exitCodes.problems : exitCodes.ok;
}

/** What was not done before what was not done in time. */
function worst(codes: readonly ExitCode[]): ExitCode {
  if (codes.includes(exitCodes.problems)) return exitCodes.problems;
  return codes.includes(exitCodes.deadline) ? exitCodes.deadline : exitCodes.ok;
}

function findingOf(drain: DrainState): readonly Finding[] {
  const { target, id, follow_up: followUp, now, cut, result, on_timeout: onTimeout } = drain;
  const code = exitCodeOf(drain);
  if (code === exitCodes.ok) return [];
  if (followUp?.state === 'failed') {
    const detail = `${target}: ${followUp.lines.at(-1) ?? 'it could not be done'}`;
    return [{ code: 'SNT-U012', severity: 'error', title: 'drain and file do not fit together', detail }];
  }
  const how = result ?? (onTimeout === 'close' ? `${cut} cut` : 'goes on draining');
  const command = `sentinel drains ${id}`;
  return [
    {
      code: code === exitCodes.deadline ? 'SNT-U009' : 'SNT-U007',
      severity: 'error',
      title: code === exitCodes.deadline ? 'drain not over in time' : 'the drain was ended by somebody else',
      detail: `${target}: ${how}, ${now.in_flight} in flight`,
      suggestion: { text: command, command },
    },
  ];
}
