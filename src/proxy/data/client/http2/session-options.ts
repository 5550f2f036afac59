/** What an HTTP/2 session of a client may do, as node:http2 is told: the bounds of the plan, and those that nobody needs to set. */
import type { ServerSessionOptions } from 'node:http2';
import type { LimitsConfig } from '../../../../config/model.ts';
import type { PlanListener } from '../../../shared/plan.ts';

/** What a client may send of one body before it is taken: the most that one stream keeps in memory. */
export const STREAM_WINDOW = 64 * 1024;
/** The same over all streams of a connection that are read. */
export const CONNECTION_WINDOW = 1024 * 1024;

/** Of a field list where `limits` set no bound. */
const FIELD_BYTES = 64 * 1024;
const FIELD_COUNT = 1000;
/** What HTTP/2 counts for a field beside its name and value (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;
/** Requests of which node:http2 refuses the head by itself, for as long as the connection lives. No client sends any. */
const MALFORMED_HEADS = 100;
/** Streams above the limit. A client that has not read our settings yet may open many at once, and will try again. */
const REFUSED_STREAMS = 1000;
/** Resets of streams that nghttp2 takes, at once and in a second: behind the budget of `conduct.ts`, which is narrower. */
const RESET_BURST = 1000;
const RESET_RATE = 100;

/**
 * The options. Heads somewhat above the limits come through, so that they can be answered with 431 or 414; those far
 * above are reset before they are kept.
 */
export function sessionOptions(listener: PlanListener, limits: LimitsConfig): ServerSessionOptions {
  const fields = limits.maxHeaderCount === 0 ? FIELD_COUNT : limits.maxHeaderCount;
  const pairs = 2 * fields + 16;
  const bytes = (limits.maxHeaderBytes || FIELD_BYTES) + (limits.maxUriBytes || limits.maxHeaderBytes || FIELD_BYTES);
  return {
    settings: {
      maxConcurrentStreams: listener.maxConcurrentStreams,
      maxHeaderListSize: 2 * bytes + FIELD_OVERHEAD * pairs,
      initialWindowSize: STREAM_WINDOW,
      enableConnectProtocol: true,
    },
    maxHeaderListPairs: pairs,
    maxSendHeaderBlockLength: 1024 * 1024,
    maxSessionInvalidFrames: MALFORMED_HEADS,
    maxSessionRejectedStreams: REFUSED_STREAMS,
    maxOutstandingPings: 4,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESET_RATE,
    // The other way node:http2 drops such a field and lets the request pass; ours refuses it.
    strictFieldWhitespaceValidation: false,
    // Targets repeat fields that should stand once; what a response says is passed on.
    strictSingleValueFields: false,
  };
}
