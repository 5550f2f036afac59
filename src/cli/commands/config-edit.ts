/** `sentinel config edit`: a draft in the operator's editor, checked, shown as a plan, confirmed, and put in force or written. */
import { readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AdminClient, AdminRefusal, type Reply } from '../../admin/client/client.ts';
import type { ApplyReply, ApplyRequest } from '../../admin/contract/commit-shapes.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import { replaceFileInPlace } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import { diffConfigs } from '../../config/diff/differ.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import { fileSystem } from '../../config/files.ts';
import { loadConfigFile, type LoadedConfig } from '../../config/load.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig, usualPlaces } from '../config-choice.ts';
import { confirmed } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { Draft } from '../editing/draft.ts';
import { lockFile } from '../editing/edit-lock.ts';
import { isNamed } from '../editing/editor.ts';
import { type Edited, editUntilRight, type Subject } from '../editing/session.ts';
import { printable } from '../text.ts';

/** The daemon that runs the file, if one does. */
interface Running {
  readonly client: AdminClient;
  readonly status: Reply<StatusReply>;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const { stdin, stderr, context } = invocation;
  if ((!stdin.isTerminal || !stderr.isTerminal) && !isNamed(context.environment)) {
    throw new SentinelError('SNT-P061', 'there is no terminal for an editor, and neither VISUAL nor EDITOR names one', {
      hint: 'sentinel config apply COPY.kdl',
    });
  }
  const within = trialOf(invocation.option('confirm-within'));
  const daemon = await findDaemon(invocation);
  const subject = subjectOf(invocation, daemon);
  const running = daemon !== null && daemon.status.data.config.path !== null && runs(daemon, subject) ? daemon : null;
  const release = await lockFile(realpathSync(subject.path), invocation.clock.wallMs());
  try {
    return await edit(invocation, subject, running, within);
  } finally {
    release();
  }
}

function trialOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = parseDuration(given);
  if (ms !== null && ms > 0) return ms;
  throw new SentinelError('SNT-P040', `--confirm-within is ${JSON.stringify(given)}, expected a time such as 5m`, {
    hint: 'sentinel config edit --help',
  });
}

/** Null when none answers: a file can be edited all the same. One that may not be asked is no reason to go past it. */
async function findDaemon(invocation: Invocation): Promise<Running | null> {
  try {
    const client = daemonOf(invocation);
    return { client, status: await client.call('status') };
  } catch (error) {
    const none = error instanceof SentinelError && error.code === 'SNT-A001';
    if (!none || invocation.option('daemon') !== undefined) throw error;
    return null;
  }
}

function subjectOf(invocation: Invocation, daemon: Running | null): Subject {
  const named = invocation.argument('file') ?? invocation.option('config');
  const file = named ?? daemon?.status.data.config.path ?? chooseConfig(invocation).path;
  if (file === null) {
    throw new SentinelError('SNT-C001', `no configuration to edit: neither ${usualPlaces.join(' nor ')} exists`, {
      hint: 'sentinel init sentinel.kdl',
    });
  }
  const path = resolve(invocation.directory, file);
  const before = Buffer.from(fileSystem.read(path, maxConfigBytes));
  return { file, path, main: mainOf(invocation, daemon, path) ?? path, before };
}

/** The file of the daemon, where `path` is one that it includes. */
function mainOf(invocation: Invocation, daemon: Running | null, path: string): string | null {
  const main = daemon?.status.data.config.path ?? null;
  if (main === null) return null;
  const result = loadConfigFile(main, invocation.context.environment);
  if (result.kind === 'unreadable') return null;
  return result.sources.some((source) => source.path === path) ? main : null;
}

function runs({ status }: Running, { main }: Subject): boolean {
  const { path } = status.data.config;
  try {
    return path !== null && realpathSync(path) === realpathSync(main);
  } catch {
    return false;
  }
}

