/** The probe of what the daemon says of itself over its admin API: all questions at once, all or nothing. */
import type { ConfigSetting } from '../../admin/contract/shapes.ts';
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import type { DaemonState } from '../facts/traffic.ts';
import { alertsAmong } from '../settings.ts';
import type { Probe } from '../probe.ts';
import { askDaemon } from './admin-call.ts';

export const daemonProbe: Probe<'daemon'> = {
  name: 'daemon',
  title: 'daemon: status, upstreams, breakers, overrides, certificates, workers',
  class: 'passive',
  mandatory: true,
  timeoutMs: 4_000,
  async find({ client }): Promise<DaemonState> {
    const [status, upstreams, breakers, overrides, certs, { workers }, bounds, alerting] = await Promise.all([
      askDaemon(client, 'status'),
      askDaemon(client, 'upstreams'),
      askDaemon(client, 'breakers'),
      askDaemon(client, 'overrides'),
      askDaemon(client, 'certs'),
      askDaemon(client, 'workers'),
      askDaemon(client, 'config', { query: { form: 'json', block: 'limits' } }),
      askDaemon(client, 'config', { query: { form: 'json', block: 'alerts' } }),
    ]);
    const limits = limitsOf(bounds.settings ?? [], overrides.overrides);
    const alerts = alertsAmong(alerting.settings ?? []);
    return { status, upstreams, breakers, overrides, certs, workers, limits, alerts };
  },
};

/** As the file has them, and what is laid over it at run time. */
function limitsOf(settings: readonly ConfigSetting[], overrides: readonly OverrideState[]): DaemonState['limits'] {
  const inForce = (key: string): number => {
    const laid = overrides.find((one) => one.kind === 'limits' && one.subject === key && one.dormant === null);
    const value = Number(laid?.value ?? settings.find(({ path }) => path === `limits.${key}`)?.text ?? 0);
    return Number.isFinite(value) ? value : 0;
  };
  return {
    max_total_connections: inForce('max-total-connections'),
    max_in_flight_requests: inForce('max-in-flight-requests'),
    max_memory_bytes: inForce('max-memory-bytes'),
  };
}
