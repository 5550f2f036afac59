/** The part of the checked configuration that says from when on something is worth a warning. Types only. */

/** Thresholds of standing warnings, of verdicts, of what counts as slow, and of the generated Prometheus rules. */
export interface AlertsConfig extends CertificateThresholds {
  /** Share of requests that end with 5xx, percent; may have decimals. More than 0. */
  readonly errorRatePercent: number;
  /** 99th percentile of the time of a request; a finished request that took longer is one of the slow ones. More than 0. */
  readonly p99Ms: number;
  /** Share of `limits.max-total-connections` that is open. */
  readonly connectionsPercent: number;
  /** Openings of one circuit breaker; 0 = any. */
  readonly breakerTripsPerMinute: number;
  /** Resident share of the memory that the process may have. */
  readonly memoryPercent: number;
}

/** From when on the end of a certificate is worth a word. */
export interface CertificateThresholds {
  /** Days that a certificate has left below which it is warned of, and below which it is critical. */
  readonly certWarnDays: number;
  readonly certCriticalDays: number;
}
