/**
 * Names each trouble once: what follows from another cause becomes evidence of it. A table of which cause explains which, and when.
 * Called by the judge between rules and ranking.
 */
import { CERTAIN_ENOUGH, type Case } from './case.ts';
import { causes, type CauseName } from './causes.ts';
import type { Suspicion } from './judgement.ts';
import { mostly } from './request-origin.ts';
import { standings } from './target-standing.ts';

interface Explains {
  readonly root: readonly CauseName[];
  readonly consequences: readonly CauseName[];
  /** Default: always. */
  readonly when?: (of: Case, root: Suspicion, consequence: Suspicion) => boolean;
}

const targetsDown: readonly CauseName[] = [
  'target-refused',
  'target-name-unresolved',
  'target-tls-failed',
  'target-unreachable',
  'target-check-failing',
  'check-path-wrong',
  'drain-left-on',
  'target-held-down',
];
const requestFailures: readonly CauseName[] = [
  'upstream-invalid-response',
  'upstream-resets',
  'upstream-timeouts',
  'upstream-errors',
];

const table: readonly Explains[] = [
  { root: ['oom-killed', 'crashed', 'rebooted', 'crash-loop'], consequences: ['killed', 'stopped'] },
  { root: ['port-conflict', 'disk-full', 'certificate-blocks-start', 'file-not-readable'], consequences: ['crashed'] },
  { root: ['certificate-blocks-start', 'file-not-readable'], consequences: ['start-refused-config'] },
  { root: ['certificate-blocks-start'], consequences: ['key-mismatch', 'certificate-expired'], when: notRunning },
  { root: ['disk-full'], consequences: ['file-not-readable'], when: notRunning },
  {
    root: ['process-frozen', 'shutting-down'],
    consequences: [
      'worker-stuck',
      'control-plane-stuck',
      'accept-queue-overflow',
      'connection-limit',
      'upstream-timeouts',
    ],
  },
  {
    root: ['worker-stuck'],
    consequences: [
      'accept-queue-overflow',
      'event-loop-blocked',
      'proxy-cpu-bound',
      'garbage-collection',
      'upstream-slow',
      'upstream-timeouts',
    ],
  },
  {
    root: ['descriptor-limit', 'connection-limit'],
    consequences: ['accept-queue-overflow', 'worker-stuck', 'ports-exhausted'],
  },
  {
    root: ['health-path-overridden'],
    consequences: ['upstream-errors', 'breaker-open', 'target-ejected'],
    when: onlyOfHealthPath,
  },
  {
    root: ['attack-from-one-client', 'attack-from-many'],
    consequences: ['rate-limit-too-low', 'clients-blocked', 'no-route-matches', 'in-flight-limit'],
  },
  { root: ['maintenance-left-on'], consequences: ['no-route-matches'] },
  { root: ['memory-shedding'], consequences: ['memory-high', 'garbage-collection'] },
  { root: targetsDown, consequences: ['breaker-open', 'target-ejected'], when: sameUpstream },
  { root: [...targetsDown, 'breaker-open', 'target-ejected'], consequences: requestFailures, when: sameTargets },
  {
    root: ['override-left-on'],
    consequences: ['upstream-timeouts', 'rate-limit-too-low', 'in-flight-limit', 'upstream-slow'],
  },
  { root: ['upstream-timeouts'], consequences: ['upstream-slow'] },
  {
    root: ['key-mismatch', 'config-not-readable'],
    consequences: ['reload-refused', 'config-broken-on-disk', 'disk-differs', 'certificate-not-in-use'],
  },
  { root: ['reload-refused', 'reload-needs-restart'], consequences: ['config-broken-on-disk', 'disk-differs'] },
  { root: ['listening-elsewhere'], consequences: ['disk-differs'] },
  { root: ['certificate-not-in-use'], consequences: ['disk-differs', 'certificate-expires-soon'], when: sameResource },
  { root: ['certificate-expired'], consequences: ['certificate-not-in-use'], when: sameResource },
  { root: ['clock-wrong'], consequences: ['certificate-not-valid-yet'] },
  { root: ['cpu-throttled'], consequences: ['proxy-cpu-bound', 'event-loop-blocked', 'upstream-slow'] },
  {
    root: ['proxy-cpu-bound', 'event-loop-blocked', 'garbage-collection'],
    consequences: ['upstream-slow'],
    when: weaker,
  },
];

