/** What a Prometheus rule is here: plain data, from which the rule files and the page of alerts are made. */
import type { Sev } from '../base/severity.ts';
import type { AlertsConfig } from '../config/alerts-model.ts';

export interface RecordingRule {
  readonly record: string;
  /** PromQL, perhaps of several lines. */
  readonly expr: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly severity: Sev;
  readonly expr: string;
  /** How long it must hold, as Prometheus writes it. */
  readonly for: string;
  /** Templates of Prometheus: what is wrong, where. */
  readonly summary: string;
  /** Templates of Prometheus: what that means, with the value. */
  readonly description: string;
  /** The next command to type. */
  readonly action: string;
  /** Keys of `alerts` that decide it; empty = fixed. */
  readonly keys: readonly string[];
  /** What the page of alerts says besides. */
  readonly meaning: string;
}

export interface RuleGroup<Rule> {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export type Thresholds = AlertsConfig;

/** Series of one daemon belong together; two daemons are two alerts. */
export const perDaemon = 'by (job, instance)';

/** A number as PromQL reads it, without the dust of binary fractions. */
export function promNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}
