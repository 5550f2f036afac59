/**
 * Follows `GET /admin/stream` for as long as somebody wants it: connects again when the connection breaks or is silent for too
 * long, and goes on where it broke off. `AdminClient.stream` makes one; says by callbacks what is missing and when it waits.
 */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import { heartbeatMs, type StreamBye, type StreamGap, streamEvents } from '../contract/stream-shapes.ts';
import { eventsOf } from './event-source.ts';

/** Two heartbeats and a half. */
export const defaultSilenceMs = 2.5 * heartbeatMs;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

export interface StreamItem {
  readonly topic: string;
  /** What `from` takes to go on right after this. */
  readonly position: string;
  /** As the topic's owner shaped it (`admin/contract`). */
  readonly data: unknown;
}

export interface StreamOptions {
  /** Go on after this: `position` of an item, or `resume` of a reply. Default: from now on. */
  readonly from?: string;
  /** Ends it: the iteration finishes without an error. */
  readonly signal?: AbortSignal;
  /** Silence that means that the connection is dead. */
  readonly silenceMs?: number;
  readonly clock?: Clock;
  /** Something is missing between the item before and the next. */
  readonly onGap?: (gap: StreamGap) => void;
  /** The connection is gone, and is tried again after `retryMs`; called for each attempt. */
  readonly onLost?: (why: string, retryMs: number) => void;
  /** The connection is there again. */
  readonly onBack?: () => void;
}

export interface StreamDoor {
  /** Connects; resolves with the reply when its head is there. */
  open(lastEventId: string | null): Promise<IncomingMessage>;
  /** Whether trying again could not help, such as after a refusal. */
  isFinal(error: unknown): boolean;
}

/**
 * The news, in order.
 * @throws what `open` throws at first, unless it goes on from somewhere, and later what `isFinal` says of
 */
export async function* followStream(door: StreamDoor, options: StreamOptions): AsyncGenerator<StreamItem> {
  const { signal, clock = systemClock } = options;
  let id = options.from ?? null;
  let pauseMs = FIRST_PAUSE_MS;
  let lost = false;
  // Who goes on from somewhere has been answered before: a daemon that is gone right after that is waited for.
  let answered = options.from !== undefined;
  const over = () => signal?.aborted === true;
  while (!over()) {
    let why: string;
    let reply: IncomingMessage | null = null;
    const stop = () => void reply?.destroy();
    try {
      reply = await door.open(id);
      if (lost) options.onBack?.();
      answered = true;
      signal?.addEventListener('abort', stop);
      why = 'the daemon ended the stream';
      for await (const { event, id: position, data } of eventsOf(reply)) {
        if (over()) return;
        // Only a stream that says something is worth trying again soon.
        pauseMs = FIRST_PAUSE_MS;
        if (position !== '') id = position;
        const value = JSON.parse(data) as unknown;
        if (event === streamEvents.gap) options.onGap?.(value as StreamGap);
        else if (event === streamEvents.bye) why = byeWords(value as StreamBye);
        else if (event !== streamEvents.hello) yield { topic: event, position, data: value };
      }
    } catch (error) {
      if (over()) return;
      if (!answered || door.isFinal(error)) throw error;
      why = errnoOf(error) === 'ETIMEDOUT' ? 'the daemon fell silent' : lostWords(error);
    } finally {
      signal?.removeEventListener('abort', stop);
      reply?.destroy();
    }
    lost = true;
    options.onLost?.(why, pauseMs);
    await pause(clock, pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

function byeWords({ reason }: StreamBye): string {
  return reason === 'stopping' ? 'the daemon stops' : 'the daemon no longer allows it';
}

function lostWords(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection broke';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      turn.stop();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const turn = clock.after(ms, done);
    signal?.addEventListener('abort', done);
    if (signal?.aborted === true) done();
  });
}
