/**
 * The flight recorder: writes down beside the history, every ten seconds, what was counted, and what people are told of as it
 * happens, so that it outlives the process. Reads counters on the main thread; no request waits for it, and no failure of the disk
 * stops more than itself. Told by `daemon.ts` when this process is in charge and when it ends, by an upgrade when another one is.
 */
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { type FlightLine, SAMPLE_MS } from '../../../history/flight-record.ts';
import { type CellRegistry, listenerFields } from '../../shared/cells.ts';
import type { ConfigSource } from '../config-source.ts';
import type { DaemonState } from '../daemon-state.ts';
import { eventState } from '../events/event-state.ts';
import type { EventLog } from '../events/event-log.ts';
import type { KeptEvent } from '../events/event-ring.ts';
import type { InstanceFolder } from '../instance-folder.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { TICK_MS, type Traffic } from '../traffic/traffic.ts';
import { FlightFile } from './flight-file.ts';
import { Stretch } from './stretch.ts';

/** How long the end of a daemon may wait for a disk that does not answer. */
const LAST_WRITE_MS = 2_000;

/** Lines from before this process is in charge that are kept; more happens in no start. */
const MOST_EARLY = 200;

/** Events that happened again and wait for the next sample. */
const MOST_AGAIN = 200;

export interface RecorderOptions {
  readonly clock: Clock;
  readonly pid: number;
  readonly version: string;
  readonly source: ConfigSource;
  readonly instance: InstanceFolder;
  readonly events: EventLog;
  readonly traffic: Traffic;
  readonly warnings: StandingWarnings;
  readonly state: Pick<DaemonState, 'generation' | 'applied'>;
  readonly registry: CellRegistry;
}

export class FlightRecorder {
  readonly #options: RecorderOptions;
  readonly #file: FlightFile;
  readonly #stretch = new Stretch();
  #known: string | null = null;
  readonly #again = new Map<string, KeptEvent>();
  #early: FlightLine[] = [];
  /** `handed-over`: another process has the files, and this one counts what it still has to do; `retired`: it has ended. */
  #phase: 'starting' | 'recording' | 'handed-over' | 'retired' = 'starting';

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#file = new FlightFile({
      folder: () => this.#folder(),
      onTrouble: (why) => {
        const words = `what happens is not written down beside the history (${why}): an incident would have gaps`;
        options.warnings.set('flight-record', why === null ? null : words);
      },
      mayTurn: () => this.#phase !== 'handed-over',
    });
    options.events.listen((event) => this.#heard(event));
    options.traffic.onTick(() => this.#ticked());
  }

  /** Lines that were lost because they could not be written for long. */
  get dropped(): number {
    return this.#file.dropped;
  }

  /** This process is in charge: it is up, or an upgrade has failed. */
  began(): void {
    const { pid, version } = this.#options;
    this.#phase = 'recording';
    this.#write({ kind: 'began', at: this.#now(), pid, version });
    for (const line of this.#early) this.#write(line);
    this.#early = [];
  }

  /** Another process is about to be in charge, and goes on with the files: of this one only counts of what it has left to do follow. */
  handOver(heir: number): void {
    this.#end(heir);
  }

  /** Writes what is left; resolves when that is done, or the disk does not answer. */
  async ended(): Promise<void> {
    this.#end(null);
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const limit = this.#options.clock.after(LAST_WRITE_MS, resolve);
    await Promise.race([this.#file.flushed(), patience]);
    limit.stop();
  }

  #end(heir: number | null): void {
    if (this.#phase !== 'recording' && this.#phase !== 'handed-over') return;
    const { pid, version, traffic } = this.#options;
    traffic.tick();
    this.#stretch.add(traffic.newest);
    if (this.#stretch.coveredMs > 0) this.#sample();
    this.#write({ kind: 'ended', at: this.#now(), pid, version, heir });
    this.#phase = heir === null ? 'retired' : 'handed-over';
  }

  #ticked(): void {
    if (this.#phase === 'retired') return;
    this.#stretch.add(this.#options.traffic.newest);
    // What is answered before this process is in charge is in its first line.
    if (this.#phase === 'starting') return;
    // Ticks come a little early or late.
    if (this.#stretch.coveredMs >= SAMPLE_MS - TICK_MS / 2) this.#sample();
  }

  #sample(): void {
    const { traffic, state, registry } = this.#options;
    const counts = this.#stretch.take(traffic);
    // Nothing that this process has nothing to do with any more is to look like a quiet time.
    if (this.#phase === 'handed-over' && counts.requests === 0) return;
    for (const event of this.#again.values()) this.#write({ kind: 'event', event: eventState(event) });
    this.#again.clear();
    this.#write({
      kind: 'traffic',
      at: this.#now(),
      ...counts,
      generation: state.generation,
      connections: state.applied.plan.listeners.reduce(
        (sum, { cell }) => sum + registry.sum(cell, listenerFields.open),
        0,
      ),
      rss_bytes: process.memoryUsage.rss(),
    });
  }

  #heard(event: KeptEvent): void {
    if (!event.told) return;
    const key = JSON.stringify([event.kind, event.atMs, event.subject, event.actor, event.words]);
    // The first is written at once; what a flood repeats waits, and is one line with the number of times.
    if (event.count > 1 && (this.#again.has(key) || this.#again.size < MOST_AGAIN)) this.#again.set(key, event);
    else this.#write({ kind: 'event', event: eventState(event) });
  }

  #write(line: FlightLine): void {
    const counts = this.#phase === 'handed-over' && line.kind === 'traffic';
    if (this.#phase === 'recording' || counts) this.#file.append(JSON.stringify(line));
    else if (this.#phase === 'starting' && this.#early.length < MOST_EARLY) this.#early.push(line);
  }

  /** Null where nothing can be kept: the history warns of a folder for state that cannot be used. */
  #folder(): string | null {
    const { instance, source } = this.#options;
    // What was told before another process took over may wait behind a write that is under way.
    if (instance.relinquished) return this.#known;
    // Without a file nothing else would make a folder for state.
    if (source.kind !== 'file' && instance.find() === null) return null;
    try {
      this.#known = instance.ensure();
    } catch {
      this.#known = null;
    }
    return this.#known;
  }

  #now(): string {
    return rfc3339(this.#options.clock.wallMs());
  }
}
