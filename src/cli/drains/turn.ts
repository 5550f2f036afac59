/** One target in a rolling drain: out of traffic, the command, back when its health check passes. Says each step; decides nothing about others. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type AdminClient, AdminRefusal } from '../../admin/client/client.ts';
import type { DrainState } from '../../admin/contract/drain-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Interruption, Invocation } from '../command.ts';
import { isAway, pause } from '../waiting.ts';
import { needsAttention } from '../verdicts.ts';
import { durationText } from '../text.ts';
import { filled, placesOf } from './command-words.ts';
import type { Step } from './transcript.ts';
import { waitingLine } from './words.ts';

const POLL_MS = 500;

export interface TurnOptions {
  readonly invocation: Invocation;
  readonly client: AdminClient;
  readonly interruption: Interruption;
  readonly upstream: string;
  readonly address: string;
  readonly command: readonly [string, ...string[]];
  /** To drain, and again to come back. */
  readonly timeoutMs: number;
  readonly say: (step: Step, detail: string) => void;
  /** A line of the command. */
  readonly print: (line: string) => void;
}

export type TurnEnd =
  | { readonly kind: 'done' | 'interrupted' }
  /** Too few would be left just now. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export class Turn {
  readonly #options: TurnOptions;
  #drain: DrainState | null = null;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  async run(): Promise<TurnEnd> {
    try {
      return (await this.#out()) ?? (await this.#work()) ?? (await this.#back());
    } catch (error) {
      if (!(error instanceof SentinelError)) throw error;
      return { kind: 'failed', why: error.message };
    }
  }

  /** Waits until somebody has taken the target back after a failure. */
  async paused(end: TurnEnd): Promise<TurnEnd> {
    const { client, invocation, interruption, say } = this.#options;
    const id = this.#drain?.id;
    if (id === undefined) return end;
    while (!interruption.signal.aborted) {
      const state = await client.call('drain', { params: { id } }).then(
        ({ data }) => data.state,
        (error: unknown) => {
          // A daemon that restarts has its drains again.
          if (isAway(error)) return 'draining';
          throw error;
        },
      );
      if (state === 'ended') {
        say('returned', 'taken back by hand');
        return { kind: 'done' };
      }
      await pause(invocation.clock, interruption, POLL_MS);
    }
    return end;
  }

  async #out(): Promise<TurnEnd | null> {
    const { client, invocation, interruption, upstream, address, timeoutMs, say } = this.#options;
    const reason = invocation.option('reason') ?? `rolling ${upstream}`;
    const body = { target: address, upstream, timeout_ms: timeoutMs };
    try {
      const { data } = await client.call('drain-begin', { body, reason });
      this.#drain = data.drains[0] as DrainState;
      say('draining', `${this.#drain.id}${data.attached.length > 0 ? ', drained before' : ''}`);
    } catch (error) {
      if (error instanceof AdminRefusal && error.code === 'SNT-U005') return { kind: 'refused', why: error.message };
      throw error;
    }
    const { id } = this.#drain;
    for (;;) {
      const { data } = await client.call('drain', { params: { id } });
      if (data.state === 'drained') {
        say('drained', `${data.finished} finished, ${data.cut} cut`);
        return null;
      }
      if (data.state === 'ended') return { kind: 'failed', why: `the drain ended: ${data.result}` };
      if (data.overdue) {
        return { kind: 'failed', why: `not drained within ${durationText(timeoutMs)}; ${waitingLine(data)}` };
      }
      await pause(invocation.clock, interruption, POLL_MS);
      if (interruption.signal.aborted) return { kind: 'interrupted' };
    }
  }

  async #work(): Promise<TurnEnd | null> {
    const { invocation, upstream, address, command, say, print } = this.#options;
    const places = placesOf(upstream, address);
    const [program, ...rest] = filled(command, places) as [string, ...string[]];
    const child = spawn(program, rest, {
      cwd: invocation.directory,
      env: { ...invocation.context.environment, SENTINEL_TARGET: address, SENTINEL_UPSTREAM: upstream },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', print);
    const { promise, resolve } = Promise.withResolvers<string>();
    child.once('error', (error) => resolve(`${program} could not be run: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve('');
      else resolve(signal === null ? `${program} exited with ${code}` : `${program} was ended by ${signal}`);
    });
    const why = await promise;
    if (why !== '') return { kind: 'failed', why };
    say('ran', `${program} exited with 0`);
    return null;
  }

  /** What was restarted just now needs a moment: it is asked until its check passes. */
  async #back(): Promise<TurnEnd> {
    const { client, invocation, interruption, timeoutMs, upstream, address, say } = this.#options;
    const { clock } = invocation;
    const { id } = this.#drain as DrainState;
    const from = clock.now();
    for (let back = false; ; ) {
      try {
        if (!back) await client.call('drain-end', { params: { id }, reason: `rolling ${upstream}` });
        back = true;
        const { data } = await client.call('upstream', { params: { name: upstream } });
        const target = data.targets.find((one) => one.address === address);
        if (target !== undefined && !needsAttention(target)) {
          say('returned', target.verdict);
          return { kind: 'done' };
        }
        if (clock.now() - from >= timeoutMs) return { kind: 'failed', why: target?.why ?? 'it is not there any more' };
      } catch (error) {
        if (!(error instanceof AdminRefusal) || error.code !== 'SNT-U008') throw error;
        if (clock.now() - from >= timeoutMs) return { kind: 'failed', why: error.message };
      }
      await pause(clock, interruption, POLL_MS);
      if (interruption.signal.aborted) return { kind: 'interrupted' };
    }
  }
}