/** The suspicions that stand for themselves; the others went into the evidence of their root. */
export function fold(of: Case, suspicions: readonly Suspicion[]): readonly Suspicion[] {
  let left = merged(suspicions);
  for (const { root, consequences, when } of table) {
    for (const cause of left.filter((one) => root.includes(one.cause) && one.strength >= CERTAIN_ENOUGH)) {
      const folded = left.filter(
        (one) => one !== cause && consequences.includes(one.cause) && (when === undefined || when(of, cause, one)),
      );
      if (folded.length === 0) continue;
      const whole = withEvidence(
        left.find((one) => one.cause === cause.cause && one.detail === cause.detail) ?? cause,
        folded,
      );
      left = left.flatMap((one) => (one === cause ? [whole] : folded.includes(one) ? [] : [one]));
    }
  }
  return left;
}

/** What there is one of in a daemon: several witnesses of it are one suspicion, with the words of the surest. */
function merged(suspicions: readonly Suspicion[]): readonly Suspicion[] {
  const whole = suspicions.filter(({ cause }) => ofTheWhole(cause));
  const kept = new Map<CauseName, Suspicion>();
  for (const one of whole.sort((a, b) => b.strength - a.strength)) {
    const surest = kept.get(one.cause);
    kept.set(one.cause, surest === undefined ? one : withEvidence(surest, [one]));
  }
  return [...kept.values(), ...suspicions.filter(({ cause }) => !ofTheWhole(cause))];
}

function ofTheWhole(cause: CauseName): boolean {
  const { procedure } = causes[cause];
  return procedure === 'process-crash' || procedure === 'memory-exhaustion' || cause === 'override-left-on';
}

const impacts = ['outage', 'partial', 'degraded', 'minor'] as const;

/** What follows becomes evidence. A target that is down is as bad as the requests that fail of it. */
function withEvidence(root: Suspicion, folded: readonly Suspicion[]): Suspicion {
  const evidence = new Map(
    [root, ...folded].flatMap((one) => one.evidence.map((piece) => [piece.words, piece] as const)),
  );
  const worse = targetsDown.includes(root.cause) ? folded.filter(({ strength }) => strength >= CERTAIN_ENOUGH) : [];
  const all = [root, ...worse].map(({ impact }) => impact);
  return {
    ...root,
    evidence: [...evidence.values()],
    impact: root.impact === null ? null : (impacts.find((impact) => all.includes(impact)) ?? root.impact),
    since: root.since ?? folded.find(({ since }) => since !== null)?.since ?? null,
  };
}

function notRunning(of: Case): boolean {
  return of.process?.pid === null;
}

function upstreamName({ resource }: Suspicion): string | null {
  return resource === null ? null : (resource.name.split('/')[0] ?? null);
}

/** Of one target each, the same; else of one upstream, where all that is wrong with it has one reason. */
function sameUpstream(_: Case, root: Suspicion, consequence: Suspicion): boolean {
  if (root.resource === null || consequence.resource === null) return false;
  return root.resource.name === consequence.resource.name;
}

/** The failed requests went to what is down: to the very target, or to an upstream that has no other. */
function sameTargets(of: Case, root: Suspicion, consequence: Suspicion): boolean {
  if (root.resource === null) return false;
  const { resource } = consequence;
  if (resource?.kind === 'target')
    return resource.name === root.resource.name || resource.name.startsWith(`${root.resource.name}/`);
  const upstream = upstreamName(root);
  const used = standings(of).find(({ name }) => name === upstream);
  if (used === undefined || (root.resource.kind !== 'upstream' && used.usable > 0)) return false;
  return upstreamOf(of, resource) === upstream;
}

function upstreamOf(of: Case, resource: Suspicion['resource']): string | null {
  if (resource?.kind === 'route')
    return of.daemon?.upstreams.upstreams.find(({ routes }) => routes.includes(resource.name))?.name ?? null;
  return mostly(of, upstreamFailures).upstream;
}

const upstreamFailures = [
  'upstream_status',
  'upstream_reset',
  'upstream_protocol_error',
  'upstream_truncated',
  'response_timeout',
  'read_timeout',
];

function sameResource(_: Case, root: Suspicion, consequence: Suspicion): boolean {
  return consequence.resource?.kind !== 'certificate' || root.resource?.name === consequence.resource.name;
}

function weaker(_: Case, root: Suspicion, consequence: Suspicion): boolean {
  return consequence.strength <= 0.5 && root.strength >= 0.7;
}

/** Those who ask for the health path are the only ones that fail. */
function onlyOfHealthPath(of: Case): boolean {
  const paths = new Set((of.endpoints?.listeners ?? []).flatMap(({ health, ready }) => [health.path, ready.path]));
  const errors = of.traffic?.errors ?? [];
  return errors.every(({ path }) => paths.has(path));
}
