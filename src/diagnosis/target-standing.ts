/**
 * How every upstream and target stands, by what the daemon says of it and what asking it from here has shown. Read by answers and
 * rules; says what keeps a target from taking requests, not whether that is bad.
 */
import type { TargetState, UpstreamState } from '../admin/contract/upstream-shapes.ts';
import type { Case } from './case.ts';
import type { ProbeStep, TargetProbe } from './facts/network.ts';

export interface UpstreamStanding {
  readonly name: string;
  /** A route names it; true where no daemon says. */
  readonly used: boolean;
  readonly targets: readonly TargetStanding[];
  /** Targets that can answer; a static upstream answers by itself. */
  readonly usable: number;
  readonly answersItself: boolean;
  /** What the daemon says, null without it. */
  readonly state: UpstreamState | null;
}

export interface TargetStanding {
  readonly upstream: string;
  readonly address: string;
  /** Null where the daemon was not asked. */
  readonly told: TargetState | null;
  /** Null where it was not asked from here. */
  readonly asked: TargetProbe | null;
  /** What keeps requests from it, the deepest layer first; null = nothing. */
  readonly trouble: Trouble | null;
}

export type TroubleKind =
  | 'name'
  | 'refused'
  | 'unreachable'
  | 'tls'
  | 'check'
  | 'ejected'
  | 'breaker'
  | 'forced'
  | 'drain'
  | 'weight';

export interface Trouble {
  readonly kind: TroubleKind;
  readonly words: string;
  readonly code: string | null;
  /** Both the daemon and we have seen it. */
  readonly confirmed: boolean;
  /** It keeps every request away; false = some may still go there. */
  readonly out: boolean;
}

export function standings(of: Case): readonly UpstreamStanding[] {
  const asked = of.targets?.targets ?? [];
  const told = of.daemon?.upstreams.upstreams ?? null;
  if (told === null) return byProbes(asked);
  return [...told].sort(byName).map((state) => {
    const own = asked.filter(({ upstream }) => upstream === state.name);
    const targets = [
      ...state.targets.map((target) =>
        standing(
          state.name,
          target,
          own.find(({ address, written }) => address === target.address || written === target.address) ?? null,
        ),
      ),
      // A name without an address is no target of the daemon's.
      ...own
        .filter(({ address, written }) => address === null && !state.targets.some((one) => one.written === written))
        .map((probe) => standing(state.name, null, probe)),
    ].sort(byAddress);
    const answersItself = state.kind === 'static';
    return {
      name: state.name,
      used: state.routes.length > 0,
      targets,
      usable: targets.filter(({ trouble }) => trouble?.out !== true).length,
      answersItself,
      state,
    };
  });
}

/** Whether an upstream can answer anything. */
export function answers({ answersItself, usable, state }: UpstreamStanding): boolean {
  return answersItself || (usable > 0 && state?.state !== 'down');
}

function byProbes(asked: readonly TargetProbe[]): readonly UpstreamStanding[] {
  return [...new Set(asked.map(({ upstream }) => upstream))].sort().map((name) => {
    const targets = asked
      .filter(({ upstream }) => upstream === name)
      .map((probe) => standing(name, null, probe))
      .sort(byAddress);
    const usable = targets.filter(({ trouble }) => trouble === null).length;
    return { name, used: true, targets, usable, answersItself: false, state: null };
  });
}

/** The order of lists says nothing, and a verdict does not hang on it. */
function byName(one: UpstreamState, other: UpstreamState): number {
  return one.name < other.name ? -1 : 1;
}

function byAddress(one: TargetStanding, other: TargetStanding): number {
  return one.address < other.address ? -1 : one.address > other.address ? 1 : 0;
}

function standing(upstream: string, told: TargetState | null, asked: TargetProbe | null): TargetStanding {
  const address = told?.address ?? asked?.address ?? asked?.written ?? '';
  return { upstream, address, told, asked, trouble: troubleOf(told, asked) };
}

