/** `sentinel restart --workers`: has the daemon replace its workers one by one, and shows how far it is until all are new. */
import type { Reply } from '../../admin/client/client.ts';
import type { RestartState, RestartStep, WorkersReply, WorkerTask } from '../../admin/contract/worker-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { confirmed, confirmedByName, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { orInterrupted, pause } from '../waiting.ts';
import { StandingLines } from '../standing-lines.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

const POLL_MS = 500;
const TIMEOUT_MS = 300_000;
/** Things that are named in a line. */
const NAMED = 3;

export async function run(invocation: Invocation): Promise<Outcome> {
  if (!invocation.flag('workers')) {
    throw new SentinelError('SNT-P040', 'say what is to be restarted: --workers', {
      hint: 'sentinel restart --workers; a new process in the place of this one: sentinel upgrade',
    });
  }
  const timeoutMs = timeoutOf(invocation);
  const onTimeout = invocation.option('on-timeout') === 'close' ? 'close' : 'wait';
  const client = daemonOf(invocation);
  const before = await client.call('workers');
  const underWay = before.data.restart?.state === 'running';
  if (!invocation.flag('follow') && !underWay) {
    const workers = before.data.workers.filter(({ leaving }) => !leaving).length;
    const reason = invocation.option('reason');
    const proposal = {
      what: `restart ${workers === 1 ? 'the worker' : `the ${workers} workers, one by one`}`,
      daemon: before.daemon,
      generation: before.generation,
      effect:
        onTimeout === 'close'
          ? `what a worker has not finished after ${durationText(timeoutMs)} is cut`
          : `nothing is cut; each worker has ${durationText(timeoutMs)} to finish before the restart stops there`,
      undo: 'nothing to undo: the configuration stays',
      expires: 'never',
      reason,
    };
    const agreed =
      onTimeout === 'close'
        ? await confirmedByName(invocation, proposal, 'workers')
        : await confirmed(invocation, proposal);
    if (!agreed) return declined({ workers: before.data.workers }, 'the workers go on');
    await client.call('workers-restart', {
      body: { timeout_ms: timeoutMs, on_timeout: onTimeout },
      ...(reason === undefined ? {} : { reason }),
    });
  }
  const { clock } = invocation;
  const interruption = invocation.interruption();
  const screen = new Screen(invocation);
  let reply = await client.call('workers');
  for (;;) {
    const { restart } = reply.data;
    if (restart !== null) screen.show(restart);
    if (restart?.state !== 'running') return ended(reply);
    await pause(clock, interruption, POLL_MS);
    const next = await orInterrupted(interruption, client.call('workers'));
    if (next === null) {
      // A last look, and what was seen before where nobody answers any more.
      const last = await client.call('workers').catch(() => reply);
      return detached(last, interruption.exitCode());
    }
    reply = next;
  }
}

function timeoutOf(invocation: Invocation): number {
  const text = invocation.option('timeout');
  if (text === undefined) return TIMEOUT_MS;
  const ms = parseDuration(text);
  if (ms !== null && ms >= 1 && ms <= 86_400_000) return ms;
  throw new SentinelError(
    'SNT-P040',
    `--timeout is ${JSON.stringify(text)}, expected a duration up to a day: 30s, 5m`,
    {
      hint: 'sentinel restart --help',
    },
  );
}

function ended({ data, daemon, generation, notes }: Reply<WorkersReply>): Outcome {
  const { restart } = data;
  const exitCode = exitCodeOf(restart);
  return {
    kind: 'report',
    exitCode,
    status: exitCode === exitCodes.ok ? 'ok' : 'problems',
    data,
    findings: restart === null ? [] : findingsOf(restart),
    warnings: notes,
    daemon,
    generation,
    text: (style) => endText(restart, style),
  };
}

function exitCodeOf(restart: RestartState | null): ExitCode {
  if (restart === null) return exitCodes.ok;
  if (restart.state === 'failed') return exitCodes.problems;
  return restart.state === 'overdue' || cutIn(restart) > 0 ? exitCodes.deadline : exitCodes.ok;
}

function findingsOf({ problem }: RestartState): readonly Finding[] {
  if (problem === null) return [];
  const command = `sentinel explain ${problem.code}`;
  const suggestion = { text: command, command };
  return [{ code: problem.code, severity: 'error', title: 'worker not replaced', detail: problem.detail, suggestion }];
}

