/**
 * What of the configuration decides over a verdict and its words: thresholds and contacts, as the daemon has them in force, else
 * as the file says. Facts carry them, so that a snapshot is judged as it would have been then. Pure.
 */
import type { ContactsState } from '../admin/contract/contact-shapes.ts';
import type { ConfigSetting } from '../admin/contract/shapes.ts';
import type { AlertsConfig } from '../config/alerts-model.ts';
import type { Facts } from './facts.ts';
import type { AlertsState } from './facts/traffic.ts';
import { defaultThresholds, type Thresholds } from './thresholds.ts';

/** For the facts, of a configuration that was read. */
export function alertsOf(alerts: AlertsConfig): AlertsState {
  return {
    error_rate_percent: alerts.errorRatePercent,
    p99_ms: alerts.p99Ms,
    connections_percent: alerts.connectionsPercent,
    breaker_trips_per_minute: alerts.breakerTripsPerMinute,
    memory_percent: alerts.memoryPercent,
    cert_warn_days: alerts.certWarnDays,
    cert_critical_days: alerts.certCriticalDays,
  };
}

/** For the facts, of what the daemon tells; null where it does not say one of them. */
export function alertsAmong(settings: readonly ConfigSetting[]): AlertsState | null {
  const said = (key: string): number =>
    Number(settings.find(({ path }) => path === `alerts.${key}`)?.text ?? Number.NaN);
  const state: AlertsState = {
    error_rate_percent: said('error-rate-percent'),
    p99_ms: said('p99-ms'),
    connections_percent: said('connections-percent'),
    breaker_trips_per_minute: said('breaker-trips-per-minute'),
    memory_percent: said('memory-percent'),
    cert_warn_days: said('cert-warn-days'),
    cert_critical_days: said('cert-critical-days'),
  };
  return Object.values(state).every((value: number) => Number.isFinite(value)) ? state : null;
}

export function thresholdsIn({ sections: { daemon, config } }: Facts): Thresholds {
  const state =
    (daemon.state === 'known' ? daemon.value.alerts : null) ?? (config.state === 'known' ? config.value.alerts : null);
  if (state === null) return defaultThresholds;
  return {
    errorRatio: state.error_rate_percent / 100,
    p99Ms: state.p99_ms,
    connectionsRatio: state.connections_percent / 100,
    breakerTripsPerMinute: state.breaker_trips_per_minute,
    memoryRatio: state.memory_percent / 100,
    certWarnDays: state.cert_warn_days,
    certCriticalDays: state.cert_critical_days,
  };
}

/** Null = nobody says. */
export function contactsIn({ sections: { daemon, config } }: Facts): ContactsState | null {
  if (daemon.state === 'known') return daemon.value.status.contacts;
  return config.state === 'known' ? config.value.contacts : null;
}
