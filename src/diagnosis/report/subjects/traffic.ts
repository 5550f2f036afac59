/** The lines of what goes through the proxy: upstreams and their targets, errors, latency. */
import type { WindowState } from '../../../admin/contract/traffic-shapes.ts';
import type { TargetState, UpstreamState } from '../../../admin/contract/upstream-shapes.ts';
import { type Case, clockTime, percent } from '../../case.ts';
import type { TargetProbe } from '../../facts/network.ts';
import type { ReportLine } from '../report.ts';
import { counted, firstOf, millis, shortCount } from '../words.ts';
import { isDown, line, unknownLine } from './line.ts';

/** More would push what matters off the screen. */
const shownUpstreams = 4;
const shownTargets = 5;

export function upstreamLines(of: Case): readonly ReportLine[] {
  const { daemon, targets } = of;
  if (daemon === null) {
    // Without the daemon there is what we asked ourselves.
    if (targets === null) return isDown(of) ? [] : unknownLine(of, 'targets', 'how they are is');
    return ownLines(targets.targets, targets.omitted);
  }
  const upstreams = daemon.upstreams.upstreams.filter(({ kind }) => kind === 'targets');
  const wrong = upstreams.filter((one) => one.state !== 'up' || one.targets.some(isOut));
  const { shown, more } = firstOf(wrong, shownUpstreams);
  const up = upstreams.length - wrong.length;
  const failing = (targets?.targets ?? []).filter(fails);
  return [
    ...shown.flatMap((one) => [stateLine(one), ...targetLines(one, failing)]),
    ...(more > 0 ? [line('bad', `and ${counted(more, 'upstream')} more`)] : []),
    ...(up > 0 || upstreams.length === 0
      ? [
          line(
            'ok',
            upstreams.length === 0 ? 'none has targets' : `${up} of ${counted(upstreams.length, 'upstream')} up`,
          ),
        ]
      : []),
    // Found by ourselves, of an upstream that the daemon thinks well of.
    ...firstOf(
      failing.filter(({ upstream }) => !wrong.some(({ name }) => name === upstream)),
      shownTargets,
    ).shown.map((one) => line('warn', `${one.upstream}/${one.address ?? one.written} from here: ${stepWords(one)}`)),
    ...(targets === null ? unknownLine(of, 'targets', 'how they answer from here is') : []),
  ];
}

function stateLine({ name, state, why, targets, min_healthy: least }: UpstreamState): ReportLine {
  const out = targets.filter(isOut).length;
  const words = `${name}: ${out} of ${counted(targets.length, 'target')} out of traffic`;
  if (state === 'up') return line('warn', words);
  return line(
    'bad',
    `${words}${state === 'down' ? ', none left' : `, needs ${least}`}${why === null ? '' : ` (${why})`}`,
  );
}

function isOut({ verdict, breaker, drain }: TargetState): boolean {
  return (
    verdict === 'unhealthy' ||
    verdict === 'ejected' ||
    breaker === 'open' ||
    breaker === 'forced_open' ||
    drain !== null
  );
}

function targetLines({ name, targets }: UpstreamState, failing: readonly TargetProbe[]): readonly ReportLine[] {
  const out = targets.filter(isOut);
  const { shown, more } = firstOf(out, shownTargets);
  return [
    ...shown.map((target) => {
      const own = failing.find(({ upstream, address }) => upstream === name && address === target.address);
      const from = own === undefined ? '' : `; from here: ${stepWords(own)}`;
      const kept = target.drain;
      if (kept !== null) {
        const why = kept.reason === null ? '' : `: ${kept.reason}`;
        return line('note', `${target.address} drained by ${kept.actor}${why}${from}`);
      }
      const breaker =
        target.breaker === 'open' || target.breaker === 'forced_open' ? `, breaker ${target.breaker}` : '';
      return line(
        'bad',
        `${target.address} ${target.verdict} since ${clockTime(target.since)}${breaker}: ${target.why}${from}`,
      );
    }),
    ...(more > 0 ? [line('bad', `and ${counted(more, 'target')} more`)] : []),
  ];
}

