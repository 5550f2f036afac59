/** `sentinel upgrade`: has the daemon hand over to a new process, and shows how far it is until the old one has ended. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { UpgradePhase, UpgradeReply } from '../../admin/contract/upgrade-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import type { Finding, Interruption, Invocation, Outcome } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { isAway, orInterrupted, pause } from '../waiting.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

const POLL_MS = 200;
/** Between two processes nobody may answer for a moment. */
const SILENCE_MS = 10_000;
const most = { low: 1_000, high: 600_000 } as const;

export async function run(invocation: Invocation): Promise<Outcome> {
  const client = daemonOf(invocation);
  const timeoutMs = timeoutOf(invocation);
  if (!invocation.flag('follow')) {
    const status = await client.call('status');
    const { pid, version } = status.data;
    const agreed = await confirmed(invocation, {
      what: 'put a new process in the place of the running one',
      daemon: status.daemon,
      generation: status.generation,
      effect: `pid ${pid} (${version}) hands its listening sockets to a new process, finishes what it has and ends`,
      undo: 'sentinel upgrade --binary LAUNCHER_OF_THE_OLD_VERSION',
      expires: 'never',
      reason: invocation.option('reason'),
    });
    if (!agreed) return declined({ pid }, `pid ${pid} goes on`);
    const binary = invocation.option('binary');
    const reason = invocation.option('reason');
    await client.call('upgrade-begin', {
      body: { timeout_ms: timeoutMs, ...(binary === undefined ? {} : { binary }) },
      ...(reason === undefined ? {} : { reason }),
      ifMatch: status.etag,
    });
  }
  return await watch(invocation, client);
}

function timeoutOf(invocation: Invocation): number {
  const given = invocation.option('timeout') ?? '60s';
  const ms = parseDuration(given);
  if (ms !== null && ms >= most.low && ms <= most.high) return ms;
  throw new SentinelError('SNT-P040', `--timeout is ${JSON.stringify(given)}, expected a time from 1s to 10m`, {
    hint: 'sentinel upgrade --help',
  });
}

async function watch(invocation: Invocation, client: AdminClient): Promise<Outcome> {
  const { clock, stderr, json } = invocation;
  const interruption = invocation.interruption();
  const began = clock.now();
  let answeredAt = began;
  let said = '';
  for (; ; await pause(clock, interruption, POLL_MS)) {
    let reply: Reply<UpgradeReply> | null;
    try {
      reply = await orInterrupted(interruption, client.call('upgrade'));
    } catch (error) {
      // Whichever process it is that does not answer yet.
      if (!isAway(error) || clock.now() - answeredAt >= SILENCE_MS) throw error;
      continue;
    }
    if (reply === null) return detached(invocation, interruption);
    answeredAt = clock.now();
    const { data } = reply;
    const words = progressWords(data);
    if (!json && words !== null && words !== said) {
      const at = invocation.stderr.style.dim(`${((clock.now() - began) / 1000).toFixed(1)}s`);
      stderr.write(`${at}  ${words}\n`);
    }
    said = words ?? said;
    if (isOver(data.phase)) return outcomeOf(reply);
  }
}

function isOver(phase: UpgradePhase): boolean {
  return phase === 'none' || phase === 'done' || phase === 'failed';
}

function progressWords({ phase, from, to, in_flight: inFlight }: UpgradeReply): string | null {
  switch (phase) {
    case 'starting':
      return to === null
        ? 'looking at the program on disk'
        : `pid ${to.pid} (${to.version}) starts; pid ${from?.pid} serves`;
    case 'settling':
      return `pid ${to?.pid} is ready and in charge; pid ${from?.pid} stands by`;
    case 'draining':
      return inFlight === null
        ? `pid ${from?.pid} finishes what it has`
        : `pid ${from?.pid} finishes what it has: ${inFlight === 1 ? '1 request' : `${inFlight} requests`} in flight`;
    default:
      return null;
  }
}

function outcomeOf({ data, daemon, generation, notes }: Reply<UpgradeReply>): Outcome {
  const finding = findingOf(data);
  const exitCode = exitCodeOf(data);
  return {
    kind: 'report',
    exitCode,
    status: exitCode === exitCodes.ok ? 'ok' : 'problems',
    data,
    findings: finding === null ? [] : [finding],
    warnings: notes,
    daemon,
    generation,
    text: (style) => endText(data, style),
  };
}

function exitCodeOf({ phase, cut, problem }: UpgradeReply): ExitCode {
  if (phase === 'failed' || problem !== null) return exitCodes.problems;
  return (cut ?? 0) > 0 ? exitCodes.deadline : exitCodes.ok;
}

function findingOf({ problem }: UpgradeReply): Finding | null {
  if (problem === null) return null;
  const { code, detail, hint, output } = problem;
  return {
    code,
    severity: 'error',
    title: detail.split('\n', 1)[0] as string,
    detail: [detail, ...output].join('\n'),
    suggestion: { text: hint ?? `sentinel explain ${code}` },
  };
}

function endText({ phase, from, to, cut, problem }: UpgradeReply, style: Style): string {
  if (phase === 'none') return 'no upgrade since this process started\n';
  if (problem !== null) {
    const head =
      phase === 'failed' ? `upgrade failed, pid ${from?.pid} goes on as before` : `pid ${to?.pid} serves, with a flaw`;
    const lines = [
      `${style.red('✗')} ${style.bold(head)} [${problem.code}]`,
      `  ${printable(problem.detail)}`,
      ...problem.output.map((line) => `  ${style.dim('|')} ${printable(line)}`),
      `  ${style.cyan('next:')} ${problem.hint ?? `sentinel explain ${problem.code}`}`,
    ];
    return `${lines.join('\n')}\n`;
  }
  const versions = from?.version === to?.version ? `${to?.version}` : `${from?.version} → ${to?.version}`;
  const left = (cut ?? 0) > 0 ? `; its deadline cut ${cut === 1 ? '1 request' : `${cut} requests`}` : '';
  const glyph = left === '' ? style.green('✓') : style.yellow('▲');
  return `${glyph} ${style.bold(`pid ${to?.pid}`)} serves (${versions}); pid ${from?.pid} has ended${left}\n`;
}

function detached(invocation: Invocation, interruption: Interruption): Outcome {
  const next = 'the upgrade goes on by itself; see it with `sentinel upgrade --follow`';
  if (!invocation.json) invocation.stderr.write(`${invocation.stderr.style.dim(`– ${next}`)}\n`);
  return { kind: 'done', exitCode: interruption.exitCode() };
}
