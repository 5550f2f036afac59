/** Where the time goes when answers take too long: into waiting for targets, or into the proxy itself. */
import type { ThreadState } from '../../admin/contract/runtime-shapes.ts';
import { type Case, percent, seen, suspect } from '../case.ts';
import { type ClientTraffic, clientTraffic, trafficOf } from '../client-traffic.ts';
import { word } from '../command-words.ts';
import type { Evidence, Suspicion } from '../judgement.ts';
import { changesBefore } from '../recent-changes.ts';

/** A loop that is never idle has no time for the next request. */
const BUSY = 0.9;
/** A timer that is so late was kept by something that computes. */
const LATE_P99_MS = 200;
const LATE_MAX_MS = 1000;
const COLLECTING = 0.2;
const HELD_BACK = 0.2;
const FEWEST = 20;

export function performanceDegradation(of: Case): readonly Suspicion[] {
  const slow = latencyHigh(of);
  const own = [...busy(of, slow), ...collecting(of, slow), ...heldBack(of, slow)];
  return [...upstreamSlow(of, slow, own), ...own];
}

/** The window in which the 99th percentile is above its threshold; null = in none that says enough. */
export function latencyHigh(of: Case): ClientTraffic | null {
  const over = (traffic: ClientTraffic | null) =>
    traffic !== null && traffic.requests >= FEWEST && (traffic.p99Ms ?? 0) > of.thresholds.p99Ms ? traffic : null;
  const [ten, minute, five] = [clientTraffic(of, '10s'), clientTraffic(of, '1m'), clientTraffic(of, '5m')];
  const chosen = over(minute) ?? over(ten) ?? ((minute?.requests ?? 0) < FEWEST ? over(five) : null);
  // It was slow a while ago, and has been quick for as long as the last ten seconds: over.
  const quick = ten !== null && ten.requests >= FEWEST && (ten.p99Ms ?? 0) <= of.thresholds.p99Ms;
  return chosen !== null && quick && chosen.window !== '10s' ? null : chosen;
}

function latencyWords(of: Case, { p99Ms, window }: ClientTraffic): Evidence {
  return seen('traffic', `p99 ${Math.round(p99Ms ?? 0)} ms in ${window} (limit ${of.thresholds.p99Ms})`, {
    value: p99Ms ?? 0,
    threshold: of.thresholds.p99Ms,
  });
}

interface Slowest {
  readonly upstream: string;
  readonly target: string;
  readonly p99Ms: number;
  readonly others: number;
}

/** The target whose answers begin latest, if later than a request may take at all. */
function slowestTarget(of: Case): Slowest | null {
  const all = (of.traffic?.traffic.upstreams ?? []).flatMap(({ name, targets }) =>
    targets.flatMap(({ address, windows }) => {
      const minute = trafficOf(windows, '1m');
      return minute === null || minute.requests === 0 || minute.p99Ms === null
        ? []
        : [{ upstream: name, target: address, p99Ms: minute.p99Ms }];
    }),
  );
  const [worst] = all.sort((a, b) => b.p99Ms - a.p99Ms || (a.target < b.target ? -1 : 1));
  return worst === undefined || worst.p99Ms < of.thresholds.p99Ms * 0.8
    ? null
    : { ...worst, others: all.filter(({ upstream }) => upstream === worst.upstream).length - 1 };
}

function upstreamSlow(of: Case, slow: ClientTraffic | null, own: readonly Suspicion[]): readonly Suspicion[] {
  if (slow === null) return [];
  const phases = of.traffic?.phases ?? null;
  const worst = slowestTarget(of);
  const share = phases === null || phases.total_ms === 0 ? 0 : phases.first_byte_ms / phases.total_ms;
  const byPhase = phases?.targets[0];
  const late = (byPhase?.first_byte_ms ?? 0) >= of.thresholds.p99Ms * 0.5;
  const waits = phases !== null && share >= 0.5 && phases.first_byte_ms >= of.thresholds.p99Ms * 0.3;
  if (worst === null && !late && !waits) return [];
  const name = worst?.target ?? byPhase?.target ?? null;
  const upstream =
    worst?.upstream ??
    of.daemon?.upstreams.upstreams.find(({ targets }) => targets.some(({ address }) => address === name))?.name ??
    null;
  const proxyBusy = own.some(({ strength }) => strength >= 0.7);
  return [
    suspect({
      cause: 'upstream-slow',
      strength: proxyBusy ? 0.5 : share >= 0.5 || worst !== null ? 0.9 : 0.75,
      detail: `${upstream ?? 'an upstream'}${name === null ? '' : `/${name}`} takes ${Math.round(worst?.p99Ms ?? byPhase?.first_byte_ms ?? slow.p99Ms ?? 0)} ms to begin its answers${share > 0 ? `; ${percent(Math.min(1, share))} of the time of a request is waiting for it` : ''}`,
      resource: name === null ? null : { kind: 'target', name: upstream === null ? name : `${upstream}/${name}` },
      evidence: [
        latencyWords(of, slow),
        ...(phases === null
          ? []
          : [
              seen(
                'traffic',
                `of ${Math.round(phases.total_ms)} ms: first byte ${Math.round(phases.first_byte_ms)}, queue ${Math.round(phases.queue_ms)}, connect ${Math.round(phases.connect_ms)}, transfer ${Math.round(phases.transfer_ms)}, proxy ${Math.round(phases.proxy_ms)}`,
                { value: share },
              ),
            ]),
        ...changesBefore(of, of.traffic?.latency_onset?.at ?? null),
      ],
      impact: 'degraded',
      since: of.traffic?.latency_onset?.at ?? null,
      next: [
        'sentinel requests --slow',
        ...(worst === null || worst.others < 1
          ? ['sentinel upstreams']
          : [`sentinel drain ${word(`${worst.upstream}/${worst.target}`)} --reason "slow"`]),
      ],
    }),
  ];
}

