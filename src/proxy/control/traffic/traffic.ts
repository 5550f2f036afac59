/**
 * What goes through the proxy, by route, upstream, target and in all: windows of ten seconds, one minute and five minutes,
 * and the last 15 minutes as points. Reads the cells once a second on the main thread; workers are not asked. The admin API,
 * the exposition and the stream ask it. It never says that a route is new or gone: it follows plans.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { Plan } from '../../shared/plan.ts';
import { CellChanges, type SubjectCells } from './cell-changes.ts';
import { keys } from './keys.ts';
import { type Point, Series, TimeLine } from './series.ts';
import { gather, type Slot, SlotBuilder } from './slot.ts';
import { Slots, SLOTS_KEPT_MS } from './slots.ts';
import { type Window, type WindowName, windowLengths, windowNames, windowOf } from './window.ts';

export const TICK_MS = 1000;

/** `unrouted`: what took no route, the proxy's own answers among it. */
export type SubjectKind = 'route' | 'upstream' | 'target' | 'unrouted';

export type Windows = Readonly<Record<WindowName, Window>>;

interface Subject {
  readonly number: number;
  readonly kind: SubjectKind;
  readonly name: string;
  readonly cells: SubjectCells;
  /** Null while a target is gone: its cells may be somebody else's by then. */
  changes: CellChanges | null;
  /** Null for a target. */
  readonly series: Series | null;
  /** No window of it reaches back further. */
  readonly since: number;
  /** When a plan came without it; null while it is in force. */
  goneAt: number | null;
}

/** Number of the subject that is all of it together. */
export const TOTAL = 0;

export class Traffic {
  readonly #clock: Clock;
  readonly #registry: CellRegistry;
  readonly #slots = new Slots();
  readonly #builder = new SlotBuilder();
  readonly #times = new TimeLine();
  readonly #totalSeries = new Series();
  readonly #subjects = new Map<string, Subject>();
  /** Numbers whose subjects are forgotten. */
  readonly #free: number[] = [];
  readonly #listeners = new Set<() => void>();
  /** What happened in this second: in all, and to one subject. */
  readonly #total = new Float64Array(keys.length);
  readonly #own = new Float64Array(keys.length);
  readonly #timer: Stoppable;
  #numbers = TOTAL + 1;
  #tickedAt: number;
  #coveredMs = 0;
  #atMs: number | null = null;
  #newest: Slot | null = null;

  constructor(clock: Clock, registry: CellRegistry) {
    this.#clock = clock;
    this.#registry = registry;
    this.#tickedAt = clock.now();
    this.#timer = clock.every(TICK_MS, () => this.tick());
  }

  /** A plan is in force. What left with it is kept for as long as a window reaches back, and goes on if it returns. */
  follow(plan: Plan): void {
    const present = new Set<string>();
    const has = (kind: SubjectKind, name: string, cells: SubjectCells) => {
      const id = idOf(kind, name);
      present.add(id);
      this.#know(id, kind, name, cells);
    };
    has('unrouted', '', { durations: plan.cells.unrouted, outcomes: plan.cells.unroutedOutcomes, target: null });
    for (const { id, cell, outcomes } of plan.routes) has('route', id, { durations: cell, outcomes, target: null });
    for (const { name, cell, outcomes, targets } of plan.upstreams) {
      has('upstream', name, { durations: cell, outcomes, target: null });
      for (const { id, durations, cell: target } of targets) has('target', id, { durations, outcomes: null, target });
    }
    for (const [id, subject] of this.#subjects) {
      if (present.has(id)) continue;
      subject.goneAt ??= this.#clock.now();
      // Cells of routes and upstreams are never given back, and requests of older plans still end on them.
      if (subject.kind === 'target') subject.changes = null;
    }
  }

  /** Routes, upstreams and targets that are known, those among them that have gone not long ago. */
  get size(): number {
    return this.#subjects.size;
  }

  /** When the newest second ended, in milliseconds since 1970; null before the first. */
  get atMs(): number | null {
    return this.#atMs;
  }

