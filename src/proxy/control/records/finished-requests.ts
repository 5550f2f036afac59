/**
 * The finished requests that workers keep, read from their rings when somebody asks: filtered, newest first, with how far
 * back they reach. Asks no worker: the rings outlive theirs.
 */
import { rfc3339 } from '../../../base/units.ts';
import type { KeptRange, RequestRecord, RequestsQuery } from '../../../admin/contract/request-shapes.ts';
import type { Filter } from '../../../filter/filter.ts';
import type { Patience } from '../../../filter/patience.ts';
import { readRecord } from '../../shared/finished-request.ts';
import { type RingRecord, RecordRingReader } from '../../shared/record-ring.ts';
import type { RecordRings } from '../../shared/record-rings.ts';
import { endOf, subjectOf } from './record-subject.ts';

type RingKind = Exclude<keyof RecordRings, 'tap'>;

export interface RequestChoice {
  readonly kind: NonNullable<RequestsQuery['kind']>;
  readonly filter: Filter;
  readonly limit: number;
  /** Those that ended then or later, in milliseconds since the epoch; null = all. */
  readonly sinceMs: number | null;
  /** Above this a request is slow. */
  readonly slowMs: number;
  readonly nowMs: number;
  readonly patience: Patience;
}

export interface FoundRequests {
  readonly requests: readonly RequestRecord[];
  /** There are more that match. */
  readonly more: boolean;
  readonly kept: Readonly<Record<RingKind, KeptRange>>;
}

const kinds: Readonly<Record<RequestChoice['kind'], readonly RingKind[]>> = {
  errors: ['errors'],
  // An error may have been slow as well.
  slow: ['slow', 'errors'],
  all: ['errors', 'slow', 'sample'],
};

export class FinishedRequests {
  readonly #rings: Readonly<Record<RingKind, readonly RecordRingReader[]>>;

  constructor(workers: readonly RecordRings[]) {
    const readers = (kind: RingKind) => workers.map((rings) => new RecordRingReader(rings[kind]));
    this.#rings = { errors: readers('errors'), slow: readers('slow'), sample: readers('sample') };
  }

  /** @throws FilterTooSlow */
  find(choice: RequestChoice): FoundRequests {
    const { kind, limit } = choice;
    const copies: Record<RingKind, (readonly RingRecord[])[]> = { errors: [], slow: [], sample: [] };
    for (const ring of ringKinds) copies[ring] = this.#rings[ring].map((reader) => reader.all());
    const found = kinds[kind]
      .flatMap((ring) => copies[ring])
      // One more than is shown says that there are more.
      .flatMap((records) => newest(records, choice, limit + 1))
      .sort((a, b) => b.endMs - a.endMs);
    const kept = (ring: RingKind) => rangeOf(this.#rings[ring], copies[ring]);
    return {
      requests: found.slice(0, limit).map(({ record }) => record),
      more: found.length > limit,
      kept: { errors: kept('errors'), slow: kept('slow'), sample: kept('sample') },
    };
  }
}

const ringKinds: readonly RingKind[] = ['errors', 'slow', 'sample'];

/** Up to `most` of one ring that are asked for, newest first. No more are read than it takes. */
function newest(
  records: readonly RingRecord[],
  { kind, filter, sinceMs, slowMs, nowMs, patience }: RequestChoice,
  most: number,
): readonly { readonly record: RequestRecord; readonly endMs: number }[] {
  const found: { readonly record: RequestRecord; readonly endMs: number }[] = [];
  for (let at = records.length - 1; at >= 0 && found.length < most; at--) {
    const record = readRecord((records[at] as RingRecord).text);
    if (record === null) continue;
    const endMs = endOf(record);
    // They lie in the order in which they ended.
    if (sinceMs !== null && endMs < sinceMs) break;
    if (kind === 'slow' && record.duration_ms <= slowMs) continue;
    if (patience.matches(filter, subjectOf(record, nowMs))) found.push({ record, endMs });
  }
  return found;
}

function rangeOf(readers: readonly RecordRingReader[], copies: readonly (readonly RingRecord[])[]): KeptRange {
  let records = 0;
  let skipped = 0;
  let completeMs = Number.NEGATIVE_INFINITY;
  for (const [at, reader] of readers.entries()) {
    const copy = copies[at] ?? [];
    records += copy.length;
    skipped += reader.skipped;
    const [oldest] = copy;
    if (oldest === undefined || oldest.number === 0) continue;
    const record = readRecord(oldest.text);
    if (record !== null) completeMs = Math.max(completeMs, endOf(record));
  }
  const complete_since = completeMs === Number.NEGATIVE_INFINITY ? null : rfc3339(completeMs);
  return { records, complete_since, skipped };
}
