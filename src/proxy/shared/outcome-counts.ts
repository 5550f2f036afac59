/**
 * What became of the requests of one route or upstream: answers by status class, errors by cause, bytes. One cell each,
 * lanes only; workers add to it when an exchange is over (`request/account.ts`), the main thread reads what has changed.
 */
import { type Cause, type CauseFacts, causeIndex, causeList, causes } from './causes.ts';
import type { Cell } from './cells.ts';

/**
 * `classes` + 1 … 5 is the first digit of the status; `classes` + 0: no answer was begun. `causes` + the number of the cause.
 * `failed`: requests that the client got no good answer to for a reason that is not its own, though no status above 499 says so.
 */
export const outcomeFields = {
  bytesIn: 0,
  bytesOut: 1,
  classes: 2,
  causes: 8,
  failed: 8 + causeList.length,
  laneLength: 9 + causeList.length,
  sharedLength: 0,
} as const;

/**
 * Causes that are the proxy's or the upstream's and no answer that somebody meant to give: the answer was cut short, or said by other
 * means than its status (gRPC). That a WebSocket nobody uses ends is as it was meant.
 */
const breaks: readonly boolean[] = causeList.map((cause) => {
  const { source, status }: CauseFacts = causes[cause];
  return source !== 'client' && (status >= 500 || cause === 'killed');
});

/** Counts one finished request. Its class comes last: whoever sees it there sees the rest of it too. */
export function countOutcome(
  { lane }: Cell,
  status: number,
  cause: Cause | null,
  bytesIn: number,
  bytesOut: number,
): void {
  lane[outcomeFields.bytesIn] = (lane[outcomeFields.bytesIn] as number) + bytesIn;
  lane[outcomeFields.bytesOut] = (lane[outcomeFields.bytesOut] as number) + bytesOut;
  if (cause !== null) {
    const at = outcomeFields.causes + causeIndex[cause];
    lane[at] = (lane[at] as number) + 1;
    if (status < 500 && breaks[causeIndex[cause]] === true) {
      lane[outcomeFields.failed] = (lane[outcomeFields.failed] as number) + 1;
    }
  }
  const field = outcomeFields.classes + (status < 100 || status > 599 ? 0 : (status / 100) | 0);
  lane[field] = (lane[field] as number) + 1;
}
