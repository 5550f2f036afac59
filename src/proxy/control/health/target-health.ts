/**
 * One target as the control plane judges it: check verdict, ejection and slow start, and the words in shared memory that
 * carry them to the workers. Nobody else writes those bits. Says what changed to its owner; decides nothing about others.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { HealthCheckConfig, PassiveHealthConfig, UpstreamConfig } from '../../../config/model.ts';
import { admission, type CellRegistry, targetStateFields } from '../../shared/cells.ts';
import { clearWindow } from '../../shared/outcome-window.ts';
import type { PlanTarget, PlanUpstream } from '../../shared/plan.ts';
import { certifiedName, TargetTls } from '../../../web/target-tls.ts';
import { CheckVerdict, type Verdict } from './check-verdict.ts';
import { EjectionRecord } from './ejection.ts';
import type { ProbeResult } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';
import { SlowStart } from './slow-start.ts';

/** How a target is spoken to. */
export type TargetWay = Pick<PlanUpstream, 'tls' | 'identity' | 'httpVersion'>;

export interface TargetHealthOptions {
  readonly clock: Clock;
  readonly registry: CellRegistry;
  /** The check changed its mind. */
  readonly onFlip: (health: TargetHealth, from: Verdict, result: ProbeResult) => void;
  /** The time of an ejection is over. */
  readonly onReturn: (health: TargetHealth) => void;
}

/** What a target is ejected for. */
export interface Ejection {
  /** Monotonic. */
  readonly until: number;
  readonly forMs: number;
  /** How many ejections of late, this one included. */
  readonly times: number;
  readonly why: string;
}