  /** What was counted in the newest second, in all: one count for each number of `keys.ts`, until the next one. */
  get latest(): { readonly counts: Float64Array; readonly coveredMs: number } {
    return { counts: this.#total, coveredMs: this.#coveredMs };
  }

  /** The newest second of all subjects, for whoever keeps longer stretches; null before the first. */
  get newest(): Slot | null {
    return this.#newest;
  }

  /** Routes and upstreams by the numbers that slots have for them. */
  *named(): Generator<{ readonly number: number; readonly kind: 'route' | 'upstream'; readonly name: string }> {
    for (const { number, kind, name } of this.#subjects.values()) {
      if (kind === 'route' || kind === 'upstream') yield { number, kind, name };
    }
  }

  /** Calls `listener` after each second; returns what ends it. */
  onTick(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The windows of one subject; null = nothing of that name is known. */
  windows(kind: SubjectKind, name: string): Windows | null {
    const subject = this.#subjects.get(idOf(kind, name));
    return subject === undefined ? null : this.#windows(subject.number, this.#tickedAt - subject.since);
  }

  /** One of them: for whoever needs no other. */
  window(kind: SubjectKind, name: string, which: WindowName): Window | null {
    const subject = this.#subjects.get(idOf(kind, name));
    if (subject === undefined) return null;
    const counts = new Float64Array(keys.length);
    const coveredMs = this.#slots.gather(subject.number, 0, windowLengths[which], counts);
    return windowOf(counts, Math.max(0, Math.min(coveredMs, this.#tickedAt - subject.since)));
  }

  totalWindows(): Windows {
    return this.#windows(TOTAL, Infinity);
  }

  /** The last 15 minutes of a route or an upstream, the oldest point first; empty = nothing of that name is known. @param afterMs Only points that ended after. */
  series(kind: 'route' | 'upstream', name: string, afterMs?: number): readonly Point[] {
    const series = this.#subjects.get(idOf(kind, name))?.series;
    return series === null || series === undefined ? [] : this.#times.points(series, afterMs);
  }

  totalSeries(afterMs?: number): readonly Point[] {
    return this.#times.points(this.#totalSeries, afterMs);
  }

  /** Reads what has been counted since the last time. */
  tick(): void {
    const now = this.#clock.now();
    const coveredMs = now - this.#tickedAt;
    // Twice in one moment: a stretch without length has no rate.
    if (coveredMs <= 0) return;
    this.#tickedAt = now;
    this.#coveredMs = coveredMs;
    const wallMs = this.#clock.wallMs();
    this.#atMs = wallMs;
    this.#times.seconds.advance(wallMs, coveredMs);
    const { place } = this.#times.seconds;
    this.#total.fill(0);
    for (const subject of this.#subjects.values()) this.#look(subject, place);
    this.#builder.begin(TOTAL);
    for (let key = 0; key < keys.length; key++) this.#builder.add(key, this.#total[key] as number);
    this.#totalSeries.seconds.write(place, this.#total);
    this.#newest = this.#builder.build(coveredMs);
    const ten = this.#slots.push(this.#newest);
    if (ten !== null) this.#keepTen(ten, wallMs);
    for (const listener of this.#listeners) listener();
  }

  stop(): void {
    this.#timer.stop();
    this.#listeners.clear();
  }

  #look({ number, kind, changes, series }: Subject, place: number): void {
    if (changes === null) return;
    const counted = kind === 'route' || kind === 'unrouted' ? this.#total : null;
    const own = series === null ? null : this.#own;
    let any = false;
    this.#builder.begin(number);
    changes.collect((key, count) => {
      if (!any) own?.fill(0);
      any = true;
      this.#builder.add(key, count);
      if (own !== null) own[key] = count;
      if (counted !== null) counted[key] = (counted[key] as number) + count;
    });
    series?.seconds.write(place, any ? own : null);
  }

  #keepTen(ten: Slot, wallMs: number): void {
    // It ended as many seconds ago as there are single ones now.
    this.#times.tens.advance(wallMs - this.#slots.singleMs, ten.coveredMs);
    const { place } = this.#times.tens;
    const write = (series: Series, number: number) => {
      this.#own.fill(0);
      gather(ten, number, this.#own);
      series.tens.write(place, this.#own);
    };
    write(this.#totalSeries, TOTAL);
    for (const { series, number } of this.#subjects.values()) if (series !== null) write(series, number);
    this.#forget();
  }

  #forget(): void {
    const due = this.#clock.now() - SLOTS_KEPT_MS;
    for (const [id, { goneAt, number }] of this.#subjects) {
      if (goneAt === null || goneAt > due) continue;
      this.#subjects.delete(id);
      this.#free.push(number);
    }
  }

  #know(id: string, kind: SubjectKind, name: string, cells: SubjectCells): void {
    const known = this.#subjects.get(id);
    if (known === undefined) {
      this.#subjects.set(id, {
        number: this.#free.pop() ?? this.#numbers++,
        kind,
        name,
        cells,
        changes: new CellChanges(this.#registry, cells),
        series: kind === 'target' ? null : new Series(),
        since: this.#clock.now(),
        goneAt: null,
      });
      return;
    }
    known.goneAt = null;
    // A target that returns may have got other cells.
    known.changes ??= new CellChanges(this.#registry, cells);
  }

  #windows(number: number, ageMs: number): Windows {
    const counts = new Float64Array(keys.length);
    let reachMs = 0;
    let coveredMs = 0;
    const windows: Partial<Record<WindowName, Window>> = {};
    for (const name of windowNames) {
      const length = windowLengths[name];
      coveredMs += this.#slots.gather(number, reachMs, length, counts);
      reachMs = length;
      windows[name] = windowOf(counts, Math.max(0, Math.min(coveredMs, ageMs)));
    }
    return windows as Windows;
  }
}

function idOf(kind: SubjectKind, name: string): string {
  return `${kind} ${name}`;
}
