/**
 * The probe of what goes through the daemon: windows and the last 15 minutes, the newest requests that failed or were slow, where
 * the time of requests goes, and when errors and latency left what they had been.
 */
import type { RequestRecord } from '../../admin/contract/request-shapes.ts';
import { redactQuery, redactText } from '../../base/redaction.ts';
import type { TrafficState } from '../facts/traffic.ts';
import { onsetsOf } from '../onset.ts';
import type { Probe } from '../probe.ts';
import { askDaemon } from './admin-call.ts';
import { answeredFilter, phaseSpanMs, phaseTimes } from './phases.ts';

/** How far back single requests are of interest. */
const since = '5m';
const mostErrors = '200';
const mostSlow = '100';
/** Of those that phases are taken from. */
const mostAnswered = '1000';

export const trafficProbe: Probe<'traffic'> = {
  name: 'traffic',
  title: 'traffic: windows, failed and slow requests, where their time goes',
  class: 'passive',
  mandatory: true,
  timeoutMs: 4_000,
  async find({ client }): Promise<TrafficState> {
    const answeredSince = `${phaseSpanMs / 1000}s`;
    const [traffic, errors, slow, answered] = await Promise.all([
      askDaemon(client, 'traffic', { query: { series: '1' } }),
      askDaemon(client, 'requests', { query: { kind: 'errors', since, limit: mostErrors } }),
      askDaemon(client, 'requests', { query: { kind: 'slow', since, limit: mostSlow, filter: '!cause~.' } }),
      askDaemon(client, 'requests', {
        query: { kind: 'all', since: answeredSince, limit: mostAnswered, filter: answeredFilter },
      }),
    ]);
    const onsets = onsetsOf(traffic);
    return {
      traffic,
      errors: errors.requests.map(withoutSecrets),
      slow: slow.requests.filter(({ kept }) => kept !== 'error').map(withoutSecrets),
      phases: phaseTimes(answered, traffic),
      error_onset: onsets.error,
      latency_onset: onsets.latency,
    };
  },
};

/** The daemon leaves out what it knows; this goes into files that people hand on. */
function withoutSecrets(record: RequestRecord): RequestRecord {
  const { path, query, referer, user_agent } = record;
  return {
    ...record,
    path: redactText(path),
    query: redactQuery(query),
    referer: redactText(referer),
    user_agent: redactText(user_agent),
  };
}
