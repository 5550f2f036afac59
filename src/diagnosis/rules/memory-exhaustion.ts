/** Memory that runs short: load is shed already, or it soon will be. */
import { type Case, clockTime, percent, seen, suspect } from '../case.ts';
import { clientTraffic, countOf, isMuch, tooMany } from '../client-traffic.ts';
import type { Suspicion } from '../judgement.ts';

export function memoryExhaustion(of: Case): readonly Suspicion[] {
  return [...shedding(of), ...high(of)];
}

const MIB = 1024 * 1024;
const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;

function shedding(of: Case): readonly Suspicion[] {
  const limit = of.daemon?.limits.max_memory_bytes || of.threads?.memory.shed_above_bytes || 0;
  const rss = of.memory?.rss_bytes ?? of.threads?.process.rss_bytes ?? of.daemon?.status.memory.rss_bytes ?? null;
  const shed = tooMany(of, of.thresholds.errorRatio, (traffic) => countOf(traffic, ['memory_shed']));
  const latest = clientTraffic(of, '10s');
  const now = latest !== null && isMuch(latest.requests, countOf(latest, ['memory_shed']));
  const above = limit > 0 && rss !== null && rss > limit;
  if (shed === null && !now && !above) return [];
  const pressure = of.changes?.events.findLast(({ kind }) => kind === 'memory_pressure');
  return [
    suspect({
      cause: 'memory-shedding',
      strength: shed !== null || now ? 0.96 : 0.9,
      detail: `the process uses ${rss === null ? 'more memory' : mib(rss)} of the ${limit === 0 ? 'bound' : mib(limit)} that max-memory-bytes allows, and refuses requests`,
      evidence: [
        ...(rss === null ? [] : [seen('memory', `resident ${mib(rss)}`, { value: rss, threshold: limit })]),
        ...(shed === null
          ? []
          : [
              seen('traffic', `${percent(shed.ratio)} of the requests in ${shed.traffic.window} refused: memory_shed`, {
                value: shed.ratio,
              }),
            ]),
        ...(pressure === undefined ? [] : [seen('changes', pressure.words, { at: pressure.last_at })]),
      ],
      impact: 'outage',
      since: pressure?.at ?? null,
      next: ['sentinel status --runtime', 'sentinel inflight'],
    }),
  ];
}

function high(of: Case): readonly Suspicion[] {
  const { memory, thresholds } = of;
  if (memory === null) return [];
  const { limit_bytes: limit, current_bytes: current, reclaimable_bytes: reclaimable } = memory.cgroup;
  const group = limit !== null && current !== null ? Math.max(0, current - (reclaimable ?? 0)) / limit : null;
  // What is resident counts pages of files too, which another group may have been charged for.
  const used =
    group !== null && memory.limit_source === 'cgroup' ? group : Math.max(memory.used_ratio ?? 0, group ?? 0);
  if (used <= thresholds.memoryRatio || of.process?.pid === null) return [];
  const whole = group === used ? memory.cgroup.limit_bytes : memory.limit_bytes;
  return [
    suspect({
      cause: 'memory-high',
      strength: 0.85,
      detail: `memory is ${percent(used)} used${whole === null ? '' : ` of ${mib(whole)} (${group === used ? 'cgroup' : memory.limit_source})`}`,
      evidence: [
        seen('memory', `${percent(used)} used`, { value: used, threshold: thresholds.memoryRatio, at: of.now }),
      ],
      impact: 'minor',
      next: ['sentinel status --runtime', 'sentinel override limits max-total-connections=5000 --for 30m'],
    }),
    ...kills(of),
  ];
}

/** The group has lost processes for want of memory while the daemon ran. */
function kills(of: Case): readonly Suspicion[] {
  const count = of.death?.oom_kills_since_start ?? 0;
  if (count === 0) return [];
  const line = of.death?.kernel_lines.at(-1);
  return [
    suspect({
      cause: 'memory-high',
      strength: 0.9,
      detail: `the kernel has ended ${count} process${count === 1 ? '' : 'es'} of the daemon's group for want of memory${typeof line?.at !== 'string' ? '' : `, the last at ${clockTime(line.at)}`}`,
      evidence: [seen('death', `${count} OOM kills since the start`, { value: count, threshold: 0 })],
      impact: 'minor',
      next: ['sentinel status --runtime'],
    }),
  ];
}
