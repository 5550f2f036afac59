/** `sentinel config rollback`: ends what is on trial, or goes back to a kept generation; without a daemon, for its files alone. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { PendingReply, RollbackReply, RollbackRequest } from '../../admin/contract/commit-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { generationBefore } from '../../history/generation-before.ts';
import type { Invocation, Outcome } from '../command.ts';
import { keptFiles, putFilesBack } from '../commit/files-rollback.ts';
import { confirmedByName, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { changeCount, changeLines } from '../plan/plan-text.ts';
import { orRefused } from '../refused.ts';
import { durationText, printable } from '../text.ts';

export function run(invocation: Invocation): Promise<Outcome> {
  return orRefused(async () => {
    const wanted = invocation.argument('to');
    const client = daemonOf(invocation);
    let pending: Reply<PendingReply>;
    try {
      pending = await client.call('config-pending');
    } catch (error) {
      // Whoever names a daemon means that one.
      const named = invocation.option('daemon') !== undefined;
      if (named || !(error instanceof SentinelError) || error.code !== 'SNT-A001') throw error;
      return await filesAlone(invocation, wanted, error);
    }
    return await throughDaemon(invocation, client, wanted, pending);
  });
}

async function throughDaemon(
  invocation: Invocation,
  client: AdminClient,
  wanted: string | undefined,
  { data: { pending } }: Reply<PendingReply>,
): Promise<Outcome> {
  // Whoever types the id of what is on trial has named it.
  if (wanted?.startsWith('c-') === true) return done(await order(invocation, client, { id: wanted }));
  const number = numberOf(wanted);
  if (pending !== null && (number === null || number === pending.from_generation)) {
    return (await agreed(invocation, client, pending.from_generation, pending.id))
      ? done(await order(invocation, client, { id: pending.id }))
      : declined({ pending }, `generation ${pending.generation} runs on, and is pending still`);
  }
  const generation = number ?? (await previous(client));
  return (await agreed(invocation, client, generation, String(generation)))
    ? done(await order(invocation, client, { generation }))
    : declined({ generation }, 'what runs runs on');
}

function order(invocation: Invocation, client: AdminClient, body: RollbackRequest): Promise<Reply<RollbackReply>> {
  const reason = invocation.option('reason');
  return client.call('config-rollback', { body, ...(reason === undefined ? {} : { reason }) });
}

/** @param name What has to be typed. */
async function agreed(invocation: Invocation, client: AdminClient, number: number, name: string): Promise<boolean> {
  const { data, daemon, generation } = await client.call('config-plan', {
    body: { to: { kind: 'generation', number } },
  });
  if (!invocation.json) {
    const { style } = invocation.stdout;
    invocation.stdout.write(
      `back to ${number}: ${changeCount(data.changes.length)}\n${changeLines(data.changes, style)}`,
    );
  }
  const proposal = {
    what: `go back to generation ${number}`,
    daemon,
    generation,
    effect: `${changeCount(data.changes.length)}, and the files on disk are put back`,
    undo: `sentinel config rollback ${generation} --confirm=${generation}`,
    expires: 'never',
    reason: invocation.option('reason'),
  };
  if (!(await confirmedByName(invocation, proposal, name))) return false;
  const now = (await client.call('status')).generation;
  if (now === generation) return true;
  throw new SentinelError('SNT-A007', `generation ${now} is in force now; it was ${generation} when you were asked`, {
    hint: 'sentinel config history',
  });
}

/** The one that ran before. */
async function previous(client: AdminClient): Promise<number> {
  const { data, generation, digest } = await client.call('config-history');
  const heads = data.generations.map((entry) => ({ ...entry, number: entry.generation }));
  const number = generationBefore(heads, { generation, digest });
  if (number !== null) return number;
  throw new SentinelError('SNT-A025', `the history has no generation before ${generation}`, {
    hint: 'see which there are with sentinel config history, and name one: sentinel config rollback N',
  });
}

function numberOf(wanted: string | undefined): number | null {
  if (wanted === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(wanted)) return Number(wanted);
  throw new SentinelError(
    'SNT-P040',
    `${JSON.stringify(wanted)} is neither the number of a generation nor the id of a change`,
    { hint: 'sentinel config history' },
  );
}

function done({ data, daemon, generation, notes }: Reply<RollbackReply>): Outcome {
  const problem = data.disk.problem;
  const warnings = [...data.warnings, ...notes];
  return {
    kind: 'report',
    exitCode: problem === null ? exitCodes.ok : exitCodes.problems,
    status: problem === null ? 'ok' : 'problems',
    data,
    findings:
      problem === null
        ? []
        : [
            {
              code: 'SNT-P025',
              severity: 'error',
              title: 'the files on disk are not what runs',
              detail: `${data.disk.path}: ${problem}`,
              suggestion: { text: 'sentinel config diff', command: 'sentinel config diff' },
            },
          ],
    warnings,
    daemon,
    generation,
    text(style) {
      const what = data.id === null ? '' : ` ${printable(data.id)} is over;`;
      const undo = `sentinel config rollback ${data.from_generation} --confirm=${data.from_generation}`;
      const lines = [
        `${style.green('✓')}${what} generation ${data.restored} is in force again as ${data.generation}, in ${durationText(data.duration_ms)}`,
        ...(data.disk.written ? [`  ${printable(data.disk.path)} holds it`] : []),
        ...(problem === null ? [] : [`${style.red('✗')} ${printable(data.disk.path)}: ${printable(problem)}`]),
        ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`),
        `  ${style.cyan('undo:')} ${undo}`,
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}

async function filesAlone(invocation: Invocation, wanted: string | undefined, away: SentinelError): Promise<Outcome> {
  if (wanted?.startsWith('c-') === true) {
    const hint = 'a start goes back by itself: sentinel run; or name a generation: sentinel config history';
    throw new SentinelError('SNT-A001', `${away.message}, and nothing is on trial while nothing runs`, { hint });
  }
  const kept = keptFiles(invocation, numberOf(wanted));
  const { path, generation, problem } = kept;
  const proposal = {
    what: `put the files of generation ${generation.number} back`,
    daemon: 'none runs',
    generation: generation.number,
    effect: `${generation.files.map((file) => file.path).join(', ')}, as of ${generation.at}`,
    undo: 'sentinel config rollback N; N is the number of the newest generation',
    expires: 'never',
    reason: invocation.option('reason'),
  };
  if (!(await confirmedByName(invocation, proposal, String(generation.number)))) {
    return declined({ generation: generation.number }, 'the files are as they were');
  }
  putFilesBack(invocation, kept);
  const next = `sentinel run -c ${path}`;
  const warnings = [
    'nothing runs: the files are what the next start reads',
    ...(problem === null ? [] : [`that start would not take them: ${problem}`]),
  ];
  return {
    kind: 'report',
    exitCode: problem === null ? exitCodes.ok : exitCodes.problems,
    status: problem === null ? 'ok' : 'problems',
    data: { restored: generation.number, files: generation.files.map((file) => file.path), running: false },
    warnings,
    text(style) {
      const lines = [
        `${style.green('✓')} the files of generation ${generation.number} are back`,
        ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`),
        `  ${style.cyan('next:')} ${next}`,
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}
