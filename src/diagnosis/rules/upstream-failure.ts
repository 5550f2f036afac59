/** Why targets take no requests: one suspicion for each upstream and reason, the targets counted in it. */
import { type Case, clockTime, seen, suspect } from '../case.ts';
import type { CauseName } from '../causes.ts';
import { targetName, word } from '../command-words.ts';
import type { Evidence, Impact, Suspicion } from '../judgement.ts';
import {
  answers,
  standings,
  type TargetStanding,
  type TroubleKind,
  type UpstreamStanding,
} from '../target-standing.ts';

const causeOf: Readonly<Record<TroubleKind, CauseName>> = {
  name: 'target-name-unresolved',
  refused: 'target-refused',
  unreachable: 'target-unreachable',
  tls: 'target-tls-failed',
  check: 'target-check-failing',
  ejected: 'target-ejected',
  breaker: 'breaker-open',
  forced: 'target-held-down',
  drain: 'drain-left-on',
  weight: 'target-held-down',
};

/** How surely each is the cause, where both the daemon and we have seen it. */
const strengthOf: Readonly<Record<TroubleKind, number>> = {
  name: 0.96,
  refused: 0.97,
  unreachable: 0.95,
  tls: 0.95,
  check: 0.92,
  ejected: 0.88,
  breaker: 0.9,
  forced: 0.94,
  drain: 0.9,
  weight: 0.85,
};

const saying: Readonly<Record<TroubleKind, readonly [one: string, many: string]>> = {
  name: ['has a name that does not resolve', 'have names that do not resolve'],
  refused: ['refuses connections: nothing listens there', 'refuse connections: nothing listens there'],
  unreachable: ['cannot be reached', 'cannot be reached'],
  tls: ['does not get through TLS', 'do not get through TLS'],
  check: ['fails its health check', 'fail their health check'],
  ejected: ['is put out of traffic by passive health', 'are put out of traffic by passive health'],
  breaker: ['has an open circuit breaker', 'have open circuit breakers'],
  forced: ['is held out of traffic: its breaker was opened by an operator', 'are held out of traffic by an operator'],
  drain: ['is drained', 'are drained'],
  weight: ['has weight 0 by an override', 'have weight 0 by an override'],
};

export function upstreamFailure(of: Case): readonly Suspicion[] {
  const all = standings(of);
  return all.flatMap((upstream) => ofUpstream(of, upstream, all));
}

function ofUpstream(of: Case, upstream: UpstreamStanding, all: readonly UpstreamStanding[]): readonly Suspicion[] {
  const kinds = new Set(upstream.targets.flatMap(({ trouble }) => (trouble === null ? [] : [trouble.kind])));
  return [...kinds].flatMap((kind) => {
    const targets = upstream.targets.filter(({ trouble }) => trouble?.kind === kind);
    return matters(of, kind, upstream, targets) ? [suspicion(of, kind, upstream, targets, all)] : [];
  });
}

/** What an operator has ordered is a cause where too few are left by it; a breaker that tries again is a cause where nothing else is there. */
function matters(of: Case, kind: TroubleKind, upstream: UpstreamStanding, targets: readonly TargetStanding[]): boolean {
  if (kind === 'drain') return !answers(upstream) || upstream.usable < (upstream.state?.min_healthy ?? 1);
  if (kind === 'weight')
    return (
      (!answers(upstream) || upstream.usable < (upstream.state?.min_healthy ?? 1)) &&
      weightOverride(of, targets) !== undefined
    );
  return true;
}

function suspicion(
  of: Case,
  kind: TroubleKind,
  upstream: UpstreamStanding,
  targets: readonly TargetStanding[],
  all: readonly UpstreamStanding[],
): Suspicion {
  const cause = kind === 'check' && checkIsWrong(upstream, targets) ? 'check-path-wrong' : causeOf[kind];
  const sure = targets.some(({ trouble }) => trouble?.confirmed === true);
  const out = targets.some(({ trouble }) => trouble?.out === true);
  const [first] = targets;
  const name = targetName(upstream.name, first?.address ?? '');
  const many = targets.length > 1;
  const path = first?.asked?.http?.path ?? upstream.state?.check ?? '';
  const detail =
    cause === 'check-path-wrong'
      ? `the health check of ${upstream.name} asks for ${path}, which no target has (${first?.trouble?.words}); each answers other requests`
      : many
        ? `${targets.length} of ${upstream.targets.length} targets of ${upstream.name} ${saying[kind][1]}: ${targets.map(({ address }) => address).join(', ')}`
        : `${name} ${saying[kind][0]}${more(kind, first)}`;
  const strength = cause === 'check-path-wrong' ? 0.97 : strengthOf[kind];
  return suspect({
    cause,
    strength: sure ? strength : out ? strength - 0.02 : Math.min(strength, 0.7),
    detail,
    resource:
      many || cause === 'check-path-wrong' ? { kind: 'upstream', name: upstream.name } : { kind: 'target', name },
    evidence: targets.flatMap((target) => evidenceOf(target)),
    // Its last addresses still serve.
    impact: kind === 'name' && !out ? 'minor' : impactOf(upstream, all, out),
    since: sinceOf(targets),
    next: nextOf(of, kind, cause, upstream, targets),
  });
}

