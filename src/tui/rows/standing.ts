/**
 * How targets, upstreams and routes stand, by what the daemon says of them, and how bad that is beside others. The one place that
 * turns verdicts of the admin API into the seven standings of the screen.
 */
import type { BreakerKind, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { TargetDrain } from '../../admin/contract/drain-shapes.ts';
import { breakerText, needsAttention } from '../../cli/verdicts.ts';
import { durationText } from '../../cli/text.ts';
import { cell, noneCell } from './cells.ts';
import { type Cell, type Standing, standings, type Tone } from './row.ts';

/** By somebody's order before everything; what keeps requests away before what says little. */
export function targetStanding(target: TargetState): Standing {
  const { drain, verdict, breaker } = target;
  if (drain !== null) return 'draining';
  if (needsAttention(target)) return 'down';
  if (breaker === 'half_open') return 'degraded';
  if (verdict === 'unknown') return 'unknown';
  return verdict === 'unchecked' ? 'none' : 'up';
}

/** What takes requests is degraded while too many of them fail. */
export function withErrors(standing: Standing, failing: 'down' | 'degraded' | null): Standing {
  return failing !== null && (standing === 'up' || standing === 'none') ? 'degraded' : standing;
}

/** `down` = no request gets through; `degraded` = too few targets, or one that is down by nobody's plan. */
export function upstreamStanding(upstream: UpstreamState): Standing {
  const { state, kind, targets } = upstream;
  if (kind === 'static') return 'none';
  if (state === 'down') return 'down';
  const each = targets.map(targetStanding);
  if (state === 'degraded' || each.some((one) => one === 'down' || one === 'degraded')) return 'degraded';
  if (each.includes('up')) return each.includes('draining') ? 'draining' : 'up';
  return worstOf(each) ?? 'unknown';
}

export function worstOf(each: readonly Standing[]): Standing | null {
  return each.reduce<Standing | null>(
    (worst, one) => (worst === null || standings.indexOf(one) > standings.indexOf(worst) ? one : worst),
    null,
  );
}

/** One that stands so needs a look: what "faults only" keeps. */
export function isFault(standing: Standing): boolean {
  return standing === 'down' || standing === 'degraded' || standing === 'unknown';
}

/**
 * "Worst first": by standing, then by the share of errors in whole tenths of a percent, then slow ones. Coarse, so that rows do not change places for
 * nothing from second to second.
 */
export function badnessOf(standing: Standing, errorRatio: number | null, p99Ms: number | null): number {
  const slow = p99Ms !== null && p99Ms > SLOW_MS ? 0.05 : 0;
  return standings.indexOf(standing) * 1000 + Math.round((errorRatio ?? 0) * 1000) / 2 + slow;
}

const SLOW_MS = 1000;

const toneByStanding: Readonly<Record<Standing, Tone>> = {
  up: 'good',
  none: 'dim',
  maintenance: 'info',
  draining: 'going',
  unknown: 'unknown',
  degraded: 'warn',
  down: 'bad',
};

export function toneOf(standing: Standing): Tone {
  return toneByStanding[standing];
}

/** The word of the standing; the drawing makes glyph and letter of it. */
export function standingCell(standing: Standing): Cell {
  return { text: standing, tone: toneOf(standing) };
}

/** What an operator ordered: `ready`, `drained`, `drain ~20s`. */
export function admissionCell(drain: TargetDrain | null): Cell {
  if (drain === null) return { text: 'ready' };
  if (drain.state === 'drained') return cell('drained', 'going');
  const { overdue, eta_ms: eta } = drain;
  const rest = overdue ? ' late' : eta === null ? '' : ` ~${durationText(Math.max(1000, eta)).replace(' ', '')}`;
  return cell(`drain${rest}`, overdue ? 'warn' : 'going', 'drain');
}

const breakerGlyphs: Readonly<Record<BreakerKind, string>> = {
  closed: '✓',
  open: '✗',
  half_open: '◐',
  forced_open: '✗',
};

export function breakerCell(state: BreakerKind | null): Cell {
  if (state === null) return noneCell;
  const tone = state === 'closed' ? 'plain' : state === 'half_open' ? 'warn' : 'bad';
  return cell(breakerText(state), tone, breakerGlyphs[state]);
}

/** Explained by `e`: the code of what its last check or its breaker says. */
export function codeOfTarget({ verdict, breaker, last_check: check, drain }: TargetState): string | null {
  if (drain?.overdue === true) return 'SNT-U027';
  if (verdict === 'ejected') return 'SNT-U026';
  if (verdict === 'unhealthy') return (check === null || check.ok ? undefined : codeByCheck[check.code]) ?? 'SNT-U001';
  // That it is drained is as it was ordered; that it fails its check besides is worth an explanation before it is taken back.
  return drain === null && (breaker === 'open' || breaker === 'forced_open') ? 'SNT-U003' : null;
}

const codeByCheck: Readonly<Record<string, string>> = {
  L4CON: 'SNT-U020',
  DNS: 'SNT-U021',
  L6TLS: 'SNT-U022',
  L4TMOUT: 'SNT-U023',
  L7STS: 'SNT-U024',
  L7TMOUT: 'SNT-U024',
  L7RSP: 'SNT-U024',
};
