/**
 * What a drain is: which targets it covers, who ordered it and why, until when, how far it has come. Read back from the
 * state file here. What drains do is in `drains.ts`.
 */
import { isInstant } from '../../../base/units.ts';
import { Wrong } from '../../../config/schema/value-type.ts';
import { weightType } from '../overrides/values.ts';
import { drainTimeouts, type DrainTimeout } from '../../../admin/contract/drain-shapes.ts';

/** A target as drains see it. */
export interface CoveredTarget {
  readonly upstream: string;
  readonly address: string;
  /** As it is written: a name with all its addresses, or the address. */
  readonly written: string;
}

/** What is ordered. Times are milliseconds since the epoch. */
export interface DrainOrder {
  /** An address, or what is written where that is a name. */
  readonly target: string;
  /** By `name`: all the addresses that the name has, now and later. */
  readonly by: 'address' | 'name';
  readonly upstreams: readonly string[];
  readonly actor: string;
  readonly reason: string | null;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly onTimeout: DrainTimeout;
  /** Null = until it is taken back. */
  readonly expiresMs: number | null;
  /** What follows once it is drained. */
  readonly persist: boolean;
  readonly remove: boolean;
}

/** Weight that the file had before a drain wrote 0 into it. */
export interface WrittenWeight {
  readonly upstream: string;
  /** As it is written. */
  readonly target: string;
  readonly before: number;
}

export interface Counts {
  readonly inFlight: number;
  readonly websockets: number;
  readonly idle: number;
}

/** A drain in force: what outlives the process. */
export interface DrainRecord extends DrainOrder {
  readonly id: string;
  readonly state: 'draining' | 'drained';
  readonly drainedMs: number | null;
  /** When the deadline passed with work left. */
  readonly overdueMs: number | null;
  readonly atStart: Counts;
  /** Its result has been counted. */
  readonly counted: boolean;
  readonly cut: number;
  /** Of what was to follow: null = it has not been tried. */
  readonly followed: { readonly ok: boolean; readonly lines: readonly string[] } | null;
  readonly weights: readonly WrittenWeight[];
  /** When its target left the configuration, milliseconds since the epoch; null while it is in force. */
  readonly leftMs: number | null;
}

export function covers(order: Pick<DrainOrder, 'target' | 'by' | 'upstreams'>, target: CoveredTarget): boolean {
  if (!order.upstreams.includes(target.upstream)) return false;
  return (order.by === 'name' ? target.written : target.address) === order.target;
}

/** @throws Error when it is not what was written */
export function parseRecords(value: unknown): readonly DrainRecord[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  const records = value.map(parseRecord);
  if (new Set(records.map(({ id }) => id)).size < records.length) throw new Error('two of one name');
  return records;
}

function isWeight({ upstream, target, before }: WrittenWeight): boolean {
  return typeof upstream === 'string' && typeof target === 'string' && !(weightType.read(before, '') instanceof Wrong);
}

function parseRecord(value: unknown): DrainRecord {
  const record = value as DrainRecord;
  const { id, target, by, upstreams, actor, reason, startedMs, deadlineMs, onTimeout, state, atStart, cut } = record;
  const texts = [id, target, actor, reason ?? '', ...upstreams].every((text) => typeof text === 'string');
  const lists = Array.isArray(upstreams) && upstreams.length > 0 && record.weights.every(isWeight);
  const times =
    [startedMs, deadlineMs].every(isInstant) &&
    [record.drainedMs, record.overdueMs, record.expiresMs, record.leftMs].every(
      (time) => time === null || isInstant(time),
    ) &&
    [atStart.inFlight, atStart.websockets, atStart.idle, cut].every(Number.isFinite);
  const flags = [record.persist, record.remove, record.counted].every((flag) => typeof flag === 'boolean');
  const done = record.followed === null || Array.isArray(record.followed.lines);
  const words =
    (by === 'address' || by === 'name') &&
    (state === 'draining' || state === 'drained') &&
    drainTimeouts.includes(onTimeout);
  if (!texts || !lists || !times || !flags || !done || !words) throw new Error('not a drain');
  return record;
}