function endText(restart: RestartState | null, style: Style): string {
  if (restart === null) return 'no restart of workers since the process started\n';
  const { steps, problem, timeout_ms: timeoutMs } = restart;
  const done = steps.filter(({ state }) => state === 'done').length;
  const all = steps.length === 1 ? '1 worker' : `${steps.length} workers`;
  const took = durationText(Date.parse(restart.ended_at ?? restart.started_at) - Date.parse(restart.started_at));
  const cut = cutIn(restart);
  if (restart.state === 'done') {
    const glyph = cut === 0 ? style.green('✓') : style.yellow('▲');
    return `${glyph} ${style.bold(`${all} restarted`)} in ${took}, ${cut} cut\n`;
  }
  const late = steps.find(({ state }) => state === 'overdue');
  const lines =
    late === undefined
      ? [
          `${style.red('✗')} ${style.bold(`${done} of ${all} restarted`)} [${problem?.code ?? ''}]`,
          `  ${printable(problem?.detail ?? '')}; the old worker serves on`,
          `  ${style.cyan('next:')} sentinel logs --level error`,
        ]
      : [
          `${style.yellow('▲')} ${style.bold(`${done} of ${all} restarted`)}; worker ${late.worker} has not finished after ${durationText(timeoutMs)} and goes on finishing, worker ${late.successor} has its place`,
          `  ${leftWords(late)}`,
          `  ${style.cyan('next:')} sentinel restart --workers, when it has finished (sentinel status)`,
        ];
  return `${lines.join('\n')}\n`;
}

function cutIn({ steps }: RestartState): number {
  return steps.reduce((sum, { cut }) => sum + cut, 0);
}

function detached({ data, daemon, generation, notes }: Reply<WorkersReply>, exitCode: ExitCode): Outcome {
  return {
    kind: 'report',
    exitCode,
    status: 'unknown',
    data,
    warnings: notes,
    daemon,
    generation,
    text: () => {
      const now = data.restart === null ? '' : nowWords(data.restart);
      return `detached: the restart goes on${now === '' ? '' : ` (${now})`}.   watch: sentinel restart --workers --follow\n`;
    },
  };
}

class Screen {
  readonly #invocation: Invocation;
  readonly #lines: StandingLines;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    this.#lines = new StandingLines(invocation.stderr, invocation.clock);
  }

  show(restart: RestartState): void {
    const { stderr, json } = this.#invocation;
    if (json) return;
    const running = restart.state === 'running';
    if (stderr.isTerminal) return this.#lines.draw(running ? [this.#line(restart)] : []);
    if (!running) return;
    const key = JSON.stringify(restart.steps.map(({ state, left }) => [state, left?.in_flight, left?.websockets]));
    this.#lines.tell('workers', key, this.#line(restart));
  }

  #line(restart: RestartState): string {
    const { steps, started_at: startedAt } = restart;
    const elapsed = durationText(Math.max(0, this.#invocation.clock.wallMs() - Date.parse(startedAt)));
    const done = steps.filter(({ state }) => state === 'done').length;
    return `${elapsed}  ${done}/${steps.length}  ${nowWords(restart)}`;
  }
}

function nowWords({ steps }: RestartState): string {
  const now = steps.find(({ state }) => state === 'starting' || state === 'draining');
  if (now === undefined) return '';
  return now.state === 'starting'
    ? `worker ${now.worker}: a new thread starts`
    : `worker ${now.worker} → ${now.successor}: ${leftWords(now)}`;
}

function leftWords({ left }: RestartStep): string {
  if (left === null) return 'finishes';
  const counts = `connections ${left.connections}, in flight ${left.in_flight}, ws ${left.websockets}`;
  const named = left.waiting_on.slice(0, NAMED).map(taskWords).join(' · ');
  return named === '' ? counts : `${counts}   waiting on: ${named}`;
}

function taskWords({ method, path, client_ip: client, websocket, age_ms: age }: WorkerTask): string {
  const what = websocket ? `ws ${printable(path)}` : `${printable(method)} ${printable(path)}`;
  return `${what} (${durationText(age)}, client ${client})`;
}
