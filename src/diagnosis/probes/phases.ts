/**
 * Where the time of requests went: medians of their phases, from records that are kept one by one and the windows that count
 * all. Of slow requests every one is kept and of the rest a few, so that each record counts for as many as it stands for. Pure.
 */
import type { RequestRecord, RequestsReply } from '../../admin/contract/request-shapes.ts';
import type { TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import type { PhaseTimes } from '../facts/traffic.ts';

/** What is asked for: requests that their upstream answered well. Those that failed have their cause, and no phases to compare. */
export const answeredFilter = '!cause~. upstream~.';

/** How far back, milliseconds; as the window that is counted against. */
export const phaseSpanMs = 60_000;

interface Weighed {
  readonly record: RequestRecord;
  /** Requests that it stands for; ≥ 1. */
  readonly weight: number;
}

/** @returns null where no request was answered */
export function phaseTimes(reply: RequestsReply, traffic: TrafficReply): PhaseTimes | null {
  const weighed = weigh(reply, traffic);
  if (weighed.length === 0) return null;
  const median = (of: (record: RequestRecord) => number, among = weighed): number => weightedMedian(among, of);
  const byTarget = Map.groupBy(
    weighed.filter(({ record }) => record.target !== ''),
    ({ record }) => record.target,
  );
  return {
    requests: weighed.length,
    total_ms: median(({ duration_ms }) => duration_ms),
    queue_ms: median(({ queue_ms }) => queue_ms),
    connect_ms: median(({ connect_ms }) => connect_ms),
    first_byte_ms: median(({ first_byte_ms }) => first_byte_ms),
    transfer_ms: median(({ transfer_ms }) => transfer_ms),
    proxy_ms: median(ownTime),
    targets: [...byTarget]
      .map(([target, among]) => ({
        target,
        requests: among.length,
        first_byte_ms: median(({ first_byte_ms }) => first_byte_ms, among),
      }))
      .sort((a, b) => b.first_byte_ms - a.first_byte_ms),
  };
}

/** What no phase and no failed try accounts for: the proxy itself, and clients that were slow to send. */
function ownTime({ duration_ms, queue_ms, connect_ms, first_byte_ms, transfer_ms, tries }: RequestRecord): number {
  const failed = tries.reduce((all, one) => all + one.duration_ms, 0);
  return Math.max(0, duration_ms - queue_ms - connect_ms - first_byte_ms - transfer_ms - failed);
}

/** Records of the time for which all rings are whole; those of the sample stand for all that the others do not. */
function weigh(reply: RequestsReply, traffic: TrafficReply): readonly Weighed[] {
  const nowMs = Date.parse(reply.at);
  const { kept, requests, more } = reply;
  const endOf = (record: RequestRecord): number => Date.parse(record.time) + record.duration_ms;
  const last = requests.at(-1);
  const bounds = [
    nowMs - phaseSpanMs,
    ...[kept.errors, kept.slow, kept.sample].flatMap(({ complete_since: since }) =>
      since === null ? [] : [Date.parse(since)],
    ),
    ...(more && last !== undefined ? [endOf(last)] : []),
  ];
  const fromMs = Math.min(nowMs, Math.max(...bounds));
  // A ring that only just was overwritten leaves a moment too short to compare with a window: then what there is counts.
  const within = requests.filter((record) => endOf(record) >= fromMs);
  const chosen = within.length === 0 ? requests : within;
  const sampled = chosen.filter((record) => record.kept === 'sample').length;
  const whole = chosen.length - sampled;
  const answered = answeredRequests(traffic, (nowMs - fromMs) / 1000);
  const weight = sampled === 0 ? 1 : Math.max(1, (answered - whole) / sampled);
  return chosen.map((record) => ({ record, weight: record.kept === 'sample' ? weight : 1 }));
}

/** How many requests their upstreams answered in the last `seconds`, by the window of a minute. */
function answeredRequests({ routes }: TrafficReply, seconds: number): number {
  let perSecond = 0;
  for (const { windows } of routes) {
    const minute = windows['1m'];
    if (minute === undefined || minute.requests === 0) continue;
    const spoiled = minute.causes.reduce((all, { count }) => all + count, 0);
    perSecond += (minute.requests_per_s * (minute.requests - spoiled)) / minute.requests;
  }
  return perSecond * seconds;
}

function weightedMedian(among: readonly Weighed[], of: (record: RequestRecord) => number): number {
  const sorted = among.map(({ record, weight }) => ({ value: of(record), weight })).sort((a, b) => a.value - b.value);
  const half = sorted.reduce((all, { weight }) => all + weight, 0) / 2;
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (sum >= half) return Math.round(value * 100) / 100;
  }
  return 0;
}