function troubleOf(told: TargetState | null, asked: TargetProbe | null): Trouble | null {
  // By order of an operator first: what else is wrong with it is the business of whoever took it out.
  if (told?.drain) return { kind: 'drain', words: 'drained', code: null, confirmed: true, out: true };
  const sure = told !== null && takesNone(told);
  const late = !sure && told !== null && getsThrough(told);
  const network = asked === null || (late && onlyLate(asked)) ? null : networkTrouble(asked, told, sure);
  if (network !== null) return network;
  if (told === null) return null;
  if (told.breaker === 'forced_open')
    return { kind: 'forced', words: 'its breaker is held open by an operator', code: null, confirmed: true, out: true };
  if (told.weight === 0) return { kind: 'weight', words: 'its weight is 0', code: null, confirmed: true, out: true };
  if (told.verdict === 'unhealthy') return checkTrouble(told, asked);
  if (told.verdict === 'ejected') return { kind: 'ejected', words: told.why, code: null, confirmed: true, out: true };
  if (told.breaker === 'open' || told.breaker === 'half_open')
    return { kind: 'breaker', words: told.why, code: told.breaker, confirmed: true, out: told.breaker === 'open' };
  if (asked?.dns?.ok === false)
    return { kind: 'name', words: asked.dns.words, code: asked.dns.code, confirmed: false, out: false };
  return null;
}

function takesNone({ verdict, breaker }: TargetState): boolean {
  return verdict === 'unhealthy' || verdict === 'ejected' || breaker === 'open';
}

/** The proxy's own tries of the last seconds got good answers from it. */
function getsThrough({ windows }: TargetState): boolean {
  const last = windows['10s'];
  return last !== undefined && last.requests > last.errors;
}

/** We waited in vain, and were not refused: on a machine that is short of time that says as much of us as of the target. */
function onlyLate({ tcp, tls }: TargetProbe): boolean {
  return [tcp, tls].every((step) => step === null || step.ok || step.code === 'timeout');
}

/** What asking it from here has shown, below HTTP: that holds whatever the daemon thinks. */
function networkTrouble(asked: TargetProbe, told: TargetState | null, sure: boolean): Trouble | null {
  const failed = (kind: TroubleKind, step: ProbeStep): Trouble => ({
    kind,
    words: step.words,
    code: step.code,
    confirmed: sure,
    // A target that a check has found well a moment ago gets requests, whatever one question from here says.
    out: sure || told === null || told.verdict === 'unchecked' || told.verdict === 'unknown',
  });
  const { dns, tcp, tls } = asked;
  // Addresses of the last good answer are used for as long as they are well.
  if (dns !== null && !dns.ok && (asked.address === null || tcp?.ok === false)) return failed('name', dns);
  // A unix socket that is not there is nobody who listens.
  if (tcp !== null && !tcp.ok)
    return failed(/^(?:ECONNREFUSED|ENOENT)$/.test(tcp.code ?? '') ? 'refused' : 'unreachable', tcp);
  if (tls !== null && !tls.ok) return failed('tls', tls);
  return null;
}

/** Unhealthy, though it takes connections from here: by the layer at which its check fails. */
function checkTrouble(told: TargetState, asked: TargetProbe | null): Trouble {
  const check = told.last_check;
  const kind: TroubleKind =
    asked?.tcp?.ok === true && asked.tls?.ok !== false ? 'check' : kindOfCheck(check?.code, check?.words);
  return {
    kind,
    words: check?.words ?? told.why,
    code: check?.code ?? null,
    confirmed: asked?.http?.ok === false,
    out: true,
  };
}

function kindOfCheck(code: string | undefined, words = ''): TroubleKind {
  if (code === 'L4CON') return /refused|no such socket|ENOENT/i.test(words) ? 'refused' : 'unreachable';
  if (code === 'L4TMOUT') return 'unreachable';
  if (code === 'L6TLS') return 'tls';
  if (code === 'DNS') return 'name';
  return 'check';
}