function busy(of: Case, slow: ClientTraffic | null): readonly Suspicion[] {
  const workers = of.threads?.workers ?? [];
  const full = workers.filter(({ loop_utilization }) => (loop_utilization ?? 0) >= BUSY);
  const blocked = workers.filter((one) => isLate(one));
  const shared = {
    impact: 'degraded' as const,
    since: of.traffic?.latency_onset?.at ?? null,
    next: ['sentinel status --runtime', 'sentinel restart --workers'],
  };
  const found: Suspicion[] = [];
  if (full.length > 0)
    found.push(
      suspect({
        cause: 'proxy-cpu-bound',
        strength: slow === null ? 0.4 : full.length * 2 >= workers.length ? 0.88 : 0.6,
        detail: `${full.length} of ${workers.length} workers compute all the time (${percent(full[0]?.loop_utilization ?? 0)} busy), and requests wait for them`,
        evidence: [
          ...(slow === null ? [] : [latencyWords(of, slow)]),
          ...full.map(({ worker, loop_utilization }) =>
            seen('threads', `worker ${worker} ${percent(loop_utilization ?? 0)} busy`, {
              value: loop_utilization ?? 0,
              threshold: BUSY,
            }),
          ),
        ],
        ...shared,
      }),
    );
  if (blocked.length > 0)
    found.push(
      suspect({
        cause: 'event-loop-blocked',
        strength: slow === null ? 0.4 : 0.85,
        detail: `worker ${blocked.map(({ worker }) => worker).join(', ')} is kept for up to ${Math.round(Math.max(...blocked.map(({ loop_delay }) => loop_delay?.max_ms ?? 0)))} ms at a time`,
        evidence: [
          ...(slow === null ? [] : [latencyWords(of, slow)]),
          ...blocked.map(({ worker, loop_delay }) =>
            seen(
              'threads',
              `worker ${worker}: timers up to ${Math.round(loop_delay?.max_ms ?? 0)} ms late, p99 ${Math.round(loop_delay?.p99_ms ?? 0)} ms`,
              { value: loop_delay?.p99_ms ?? 0, threshold: LATE_P99_MS },
            ),
          ),
        ],
        ...shared,
      }),
    );
  return found;
}

function isLate({ loop_delay }: ThreadState): boolean {
  return loop_delay !== null && (loop_delay.p99_ms >= LATE_P99_MS || loop_delay.max_ms >= LATE_MAX_MS);
}

function collecting(of: Case, slow: ClientTraffic | null): readonly Suspicion[] {
  return (of.threads?.workers ?? []).flatMap(({ worker, gc }) => {
    const share = gc === null || gc.window_ms === 0 ? 0 : gc.pause_ms / gc.window_ms;
    if (share < COLLECTING) return [];
    return [
      suspect({
        cause: 'garbage-collection',
        strength: slow === null ? 0.35 : 0.8,
        detail: `worker ${worker} spends ${percent(share)} of its time collecting memory`,
        resource: { kind: 'worker', name: String(worker) },
        evidence: [
          seen(
            'threads',
            `${Math.round(gc?.pause_ms ?? 0)} ms of ${gc?.window_ms} ms, ${Math.round(gc?.max_pause_ms ?? 0)} ms at most`,
            { value: share, threshold: COLLECTING },
          ),
        ],
        impact: 'degraded',
        next: ['sentinel status --runtime'],
      }),
    ];
  });
}

/** The group waits for its share of the processor. */
function heldBack(of: Case, slow: ClientTraffic | null): readonly Suspicion[] {
  const { threads } = of;
  const cpu = threads?.cgroup.cpu;
  if (threads === null || cpu === undefined || cpu.limit === null || cpu.throttled_ms === null) return [];
  const share = cpu.throttled_ms / Math.max(1, threads.process.uptime_ms);
  const used = threads.process.cpu_used ?? 0;
  const pressed = threads.pressure.source === 'cgroup' ? (threads.pressure.cpu?.some ?? 0) : 0;
  const atLimit = used >= cpu.limit * 0.8;
  if (!(atLimit || pressed >= 0.3) || share < HELD_BACK * 0.5) return [];
  const certain = share >= HELD_BACK && atLimit;
  return [
    suspect({
      cause: 'cpu-throttled',
      strength: certain ? (slow === null ? 0.85 : 0.95) : slow === null ? 0.45 : 0.75,
      detail: `the group of the daemon uses ${used.toFixed(2)} of ${cpu.limit} processors that it may, and was held back for ${percent(Math.min(1, share))} of its time`,
      evidence: [
        seen(
          'threads',
          `held back ${Math.round(cpu.throttled_ms / 1000)} s of ${Math.round(threads.process.uptime_ms / 1000)} s`,
          { value: share, threshold: HELD_BACK },
        ),
        seen('threads', `${used.toFixed(2)} of ${cpu.limit} processors used`, { value: used, threshold: cpu.limit }),
        ...(slow === null ? [] : [latencyWords(of, slow)]),
      ],
      impact: 'degraded',
      next: ['sentinel status --runtime', 'systemctl edit sentinel'],
    }),
  ];
}
