/** How verdicts of targets and upstreams look and what findings they make: the same in every command that shows them. */
import type { TargetDrain } from '../admin/contract/drain-shapes.ts';
import type {
  BreakerKind,
  CheckState,
  TargetHealthState,
  TargetVerdict,
  UpstreamHealth,
} from '../admin/contract/upstream-shapes.ts';
import type { Finding } from './command.ts';
import type { Style } from './streams.ts';
import { durationText, latencyText } from './text.ts';

const glyphs: Readonly<Record<TargetVerdict, string>> = {
  healthy: '✓',
  unhealthy: '✗',
  ejected: '✗',
  unknown: '?',
  unchecked: '·',
};

/** `✓ healthy`: a state is never said by colour alone. */
export function verdictText(verdict: TargetVerdict): string {
  return `${glyphs[verdict]} ${verdict}`;
}

/** What keeps it from requests: its open breaker before a verdict that would let them through. */
export function stateText(target: Judged): string {
  if (isDrained(target)) return drainText(target.drain);
  return isOpen(target.breaker) && !isDown(target.verdict) ? '✗ breaker' : verdictText(target.verdict);
}

/** `◐ draining ~9s`: by somebody's order, whatever its check says. */
function drainText({ state, eta_ms: eta, overdue }: TargetDrain): string {
  if (state === 'drained') return '◐ drained';
  return `◐ draining${overdue ? ', late' : eta === null ? '' : ` ~${durationText(Math.max(1000, eta))}`}`;
}

const breakerWords: Readonly<Record<BreakerKind, string>> = {
  closed: 'closed',
  open: '✗ open',
  half_open: '◐ half-open',
  forced_open: '✗ held open',
};

/** `–` where there is none. */
export function breakerText(state: BreakerKind | null): string {
  return state === null ? '–' : breakerWords[state];
}

export function targetPaint(target: Judged, style: Style): (text: string) => string {
  const { verdict, breaker } = target;
  if (isDrained(target)) return style.cyan;
  if (needsAttention(target)) return style.red;
  if (verdict === 'unknown' || breaker === 'half_open') return style.yellow;
  return (text) => text;
}

type Judged = Pick<TargetHealthState, 'verdict' | 'breaker'> & { readonly drain?: TargetDrain | null };

/** It gets no request, and not by anybody's plan. */
export function needsAttention(target: Judged): boolean {
  return !isDrained(target) && (isDown(target.verdict) || isOpen(target.breaker));
}

function isDrained(target: Judged): target is Judged & { readonly drain: TargetDrain } {
  return target.drain !== undefined && target.drain !== null;
}

function isDown(verdict: TargetVerdict): boolean {
  return verdict === 'unhealthy' || verdict === 'ejected';
}

function isOpen(breaker: BreakerKind | null): boolean {
  return breaker === 'open' || breaker === 'forced_open';
}

/** `L7OK 200 4ms`; `–` where none was made. */
export function checkText(check: Pick<CheckState, 'code' | 'status' | 'latency_ms'> | null): string {
  if (check === null) return '–';
  const status = check.status === null ? '' : ` ${check.status}`;
  return `${check.code}${status} ${latencyText(check.latency_ms)}`;
}

/** What somebody should act on: upstreams with too few targets, and single targets that are down. */
export function findingsOf(upstreams: readonly UpstreamHealth[]): readonly Finding[] {
  return upstreams.flatMap((upstream) => [
    ...(upstream.why === null ? [] : [upstreamFinding(upstream, upstream.why)]),
    ...upstream.targets.filter(needsAttention).map((target) => targetFinding(upstream.name, target)),
  ]);
}

function upstreamFinding({ name }: UpstreamHealth, why: string): Finding {
  const command = `sentinel upstreams ${name}`;
  return {
    code: 'SNT-U002',
    severity: 'error',
    title: 'upstream has too few targets',
    detail: why,
    suggestion: { text: command, command },
  };
}

function targetFinding(upstream: string, { address, verdict, why }: TargetHealthState): Finding {
  if (!isDown(verdict)) {
    const reset = `sentinel breakers reset ${upstream}/${address}`;
    return {
      code: 'SNT-U003',
      severity: 'error',
      title: 'circuit breaker open',
      detail: `${upstream}/${address}: ${why}`,
      suggestion: { text: reset, command: reset },
    };
  }
  const command = `sentinel check ${upstream}`;
  return {
    code: 'SNT-U001',
    severity: 'error',
    title: 'target down',
    detail: `${upstream}/${address} is ${verdict}: ${why}`,
    suggestion: { text: command, command },
  };
}