function ownLines(targets: readonly TargetProbe[], omitted: number): readonly ReportLine[] {
  const failing = targets.filter(fails);
  const { shown, more } = firstOf(failing, shownTargets);
  const well = targets.length - failing.length;
  return [
    ...shown.map((one) => line('bad', `${one.upstream}/${one.address ?? one.written} from here: ${stepWords(one)}`)),
    ...(more > 0 ? [line('bad', `and ${counted(more, 'target')} more`)] : []),
    ...(well > 0 ? [line('ok', `${well} of ${counted(targets.length, 'target')} answer from here`)] : []),
    ...(omitted > 0 ? [line('unknown', `${counted(omitted, 'target')} not asked, there were too many`)] : []),
  ];
}

function fails({ dns, tcp, tls, http }: TargetProbe): boolean {
  return [dns, tcp, tls, http].some((step) => step?.ok === false);
}

/** The first step that failed: `connect ECONNREFUSED`. */
function stepWords({ dns, tcp, tls, http }: TargetProbe): string {
  const steps = [dns, tcp, tls, http];
  return steps.find((step) => step?.ok === false)?.words ?? 'well';
}

export function errorLines(of: Case): readonly ReportLine[] {
  const { traffic, thresholds } = of;
  if (traffic === null) return isDown(of) ? [] : unknownLine(of, 'traffic', 'what goes through it is');
  const { windows } = traffic.traffic.total;
  const { '1m': minute, '5m': five } = windows;
  const known = [minute, five].filter((window) => window !== undefined && window.error_ratio !== null);
  if (known.length === 0) return [line('note', 'no requests in 5m')];
  const causes = (windows['1m'] ?? windows['5m'])?.causes ?? [];
  const { shown } = firstOf(causes, 3);
  const onset = traffic.error_onset;
  return [
    ratioLine(minute, five, thresholds.errorRatio),
    ...(shown.length === 0
      ? []
      : [
          line('note', `mostly ${shown.map((one) => `${one.cause} ${percent(one.ratio)} (${one.source})`).join(', ')}`),
        ]),
    ...(onset === null
      ? []
      : [line('note', `since ${clockTime(onset.at)}, before ${percent(onset.before)}, then ${percent(onset.after)}`)]),
  ];
}

function ratioLine(minute: WindowState | undefined, five: WindowState | undefined, limit: number): ReportLine {
  const said = [
    [minute, '1m'],
    [five, '5m'],
  ] as const;
  const shares = said.flatMap(([window, name]) => {
    const ratio = window?.error_ratio ?? null;
    return ratio === null ? [] : [`${ratio === 0 ? 'none' : percent(ratio)} over ${name}`];
  });
  const ratio = Math.max(minute?.error_ratio ?? 0, five?.error_ratio ?? 0);
  const rate = shortCount((minute ?? five)?.requests_per_s ?? 0);
  const words = `5xx ${shares.join(', ')} (limit ${percent(limit)}) at ${rate} req/s`;
  return line(ratio > limit ? (ratio > 0.1 ? 'bad' : 'warn') : 'ok', words);
}

export function latencyLines(of: Case): readonly ReportLine[] {
  const { traffic, thresholds } = of;
  if (traffic === null) return isDown(of) ? [] : unknownLine(of, 'traffic', 'how long it takes is');
  const window = traffic.traffic.total.windows['1m'] ?? traffic.traffic.total.windows['5m'];
  if (typeof window?.p99_ms !== 'number') return [line('note', 'nothing timed in the last minute')];
  const { p50_ms: p50, p99_ms: p99 } = window;
  const { phases, latency_onset: onset } = traffic;
  return [
    line(
      p99 > thresholds.p99Ms ? 'warn' : 'ok',
      `p99 ${millis(p99)}${p50 === null ? '' : `, p50 ${millis(p50)}`} (limit ${millis(thresholds.p99Ms)})`,
    ),
    ...(phases === null
      ? []
      : [
          line(
            'note',
            `of ${millis(phases.total_ms)}: target ${millis(phases.first_byte_ms)}, transfer ${millis(phases.transfer_ms)}, connect ${millis(phases.connect_ms)}, queue ${millis(phases.queue_ms)}, proxy ${millis(phases.proxy_ms)}`,
          ),
        ]),
    ...(onset === null
      ? []
      : [line('note', `since ${clockTime(onset.at)}, before ${millis(onset.before)}, then ${millis(onset.after)}`)]),
  ];
}