function more(kind: TroubleKind, target: TargetStanding | undefined): string {
  const { trouble, told } = target ?? {};
  if (kind === 'drain' && told?.drain)
    return ` by ${told.drain.actor} since ${clockTime(told.drain.since)}${told.drain.reason === null ? ', without a reason' : `: "${told.drain.reason}"`}`;
  if (kind === 'name' && trouble) return `: ${trouble.words}${trouble.out ? '' : '; its last addresses still serve'}`;
  if (kind === 'refused' || kind === 'forced' || kind === 'weight' || !trouble) return '';
  return `: ${trouble.words}`;
}

/** All fail the same way with an answer that means "no such thing", and each answers something else. */
function checkIsWrong(upstream: UpstreamStanding, failing: readonly TargetStanding[]): boolean {
  if (failing.length < upstream.targets.filter(({ trouble }) => trouble?.kind !== 'drain').length) return false;
  const statuses = new Set(failing.map(({ asked, told }) => asked?.http?.status ?? told?.last_check?.status ?? null));
  const [status] = statuses;
  if (statuses.size !== 1 || typeof status !== 'number' || status >= 500) return false;
  return failing.every(({ asked }) => asked?.other_path_answers === true);
}

export function impactOf(upstream: UpstreamStanding, all: readonly UpstreamStanding[], out: boolean): Impact {
  if (!upstream.used) return 'minor';
  if (!out || answers(upstream)) return 'degraded';
  return all.some((one) => one.used && answers(one)) ? 'partial' : 'outage';
}

function evidenceOf({ upstream, address, told, asked, trouble }: TargetStanding): readonly Evidence[] {
  const evidence: Evidence[] = [];
  const name = targetName(upstream, address);
  const steps = asked === null ? [] : [asked.dns, asked.tcp, asked.tls, asked.http];
  const failed = steps.find((step) => step && !step.ok);
  if (failed) evidence.push(seen('targets', `${name} asked from here: ${failed.words}`, { value: failed.code ?? '' }));
  if (typeof asked?.host_answers === 'boolean')
    evidence.push(
      seen(
        'targets',
        asked.host_answers
          ? `the host of ${address} answers on other ports`
          : `the host of ${address} answers on no other port`,
      ),
    );
  if (asked !== null && asked.hops !== null)
    evidence.push(seen('targets', `the way to ${address}: ${asked.hops.join(' → ')}`));
  if (told !== null && told.last_check !== null && !told.last_check.ok)
    evidence.push(
      seen('daemon', `check ${told.last_check.code}: ${told.last_check.words} ×${told.last_check.run}`, {
        value: told.last_check.code,
        at: told.last_check.at,
      }),
    );
  if (told !== null && (told.breaker === 'open' || told.breaker === 'half_open' || told.breaker === 'forced_open'))
    evidence.push(seen('daemon', `breaker ${told.breaker}: ${told.why}`, { value: told.breaker }));
  if (evidence.length === 0 && trouble !== null)
    evidence.push(seen(told === null ? 'targets' : 'daemon', `${name}: ${trouble.words}`, { at: told?.since ?? null }));
  return evidence;
}

function sinceOf(targets: readonly TargetStanding[]): string | null {
  const times = targets.flatMap(({ told, trouble }) => {
    if (told?.drain) return [told.drain.since];
    const out =
      told !== null && (told.verdict === 'unhealthy' || told.verdict === 'ejected' || trouble?.kind === 'breaker');
    return out ? [told.since] : [];
  });
  return times.sort()[0] ?? null;
}

function nextOf(
  of: Case,
  kind: TroubleKind,
  cause: CauseName,
  upstream: UpstreamStanding,
  targets: readonly TargetStanding[],
): readonly string[] {
  const first = targets[0];
  const address = first?.address ?? '';
  const name = targetName(upstream.name, address);
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const spare =
    upstream.usable > 0 && first?.told
      ? [`sentinel drain ${word(name)} --reason "${saying[kind][0].split(':')[0]}"`]
      : [];
  if (cause === 'check-path-wrong') return [`sentinel check ${word(upstream.name)}`];
  switch (kind) {
    case 'name':
      return [`dig +short ${word((first?.asked?.written ?? host).replace(/:\d+$/, ''))}`];
    case 'unreachable':
      return [`traceroute -n ${word(host)}`, ...spare];
    case 'tls':
      return [`sentinel cert-check ${word(address)}`, ...spare];
    case 'drain':
      return [`sentinel undrain ${word(address)}`, 'sentinel drains'];
    case 'forced':
      return [`sentinel breakers reset ${word(name)}`];
    case 'weight':
      return [weightOverride(of, targets)?.undo ?? 'sentinel override list'];
    case 'breaker':
      return [`sentinel check ${word(upstream.name)}`, `sentinel breakers reset ${word(name)}`];
    default:
      return [`sentinel check ${word(upstream.name)}`, ...spare];
  }
}

function weightOverride(of: Case, targets: readonly TargetStanding[]): { readonly undo: string } | undefined {
  return of.daemon?.overrides.overrides.find(
    ({ kind, subject, dormant }) =>
      dormant === null &&
      (kind === 'weight' || kind === 'target') &&
      targets.some((target) => subject === targetName(target.upstream, target.address)),
  );
}
