/**
 * The topic `requests` of the admin stream: finished requests as they come, by a filter of each who watches. Ships the
 * filters to the workers, reads what they put into their rings ten times a second, and only while somebody watches.
 */
import type { RequestRecord, TapNews } from '../../../admin/contract/request-shapes.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Filter } from '../../../filter/filter.ts';
import { TimeShare } from '../../../filter/patience.ts';
import { readRecord } from '../../shared/finished-request.ts';
import { RecordRingReader } from '../../shared/record-ring.ts';
import type { RecordRings } from '../../shared/record-rings.ts';
import { filterOf } from '../admin/query.ts';
import type { StreamTopic } from '../admin/stream-topic.ts';
import { endOf, subjectOf } from './record-subject.ts';

const POLL_MS = 100;
/** Of one poll, for one who watches: a stream takes half a mebibyte at once. */
const MOST_AT_ONCE = 300;
/** Of the time of the main thread, for judging by the filter of one who watches. */
const SHARE = 0.02;

type Send = Parameters<StreamTopic['open']>[2];

interface Watcher {
  readonly filter: Filter;
  readonly patience: TimeShare;
  readonly send: Send;
}

interface Source {
  readonly reader: RecordRingReader;
  position: number;
  /** What `reader.next` and `reader.skipped` were at the last look. */
  next: number;
  skipped: number;
}

export interface RequestTapOptions {
  readonly clock: Clock;
  readonly workers: readonly RecordRings[];
  /** Tells the workers, also those that start later, which requests to show; none = nobody watches. */
  readonly tell: (filters: readonly Filter[]) => void;
}

export class RequestTap implements StreamTopic {
  readonly name = 'requests';
  readonly #options: RequestTapOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #sources: readonly Source[];
  #polling: Stoppable | null = null;

  constructor(options: RequestTapOptions) {
    this.#options = options;
    this.#sources = options.workers.map(({ tap }) => ({
      reader: new RecordRingReader(tap),
      position: 0,
      next: 0,
      skipped: 0,
    }));
  }

  /** @inheritdoc */
  open(query: URLSearchParams, _position: string | null, send: Send): () => void {
    const { clock } = this.#options;
    const patience = new TimeShare(SHARE, () => clock.now());
    const watcher: Watcher = { filter: filterOf(query, 'requests'), patience, send };
    // What lies there already is for those who watched before.
    if (this.#polling === null) for (const source of this.#sources) skipToEnd(source);
    else this.#poll();
    this.#watchers.add(watcher);
    this.#tell();
    this.#polling ??= this.#options.clock.every(POLL_MS, () => this.#poll());
    return () => {
      if (!this.#watchers.delete(watcher)) return;
      this.#tell();
      if (this.#watchers.size > 0) return;
      this.#polling?.stop();
      this.#polling = null;
    };
  }

  #tell(): void {
    this.#options.tell([...this.#watchers].map(({ filter }) => filter));
  }

  #poll(): void {
    const records: RequestRecord[] = [];
    let skipped = 0;
    for (const source of this.#sources) {
      const { reader } = source;
      const { next, skipped: skippedThen } = source;
      const news = reader.since(source.position);
      source.position = news.position;
      const last = news.records.at(-1);
      if (last !== undefined) source.next = (last.number + 1) >>> 0;
      source.skipped = reader.skipped;
      // Those that were overwritten before they were read are missing in the numbers.
      skipped += ((source.next - next) >>> 0) - news.records.length + ((source.skipped - skippedThen) >>> 0);
      for (const { text } of news.records) {
        const record = readRecord(text);
        if (record !== null) records.push(record);
      }
    }
    if (records.length === 0 && skipped === 0) return;
    // Each worker tells of its own.
    if (this.#sources.length > 1) records.sort((a, b) => endOf(a) - endOf(b));
    const nowMs = this.#options.clock.wallMs();
    for (const watcher of this.#watchers) show(watcher, records, skipped, nowMs);
  }
}

function show(
  { filter, patience, send }: Watcher,
  records: readonly RequestRecord[],
  skipped: number,
  nowMs: number,
): void {
  const tell = (data: TapNews) => send({ position: null, data });
  const judged = records.map((record) => patience.some([filter], subjectOf(record, nowMs)));
  const mine = records.filter((_, at) => judged[at] === true);
  const unjudged = judged.filter((one) => one === null).length;
  for (const request of mine.slice(0, MOST_AT_ONCE)) tell({ kind: 'request', request });
  const count = skipped + unjudged + Math.max(0, mine.length - MOST_AT_ONCE);
  if (count > 0) tell({ kind: 'skipped', count });
}

function skipToEnd(source: Source): void {
  const { reader } = source;
  source.position = reader.position;
  source.next = reader.next;
  source.skipped = reader.skipped;
}