async function edit(
  invocation: Invocation,
  subject: Subject,
  running: Running | null,
  within: number | undefined,
): Promise<Outcome> {
  const draft = new Draft(subject.file, subject.before);
  let keep = true;
  try {
    const edited = await editUntilRight(invocation, subject, draft);
    if (edited.kind !== 'ready') {
      keep = edited.kind === 'kept' || edited.kind === 'interrupted';
      return ended(invocation, subject, edited, draft);
    }
    const outcome = await carryOut(invocation, subject, running, within, edited, draft);
    keep = outcome.kind === 'report' && outcome.exitCode !== exitCodes.ok;
    return outcome;
  } catch (error) {
    keep = draft.differsFrom(subject.before);
    throw keep ? withDraft(error, draft) : error;
  } finally {
    if (!keep) draft.throwAway();
  }
}

/** No error may hide where the work is. */
function withDraft(error: unknown, draft: Draft): unknown {
  if (!(error instanceof SentinelError)) return error;
  const { code, message, hint } = error;
  return new SentinelError(code, `${message}; the draft is kept at ${draft.path}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function ended(
  invocation: Invocation,
  { file }: Subject,
  edited: Exclude<Edited, { kind: 'ready' }>,
  draft: Draft,
): Outcome {
  const kept = edited.kind === 'kept' || edited.kind === 'interrupted';
  const words = {
    unchanged: `nothing was changed in ${file}`,
    'thrown-away': `${file} is as it was; the draft is gone`,
    kept: `${file} is as it was; the draft is kept at ${draft.path}`,
    interrupted: `interrupted; ${file} is as it was; the draft is kept at ${draft.path}`,
  }[edited.kind];
  const exitCode = {
    unchanged: exitCodes.ok,
    'thrown-away': exitCodes.ok,
    kept: exitCodes.problems,
    interrupted: invocation.interruption().exitCode(),
  }[edited.kind];
  return {
    kind: 'report',
    exitCode,
    status: kept ? 'problems' : 'ok',
    data: { file, result: edited.kind, draft: kept ? draft.path : null, changes: [] },
    findings: kept
      ? [
          {
            code: 'SNT-P045',
            severity: 'error',
            title: 'the draft is not in force',
            detail: words,
            suggestion: { text: `sentinel validate ${draft.path}` },
          },
        ]
      : [],
    text: (style) =>
      kept
        ? `${style.yellow('▲')} ${printable(words)}\n  ${style.cyan('next:')} sentinel config apply ${printable(draft.path)}\n`
        : `${style.dim('·')} ${printable(words)}\n`,
  };
}

type Ready = Extract<Edited, { kind: 'ready' }>;

async function carryOut(
  invocation: Invocation,
  subject: Subject,
  running: Running | null,
  within: number | undefined,
  { text, loaded }: Ready,
  draft: Draft,
): Promise<Outcome> {
  const { file } = subject;
  const changes = changesOf(invocation, subject, loaded);
  showPlan(invocation, changes);
  refuseOther(subject, draft);
  const whole = running !== null && subject.path === subject.main;
  const effect = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}, ${whole ? 'in force at once in every worker' : 'written to the file'}`;
  const agreed = await confirmed(invocation, {
    what: whole ? `put the edited ${file} in force` : `write ${file}`,
    daemon: running === null ? 'no daemon runs this file' : running.status.daemon,
    generation: running?.status.generation ?? 0,
    effect,
    undo: whole ? 'sentinel config rollback' : 'sentinel config edit',
    expires:
      within === undefined ? 'never' : `rolled back unless confirmed within ${invocation.option('confirm-within')}`,
    reason: invocation.option('reason'),
  });
  if (!agreed) return ended(invocation, subject, { kind: 'kept', mistakes: 0 }, draft);
  // Asking takes as long as it takes.
  refuseOther(subject, draft);
  return whole ? apply(invocation, subject, running, within, text, changes) : write(subject, running, text, changes);
}

/** In the words of the file; empty where nothing but layout and comments changed. */
function changesOf(invocation: Invocation, { main }: Subject, loaded: LoadedConfig): readonly string[] {
  const before = loadConfigFile(main, invocation.context.environment);
  if (before.kind !== 'ok') return ['~ the file on disk has mistakes, so that nothing can be compared'];
  return diffConfigs(before, loaded).map(({ words }) => words);
}

function showPlan({ stderr }: Invocation, changes: readonly string[]): void {
  const { style } = stderr;
  if (changes.length === 0) stderr.write('plan: nothing but layout and comments changes\n');
  const colours: Readonly<Record<string, (text: string) => string>> = { '+': style.green, '-': style.red };
  for (const words of changes) stderr.write(`  ${(colours[words[0] ?? ''] ?? style.yellow)(printable(words))}\n`);
}

/** @throws SNT-P059 somebody has changed the file since it was read */
function refuseOther({ file, path, before }: Subject, draft: Draft): void {
  let now: Buffer | null = null;
  try {
    now = readFileSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  if (now !== null && now.equals(before)) return;
  const what = now === null ? 'was removed' : 'was changed by somebody else';
  throw new SentinelError(
    'SNT-P059',
    `${file} ${what} meanwhile; nothing was overwritten: theirs is ${path}, yours ${draft.path}`,
    {
      hint: `diff -u ${path} ${draft.path}`,
    },
  );
}

async function apply(
  invocation: Invocation,
  { file }: Subject,
  { client, status }: Running,
  within: number | undefined,
  text: string,
  changes: readonly string[],
): Promise<Outcome> {
  const reason = invocation.option('reason');
  const order = { text, ...(within === undefined ? {} : { confirm_within_ms: within }) };
  const { data, daemon, generation, notes } = await applySame(client, status.generation, order, reason);
  const { pending, disk } = data;
  const problem = disk?.problem ?? null;
  const warnings = [...data.warnings, ...notes, ...(problem === null ? [] : [problem])];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: {
      file,
      result: data.result,
      draft: null,
      changes,
      generation: data.generation,
      pending: pending?.id ?? null,
    },
    warnings,
    daemon,
    generation,
    text(style) {
      const lines = [
        `${style.green('✓')} generation ${data.generation} is in force${pending === null ? `, ${printable(file)} written` : ''}`,
      ];
      if (pending !== null) {
        lines.push(`  on trial until ${pending.deadline}; ${printable(file)} is written when it is confirmed`);
        lines.push(`  ${style.cyan('next:')} sentinel config confirm ${pending.id}`);
      }
      for (const warning of warnings) lines.push(`${style.yellow('▲')} ${printable(warning)}`);
      return `${lines.join('\n')}\n`;
    },
  };
}

/** How often the state may move for other reasons (a target that goes down) between looking and ordering. */
const ATTEMPTS = 5;

/** Orders it for the generation that the draft was made from, whatever else has moved. */
async function applySame(
  client: AdminClient,
  generation: number,
  body: ApplyRequest,
  reason: string | undefined,
): Promise<Reply<ApplyReply>> {
  for (let attempt = 1; ; attempt++) {
    const now = await client.call('status');
    if (now.generation !== generation) {
      throw new SentinelError(
        'SNT-P059',
        `generation ${now.generation} came in force while generation ${generation} was edited; nothing was applied`,
        { hint: `sentinel config diff ${generation} ${now.generation}` },
      );
    }
    try {
      const input = { body, ifMatch: now.etag, ...(reason === undefined ? {} : { reason }) };
      return await client.call('config-apply', input);
    } catch (error) {
      if (!(error instanceof AdminRefusal) || error.code !== 'SNT-A007' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** No daemon runs it, or it is a part of what one runs. */
function write({ file, path }: Subject, running: Running | null, text: string, changes: readonly string[]): Outcome {
  try {
    replaceFileInPlace(path, text);
  } catch (error) {
    throw new SentinelError('SNT-P043', `cannot write ${file}: ${errnoOf(error) ?? String(error)}; it is as it was`, {
      cause: error,
    });
  }
  const next = running === null ? `sentinel run -c ${file}` : 'sentinel reload';
  const note =
    running === null ? 'no daemon runs it, so nothing is in force' : 'the daemon that includes it has not read it yet';
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file, result: 'written', draft: null, changes, generation: null, pending: null },
    warnings: [note],
    text: (style) =>
      `${style.green('✓')} wrote ${printable(file)}\n${style.yellow('▲')} ${note}\n  ${style.cyan('next:')} ${printable(next)}\n`,
  };
}
