/** `sentinel config apply`: shows what a file would change, puts it in force, on trial or for good, and watches what it does. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { ApplyReply, ApplyRequest, PendingChange } from '../../admin/contract/commit-shapes.ts';
import type { PlanReply } from '../../admin/contract/plan-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { guardChoice } from '../commit/guard-options.ts';
import { guardLine } from '../commit/guard-words.ts';
import { trialOutcome } from '../commit/trial-outcome.ts';
import { watchTrial } from '../commit/trial-watch.ts';
import { windowOf } from '../commit/window-option.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { changeCount, changeLines, inItsOwnName } from '../plan/plan-text.ts';
import { Sides } from '../plan/sides.ts';
import { orRefused } from '../refused.ts';
import type { Style } from '../streams.ts';
import { durationText, momentText, printable, sideBySide } from '../text.ts';

export function run(invocation: Invocation): Promise<Outcome> {
  return orRefused(() => apply(invocation));
}

async function apply(invocation: Invocation): Promise<Outcome> {
  const file = invocation.argument('file') ?? '';
  const within = invocation.option('confirm-within');
  const windowMs = within === undefined ? null : windowOf(within, '--confirm-within', 'sentinel config apply --help');
  if (windowMs === null && (invocation.flag('wait') || invocation.options('guard').length > 0)) {
    throw new SentinelError(
      'SNT-P040',
      '--wait and --guard are for a change on trial, and --confirm-within is missing',
      {
        hint: `sentinel config apply ${file} --confirm-within 5m`,
      },
    );
  }
  const guards = guardChoice(invocation.options('guard'));
  const to = await new Sides(invocation).forDaemon({ kind: 'file', path: file });
  if (to.kind !== 'text') throw new Error('a file is read as a text');
  const client = daemonOf(invocation);
  const { pending: other } = (await client.call('config-pending')).data;
  if (other !== null && !invocation.flag('stack')) throw pendingAlready(other);
  const planned = await client.call('config-plan', { body: { to } });
  let ifMatch = planned.etag;
  const { from, to: wanted } = planned.data;
  if (from.digest === wanted.digest) return nothingToDo(planned, file);
  say(invocation, planText(planned.data, invocation.stdout.style));
  const { refusals } = inItsOwnName(planned.data, file);
  if (refusals.length > 0) return refused(planned, refusals, file);
  if (!invocation.flag('yes')) {
    if (!(await confirmed(invocation, proposalOf(invocation, planned, file, windowMs)))) {
      return declined({ plan: planned.data }, `generation ${planned.data.generation.from} runs on`);
    }
    const now = await client.call('config-plan', { body: { to } });
    if (now.data.from.digest !== from.digest || now.data.generation.from !== planned.data.generation.from) {
      throw new SentinelError(
        'SNT-A007',
        `generation ${now.data.generation.from} is in force now; it was ${planned.data.generation.from} when you were asked`,
        { hint: `sentinel config plan ${file}` },
      );
    }
    ifMatch = now.etag;
  }
  const body: ApplyRequest = {
    text: to.text,
    ...(windowMs === null ? {} : { confirm_within_ms: windowMs, guards }),
    ...(invocation.flag('stack') ? { stack: true } : {}),
  };
  const reason = invocation.option('reason');
  const reply = await client.call('config-apply', { body, ifMatch, ...(reason === undefined ? {} : { reason }) });
  const { pending } = reply.data;
  if (pending === null) return confirmedAtOnce(reply, planned.data);
  say(invocation, sessionText(pending, reply.data.warnings, invocation.stdout.style));
  return stays(invocation)
    ? await watched(invocation, client, reply, pending, planned.data)
    : left(reply, planned.data);
}

/** As the daemon would say it, before anything is asked. */
function pendingAlready({ id, generation, actor, deadline }: PendingChange): SentinelError {
  const words = `${id} is pending: generation ${generation} of ${actor}, until ${momentText(deadline)}; nothing was applied`;
  return new SentinelError('SNT-A020', words, {
    hint: `sentinel config confirm ${id}; or to undo it: sentinel config rollback ${id}; or to take its place: --stack`,
  });
}

/** On a terminal somebody looks on. */
function stays(invocation: Invocation): boolean {
  if (invocation.flag('detach')) return false;
  return invocation.flag('wait') || (invocation.stdout.isTerminal && !invocation.json);
}

function say({ stdout, json }: Invocation, text: string): void {
  if (!json) stdout.write(text);
}

/** Changes in the words of the file, and from which generation to which. */
function planText({ changes, generation, warnings }: PlanReply, style: Style): string {
  const step = style.dim(`gen ${generation.from}→${generation.to}`);
  const count = changes.length === 0 ? 'the same in effect' : changeCount(changes.length);
  const remarks = warnings.map((words) => `${style.yellow('▲')} ${printable(words)}\n`);
  return `plan: ${count}      ${step}\n${changeLines(changes, style)}${remarks.join('')}`;
}

