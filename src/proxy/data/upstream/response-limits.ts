/** What a target may send before the body of its response, whatever the protocol. Constants only. */
import type { HeadLimits } from '../http1/head-end.ts';

/** Bounds on what a target may send as a response head; a target is no more trusted than a client. */
export const responseLimits: HeadLimits = {
  maxHeaderCount: 1000,
  maxHeaderBytes: 64 * 1024,
  maxHeaderNameBytes: 1024,
  maxHeaderValueBytes: 32 * 1024,
  maxUriBytes: 0,
};

/** Interim responses (1xx) accepted before the final one. */
export const MAX_INTERIM = 16;