export class TargetHealth {
  readonly #options: TargetHealthOptions;
  readonly #record = new EjectionRecord();
  readonly #slowStart: SlowStart;
  #upstream: UpstreamConfig;
  #target: PlanTarget;
  #words: Int32Array;
  /** What probes are made to, and what of it may change while the target stays. */
  #asked: { readonly key: string; readonly target: ProbeTarget };
  #check: {
    readonly key: string;
    /** What is asked, apart from how often. */
    readonly question: string;
    readonly settings: HealthCheckConfig;
    readonly verdict: CheckVerdict;
  } | null = null;
  #last: ProbeResult | null = null;
  #ejection: Ejection | null = null;
  #ejectionEnd: Stoppable | null = null;
  #draining = false;
  /** When it began to take requests, or stopped; wall clock. */
  #sinceMs: number;
  /** Results of the check since the target is known. */
  readonly counts = { passed: 0, failed: 0 };

  constructor(options: TargetHealthOptions, upstream: UpstreamConfig, target: PlanTarget, way: TargetWay) {
    this.#options = options;
    this.#upstream = upstream;
    this.#target = target;
    this.#words = options.registry.view(target.state, 0).shared;
    this.#slowStart = new SlowStart(options.clock, (withheld) => {
      Atomics.store(this.#words, targetStateFields.withheld, withheld);
    });
    this.#sinceMs = options.clock.wallMs();
    this.#asked = this.#askedBy(way);
    this.configure(upstream, target, way);
  }

  get id(): string {
    return this.#target.id;
  }

  get target(): PlanTarget {
    return this.#target;
  }

  /** The target as probes reach it. */
  get asked(): ProbeTarget {
    return this.#asked.target;
  }

  get upstream(): UpstreamConfig {
    return this.#upstream;
  }

  get check(): HealthCheckConfig | null {
    return this.#check?.settings ?? null;
  }

  /** Null where no check is configured. */
  get verdict(): Verdict | null {
    return this.#check?.verdict.verdict ?? null;
  }

  /** Results of the check in a row like the last one. */
  get run(): number {
    return this.#check?.verdict.run ?? 0;
  }

  get last(): ProbeResult | null {
    return this.#last;
  }

  get ejection(): Ejection | null {
    return this.#ejection;
  }

  get withheld(): number {
    return this.#slowStart.withheld;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Workers may send it requests, as far as verdicts go: that it drains is no verdict. */
  get admitted(): boolean {
    return (this.#bits & ~admission.draining) === 0;
  }

  /**
   * Takes no new request from now on, in any worker and for any request that is under way, or may again: then it starts
   * slowly. It is probed all the same.
   */
  drain(on: boolean): void {
    this.#draining = on;
    this.#write();
  }

  /** Takes over the settings of a new plan; true when the check is another one, which should be asked soon. */
  configure(upstream: UpstreamConfig, target: PlanTarget, way: TargetWay): boolean {
    this.#upstream = upstream;
    this.#target = target;
    this.#words = this.#options.registry.view(target.state, 0).shared;
    this.#asked = this.#askedBy(way);
    const { healthCheck } = upstream;
    const question = `${JSON.stringify(healthCheck?.type)} ${this.#asked.key}`;
    const key = healthCheck === null ? '' : `${JSON.stringify(healthCheck)} ${this.#asked.key}`;
    const changed = key !== (this.#check?.key ?? '');
    if (changed) {
      this.#check =
        healthCheck === null
          ? null
          : { key, question, settings: healthCheck, verdict: this.#verdictUnder(healthCheck, question) };
      if (this.#check === null) this.#last = null;
    }
    if (upstream.passiveHealth === null && this.#ejection !== null) this.#endEjection();
    this.#write();
    Atomics.store(this.#words, targetStateFields.withheld, this.#slowStart.withheld);
    return changed;
  }

  /** Longest time to the next probe. */
  paceMs(): number {
    const check = this.#check;
    return check === null ? Number.POSITIVE_INFINITY : check.verdict.paceMs(check.settings.intervalMs);
  }

  /** A result of the configured check. */
  take(result: ProbeResult): void {
    const check = this.#check;
    if (check === null) return;
    this.#last = result;
    // It was never asked.
    if (result.code === 'OWN') return;
    this.counts[result.ok ? 'passed' : 'failed']++;
    const from = check.verdict.verdict;
    if (!check.verdict.take(result.ok)) return;
    this.#write();
    this.#options.onFlip(this, from, result);
  }

  /** Takes no requests until its time is over; each time twice as long as the time before. */
  eject({ ejectMs }: PassiveHealthConfig, why: string): Ejection {
    const { clock, onReturn } = this.#options;
    const now = clock.now();
    const forMs = this.#record.begin(now, ejectMs);
    this.#ejection = { until: now + forMs, forMs, times: this.#record.times, why };
    this.#ejectionEnd = clock.after(forMs, () => {
      this.#endEjection();
      this.#write();
      onReturn(this);
    });
    this.#write();
    return this.#ejection;
  }

  /** Forgets what its requests came to: from here on it is judged anew. */
  forgetOutcomes(): void {
    const { window } = this.#target;
    if (window !== null) clearWindow(this.#options.registry.view(window, 0));
  }

  /** Gives it its share little by little, as the upstream says. */
  startSlowly(): void {
    this.#slowStart.start(this.#upstream.slowStartMs);
  }

  /** Judges no more. The words stay as they are. */
  stop(): void {
    this.#ejectionEnd?.stop();
    this.#slowStart.stop();
  }

  /** Goes on from what is thought now: in the middle of an outage a reload must not send requests to what is known to be dead. */
  #verdictUnder(settings: HealthCheckConfig, question: string): CheckVerdict {
    const before = this.#check;
    if (before === null) return new CheckVerdict(settings);
    return new CheckVerdict(settings, before.verdict, before.question !== question);
  }

  #askedBy({ tls, identity, httpVersion }: TargetWay): { readonly key: string; readonly target: ProbeTarget } {
    const { written, socket } = this.#target;
    const name = tls && certifiedName(tls, written, socket);
    const key = JSON.stringify([written, httpVersion, tls, name, identity?.digest]);
    // What is made of certificates is kept as long as they are the same.
    if (this.#asked?.key === key) return this.#asked;
    const trust = TargetTls.of({ socket, written, tls, identity }, this.#options.clock, false);
    return { key, target: { written, socket, tls: trust, httpVersion } };
  }

  #endEjection(): void {
    this.#ejectionEnd?.stop();
    this.#ejectionEnd = null;
    this.#ejection = null;
    this.#record.ended(this.#options.clock.now());
  }

  get #bits(): number {
    return Atomics.load(this.#words, targetStateFields.admission);
  }

  #write(): void {
    const unhealthy = this.verdict === 'unhealthy' ? admission.unhealthy : 0;
    const ejected = this.#ejection === null ? 0 : admission.ejected;
    const before = this.#bits;
    const after = unhealthy | ejected | (this.#draining ? admission.draining : 0);
    if (before === after) return;
    if (after === 0) {
      this.forgetOutcomes();
      this.startSlowly();
    } else if (before === 0) {
      this.#slowStart.stop();
    }
    if ((before === 0) !== (after === 0)) this.#sinceMs = this.#options.clock.wallMs();
    Atomics.store(this.#words, targetStateFields.admission, after);
  }
}