/** What is in force now, what holds it, and what to type. */
function sessionText(pending: PendingChange, warnings: readonly string[], style: Style): string {
  const { id, generation, deadline, guards } = pending;
  const lines = [
    `${style.bold(`applied ${generation}`)} (pending, id ${style.bold(id)}). Auto-rollback at ${deadline.slice(11, 19)}Z unless confirmed.`,
    `guard: ${guardLine(guards, style)}`,
    ...warnings.map((words) => `${style.yellow('▲')} ${printable(words)}`),
    sideBySide(
      [
        `confirm: sentinel config confirm ${id}`,
        `abort: sentinel config rollback ${id}`,
        `extend: sentinel config extend ${id} 5m`,
      ],
      style.columns,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function proposalOf(
  invocation: Invocation,
  { data, daemon, generation }: Reply<PlanReply>,
  file: string,
  windowMs: number | null,
) {
  const open = data.listeners.closed.reduce((sum, one) => sum + one.open_connections, 0);
  const closing = open === 0 ? '' : `; ${open} connections of listeners that close finish what they have`;
  const back = `sentinel config rollback ${data.generation.from} --confirm=${data.generation.from}`;
  return {
    what: `apply ${file}${windowMs === null ? '' : ' on trial'}`,
    daemon,
    generation,
    effect: `${changeCount(data.changes.length)}${closing}`,
    undo: windowMs === null ? back : 'sentinel config rollback; or do nothing: it goes back by itself',
    expires: windowMs === null ? 'never' : `in ${durationText(windowMs)}, unless it is confirmed`,
    reason: invocation.option('reason'),
  };
}

function nothingToDo({ data, daemon, generation, notes }: Reply<PlanReply>, file: string): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { result: 'unchanged', generation: data.generation.from, plan: data },
    warnings: notes,
    daemon,
    generation,
    text: (style) => `${style.green('✓')} ${printable(file)} is what runs already, as generation ${generation}\n`,
  };
}

/** What the daemon would not take: said before anybody is asked, and in the name of the file that was given. */
function refused(
  { data, daemon, generation, notes }: Reply<PlanReply>,
  refusals: readonly string[],
  file: string,
): Outcome {
  const next = file === '-' ? 'sentinel validate --live -' : `sentinel validate --live ${printable(file)}`;
  return {
    kind: 'report',
    exitCode: exitCodes.problems,
    status: 'problems',
    data: { plan: data },
    findings: refusals.map((detail) => ({
      code: 'SNT-P013',
      severity: 'error',
      title: 'the daemon would refuse it',
      detail,
      suggestion: { text: next, command: next },
    })),
    warnings: notes,
    daemon,
    generation,
    text: (style) =>
      [
        ...refusals.map((line) => `${style.red('✗')} ${printable(line)}`),
        `nothing was applied; generation ${generation} runs on`,
        `  ${style.cyan('next:')} ${next}`,
        '',
      ].join('\n'),
  };
}

function confirmedAtOnce({ data, daemon, generation, notes }: Reply<ApplyReply>, plan: PlanReply): Outcome {
  const problem = data.disk?.problem ?? null;
  const findings: readonly Finding[] =
    problem === null
      ? []
      : [
          {
            code: 'SNT-P025',
            severity: 'error',
            title: 'configuration file not written',
            detail: `generation ${data.generation} is in force, and ${problem}`,
            suggestion: { text: 'sentinel status' },
          },
        ];
  const warnings = [...data.warnings, ...notes];
  return {
    kind: 'report',
    exitCode: problem === null ? exitCodes.ok : exitCodes.problems,
    status: problem === null ? 'ok' : 'problems',
    data: { ...data, plan },
    findings,
    warnings,
    daemon,
    generation,
    text(style) {
      const back = `sentinel config rollback ${data.from_generation} --confirm=${data.from_generation}`;
      const done = `${style.green('✓')} applied ${data.generation} in ${durationText(data.duration_ms)}`;
      const lines = [
        problem === null ? `${done}; ${data.disk?.path ?? 'its file'} holds it` : done,
        ...(problem === null ? [] : [`${style.red('✗')} the file on disk does not hold it: ${printable(problem)}`]),
        ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`),
        `  ${style.cyan('undo:')} ${back}`,
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}

/** It is pending, and somebody else decides. */
function left({ data, daemon, generation, notes }: Reply<ApplyReply>, plan: PlanReply): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...data, plan },
    warnings: [...data.warnings, ...notes],
    daemon,
    generation,
    text: (style) => notes.map((note) => `${style.yellow('▲')} ${printable(note)}\n`).join(''),
  };
}

async function watched(
  invocation: Invocation,
  client: AdminClient,
  reply: Reply<ApplyReply>,
  pending: PendingChange,
  plan: PlanReply,
): Promise<Outcome> {
  return trialOutcome(reply, await watchTrial(invocation, client, pending), { plan });
}
