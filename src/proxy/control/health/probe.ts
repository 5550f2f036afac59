/**
 * One probe of one target: the check that its upstream has, or a bare connection where it has none. Gives a result, never
 * throws, is over by its timeout. Knows no thresholds and no other target.
 */
import type { Clock } from '../../../base/clock.ts';
import type { HealthCheckConfig } from '../../../config/model.ts';
import { probeGrpc } from './probe-grpc.ts';
import { probeHttp } from './probe-http.ts';
import { probeHttp2 } from './probe-http2.ts';
import type { ProbeFinding, ProbeResult } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';
import { probeTcp } from './probe-tcp.ts';

/** Of a probe that somebody asks for where no check is configured. */
export const plainProbeTimeoutMs = 5_000;

/**
 * @param check Null = no check: whether a connection can be made.
 * @param via How this daemon signs `Via`, so that a target that leads back to it is known by its answer; null = not at all.
 */
export async function probe(
  target: ProbeTarget,
  check: HealthCheckConfig | null,
  clock: Clock,
  via: string | null = null,
): Promise<ProbeResult> {
  const began = clock.now();
  const finding = await find(target, check, clock, via);
  return { ...finding, latencyMs: Math.max(0, clock.now() - began), atMs: clock.wallMs() };
}

function find(
  target: ProbeTarget,
  check: HealthCheckConfig | null,
  clock: Clock,
  via: string | null,
): Promise<ProbeFinding> {
  const timeoutMs = check?.timeoutMs ?? plainProbeTimeoutMs;
  switch (check?.type.kind) {
    case 'http':
      return (target.httpVersion === '2' ? probeHttp2 : probeHttp)(target, check.type, timeoutMs, clock, via);
    case 'grpc':
      return probeGrpc(target, check.type.service, timeoutMs, clock);
    default:
      return probeTcp(target, timeoutMs, clock);
  }
}
