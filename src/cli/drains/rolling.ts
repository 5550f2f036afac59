/**
 * `sentinel drain --rolling`: each target of an upstream in turn is drained, worked on by a command, and taken back when its
 * health check passes. The first failure stops it and leaves things as they are. What was done stands in a transcript.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Interruption, Invocation, Outcome } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { pause } from '../waiting.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';
import { commandWords } from './command-words.ts';
import { durationOption } from './order.ts';
import { type Entry, type Step, Transcript } from './transcript.ts';
import { Turn, type TurnEnd } from './turn.ts';

const TIMEOUT_MS = 300_000;
const POLL_MS = 500;
const MOST_AT_ONCE = 64;

export async function runRolling(invocation: Invocation): Promise<Outcome> {
  const upstream = invocation.option('rolling') as string;
  const command = commandWords(required(invocation, 'exec'));
  if (invocation.argument('target') !== undefined) {
    throw new SentinelError('SNT-P040', 'drain either one target or, with --rolling, those of an upstream', {
      hint: 'sentinel drain --help',
    });
  }
  const most = parallelOf(invocation);
  const timeoutMs = durationOption(invocation, 'timeout') ?? TIMEOUT_MS;
  const client = daemonOf(invocation);
  const before = await client.call('upstream', { params: { name: upstream } });
  const addresses = before.data.targets.map(({ address }) => address);
  if (addresses.length === 0) {
    throw new SentinelError('SNT-U006', `upstream ${upstream} has no target`, { hint: 'sentinel upstreams' });
  }
  const proposal = {
    what: `drain the ${addresses.length} targets of ${upstream}, ${most} at once`,
    daemon: before.daemon,
    generation: before.generation,
    effect: `${addresses.join(', ')}; for each: ${command.join(' ')}`,
    undo: 'Ctrl-C, then sentinel undrain TARGET',
    expires: `each has ${durationText(timeoutMs)} to drain and as long to come back`,
    reason: invocation.option('reason'),
  };
  if (!(await confirmed(invocation, proposal))) return declined({ upstream }, `${upstream} is as it was`);
  const { transcript, done } = transcriptOf(invocation, upstream);
  const rolling = new Rolling(invocation, client, transcript, { upstream, command, timeoutMs, most });
  const left = addresses.filter((address) => !done.has(address));
  const end = await rolling.run(left);
  return report(invocation, before, {
    upstream,
    left,
    skipped: addresses.length - left.length,
    transcript,
    end,
    entries: rolling.entries,
  });
}

interface Course {
  readonly upstream: string;
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs: number;
  readonly most: number;
}

type CourseEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'interrupted'; readonly exitCode: ExitCode }
  | { readonly kind: 'failed'; readonly target: string; readonly why: string };

class Rolling {
  readonly #invocation: Invocation;
  readonly #client: AdminClient;
  readonly #transcript: Transcript;
  readonly #course: Course;
  readonly #interruption: Interruption;
  readonly entries: Entry[] = [];

  constructor(invocation: Invocation, client: AdminClient, transcript: Transcript, course: Course) {
    this.#invocation = invocation;
    this.#client = client;
    this.#transcript = transcript;
    this.#course = course;
    this.#interruption = invocation.interruption();
  }

  /** Until all are through, one has failed, or somebody ends it; those under way are always seen to their end. */
  async run(addresses: readonly string[]): Promise<CourseEnd> {
    const waiting = [...addresses];
    const under = new Map<string, Promise<void>>();
    let failed: Extract<CourseEnd, { kind: 'failed' }> | null = null;
    while (failed === null && !this.#interruption.signal.aborted && (waiting.length > 0 || under.size > 0)) {
      const address = under.size < this.#course.most ? waiting.shift() : undefined;
      if (address === undefined) {
        await Promise.race(under.values());
        continue;
      }
      const turn = this.#turn(address).then((end) => {
        under.delete(address);
        if (end.kind === 'refused' && under.size > 0) waiting.unshift(address);
        else if (end.kind === 'failed' || end.kind === 'refused')
          failed ??= { kind: 'failed', target: address, why: end.why };
      });
      under.set(address, turn);
      // Those that would be one too many wait for one that comes back.
      await Promise.race([turn, pause(this.#invocation.clock, this.#interruption, POLL_MS)]);
    }
    await Promise.all(under.values());
    if (failed !== null || !this.#interruption.signal.aborted) return failed ?? { kind: 'done' };
    return { kind: 'interrupted', exitCode: this.#interruption.exitCode() };
  }

  async #turn(address: string): Promise<TurnEnd> {
    const { upstream, command, timeoutMs } = this.#course;
    const turn = new Turn({
      invocation: this.#invocation,
      client: this.#client,
      interruption: this.#interruption,
      upstream,
      address,
      command,
      timeoutMs,
      say: (step, detail) => this.#say(address, step, detail),
      print: (line) => this.#print(`${address} | ${line}`),
    });
    const end = await turn.run();
    if (end.kind !== 'failed') return end;
    this.#say(address, 'failed', end.why);
    if (!this.#invocation.flag('pause-on-error')) return end;
    this.#print(`${address}: paused; put it right, then sentinel undrain ${address}, and the next one follows`);
    return turn.paused(end);
  }

  #say(target: string, step: Step, detail: string): void {
    this.entries.push(this.#transcript.note(this.#invocation.clock.wallMs(), target, step, detail));
    this.#print(`${target}: ${step}${detail === '' ? '' : `, ${detail}`}`);
  }

  #print(line: string): void {
    const { stdout, json } = this.#invocation;
    if (!json) stdout.write(`${printable(line)}\n`);
  }
}

interface Result {
  readonly upstream: string;
  readonly left: readonly string[];
  /** Done by the run that is gone on with. */
  readonly skipped: number;
  readonly transcript: Transcript;
  readonly end: CourseEnd;
  readonly entries: readonly Entry[];
}

function report(
  invocation: Invocation,
  { daemon, generation, notes }: { daemon: string; generation: number; notes: readonly string[] },
  result: Result,
): Outcome {
  const { upstream, transcript, end, entries, skipped } = result;
  const back = skipped + new Set(entries.filter(({ step }) => step === 'returned').map(({ target }) => target)).size;
  const total = skipped + result.left.length;
  const again = `sentinel drain --rolling ${upstream} --exec ${quoted(invocation.option('exec') ?? '')} --resume ${transcript.path}`;
  const exitCode: ExitCode =
    end.kind === 'done' ? exitCodes.ok : end.kind === 'failed' ? exitCodes.problems : end.exitCode;
  const data = { upstream, targets: total, returned: back, end: end.kind, transcript: transcript.path, steps: entries };
  const text = (style: Style) => {
    if (end.kind === 'done')
      return `${style.green('✓')} ${back} of ${total} targets of ${printable(upstream)} done   transcript ${transcript.path}\n`;
    const why = end.kind === 'failed' ? `${end.target}: ${end.why}` : 'ended by you';
    return `${style.red('✗')} stopped after ${back} of ${total}: ${printable(why)}; what drains stays as it is (sentinel drains)\n  ${style.cyan('next:')} ${printable(again)}\n`;
  };
  return {
    kind: 'report',
    exitCode,
    status: end.kind === 'done' ? 'ok' : end.kind === 'failed' ? 'problems' : 'unknown',
    data,
    findings:
      end.kind === 'failed'
        ? [
            {
              code: 'SNT-U011',
              severity: 'error',
              title: 'rolling drain stopped',
              detail: `${end.target}: ${end.why}`,
              suggestion: { text: again, command: again },
            },
          ]
        : [],
    warnings: notes,
    daemon,
    generation,
    text,
  };
}

function transcriptOf(invocation: Invocation, upstream: string): { transcript: Transcript; done: ReadonlySet<string> } {
  const { context, directory, clock } = invocation;
  const resumed = invocation.option('resume');
  if (resumed !== undefined) return Transcript.resume(resumed, directory, upstream);
  const path = invocation.option('transcript');
  return { transcript: Transcript.begin(path, context, directory, upstream, clock.wallMs()), done: new Set() };
}

/** As a shell takes it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function required(invocation: Invocation, name: string): string {
  const value = invocation.option(name);
  if (value !== undefined) return value;
  throw new SentinelError('SNT-P040', `--rolling needs --${name}: what to run for each target while it is drained`, {
    hint: `sentinel drain --rolling api --exec 'ssh {host} systemctl restart app'`,
  });
}

function parallelOf(invocation: Invocation): number {
  const text = invocation.option('max-parallel') ?? '1';
  const most = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (most >= 1 && most <= MOST_AT_ONCE) return most;
  throw new SentinelError('SNT-P040', `--max-parallel is ${JSON.stringify(text)}, expected 1 to ${MOST_AT_ONCE}`, {
    hint: 'sentinel drain --help',
  });
}
