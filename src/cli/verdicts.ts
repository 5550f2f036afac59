/** How verdicts of targets and upstreams look and what findings they make: the same in every command that shows them. */
import type {
  CheckState,
  TargetHealthState,
  TargetVerdict,
  UpstreamHealth,
} from '../admin/contract/upstream-shapes.ts';
import type { Finding } from './command.ts';
import type { Style } from './streams.ts';
import { durationText } from './text.ts';

const glyphs: Readonly<Record<TargetVerdict, string>> = {
  healthy: '✓',
  unhealthy: '✗',
  ejected: '✗',
  draining: '◐',
  unknown: '?',
  unchecked: '·',
};

/** `✓ healthy`: a state is never said by colour alone. */
export function verdictText(verdict: TargetVerdict): string {
  return `${glyphs[verdict]} ${verdict}`;
}

export function verdictPaint(verdict: TargetVerdict, style: Style): (text: string) => string {
  if (isDown(verdict)) return style.red;
  if (verdict === 'unknown') return style.yellow;
  return verdict === 'draining' ? style.cyan : (text) => text;
}

export function isDown(verdict: TargetVerdict): boolean {
  return verdict === 'unhealthy' || verdict === 'ejected';
}

/** `L7OK 200 4ms`; `–` where none was made. */
export function checkText(check: Pick<CheckState, 'code' | 'status' | 'latency_ms'> | null): string {
  if (check === null) return '–';
  const status = check.status === null ? '' : ` ${check.status}`;
  return `${check.code}${status} ${latencyText(check.latency_ms)}`;
}

export function latencyText(ms: number): string {
  return ms < 10 ? `${ms}ms` : durationText(ms);
}

/** What somebody should act on: upstreams with too few targets, and single targets that are down. */
export function findingsOf(upstreams: readonly UpstreamHealth[]): readonly Finding[] {
  return upstreams.flatMap((upstream) => [
    ...(upstream.why === null ? [] : [upstreamFinding(upstream, upstream.why)]),
    ...upstream.targets.filter(({ verdict }) => isDown(verdict)).map((target) => targetFinding(upstream.name, target)),
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
  const command = `sentinel check ${upstream}`;
  return {
    code: 'SNT-U001',
    severity: 'error',
    title: 'target down',
    detail: `${upstream}/${address} is ${verdict}: ${why}`,
    suggestion: { text: command, command },
  };
}
