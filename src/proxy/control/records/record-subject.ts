/** A finished request as a filter sees it: the same facts under the same names as the exchange had (`data/records/exchange-subject.ts`). */
import type { RequestRecord } from '../../../admin/contract/request-shapes.ts';
import type { FilterSubject } from '../../../filter/match.ts';
import { requestSubject } from '../../../filter/request-subject.ts';

/** When it ended, in milliseconds since the epoch. */
export function endOf({ time, duration_ms }: RequestRecord): number {
  return Date.parse(time) + duration_ms;
}

export function subjectOf(record: RequestRecord, nowMs: number): FilterSubject {
  return requestSubject(record, nowMs - endOf(record));
}
