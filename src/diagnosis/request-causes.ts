/** What the judge knows of the causes of failed requests: the status that each gives, and who is to blame. A table read, no more. */
import { type Cause, causes, type CauseSource } from '../proxy/shared/causes.ts';

/** Status of the answer that the proxy makes for it; 0 = the upstream's own, null = no such cause is known. */
export function statusOfCause(cause: string): number | null {
  return Object.hasOwn(causes, cause) ? causes[cause as Cause].status : null;
}

/** Null = no such cause is known. */
export function sourceOfCause(cause: string): CauseSource | null {
  return Object.hasOwn(causes, cause) ? causes[cause as Cause].source : null;
}

/** Causes by which the proxy turns a client away to protect itself or others. */
export const refusals: readonly string[] = [
  'rate_limited',
  'challenged',
  'blocked',
  'connection_limit',
  'in_flight_limit',
  'memory_shed',
  'queue_full',
  'queue_timeout',
] satisfies readonly Cause[];
