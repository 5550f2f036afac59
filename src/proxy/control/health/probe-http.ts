/** The probe that asks for a path by HTTP/1.1 and judges status and body. A redirect is an answer like any other. */
import type { Clock } from '../../../base/clock.ts';
import type { HealthCheckConfig } from '../../../config/model.ts';
import { OutboundFault, sendOutbound } from '../../../web/outbound-request.ts';
import { connectFailure, failed, passed, type ProbeFinding, withinWords } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';

export type HttpCheck = Extract<HealthCheckConfig['type'], { readonly kind: 'http' }>;

/** How much of a body is read for `expected-body`. */
const BODY_BYTES = 64 << 10;

export async function probeHttp(
  target: ProbeTarget,
  check: HttpCheck,
  timeoutMs: number,
  clock: Clock,
  via: string | null,
): Promise<ProbeFinding> {
  const { expectedBody } = check;
  const wanted = expectedBody === null ? null : Buffer.from(expectedBody);
  try {
    const { status, body } = await sendOutbound(
      {
        to: target.socket,
        method: 'GET',
        path: check.path,
        headers: {
          host: check.host ?? hostOf(target),
          'user-agent': 'sentinel-health-check',
          accept: '*/*',
          ...(via === null ? {} : { via: `1.1 ${via}` }),
        },
        timeoutMs,
        bodyBytes: wanted === null ? 0 : BODY_BYTES,
        ...(wanted === null ? {} : { enough: (read: Buffer) => read.includes(wanted) }),
      },
      clock,
    );
    if (!check.expectedStatus.some(([from, to]) => status >= from && status <= to)) {
      const loop = status === 508 ? ': it may lead back to this proxy' : '';
      return failed('L7STS', `answered ${status}, expected ${statusWords(check.expectedStatus)}${loop}`, status);
    }
    if (wanted !== null && !body.includes(wanted)) {
      const read = body.length === BODY_BYTES ? 'the first 64 KiB' : `the ${body.length} bytes`;
      return failed('L7RSP', `answered ${status}, but ${read} of its body do not contain the expected text`, status);
    }
    return passed('L7OK', status, `answered ${status}`);
  } catch (error) {
    if (error instanceof OutboundFault) return faultFinding(error, timeoutMs);
    throw error;
  }
}

function faultFinding({ phase, timedOut, code, message }: OutboundFault, timeoutMs: number): ProbeFinding {
  if (phase === 'resolve') return connectFailure(code, 'getaddrinfo');
  if (phase === 'connect') {
    if (timedOut) return failed('L4TMOUT', `no connection ${withinWords(timeoutMs)}`);
    return connectFailure(code);
  }
  if (timedOut) return failed('L7TMOUT', `connected, but no whole answer ${withinWords(timeoutMs)}`);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') {
    return failed('L7RSP', 'connected, but the connection ended without a whole answer');
  }
  return failed('L7RSP', `connected, but what came is no HTTP answer (${code === '' ? message : code})`);
}

/** A unix socket has no name of its own. */
function hostOf({ written, socket }: ProbeTarget): string {
  return socket.kind === 'unix' ? 'localhost' : written;
}

function statusWords(ranges: HttpCheck['expectedStatus']): string {
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(' or ');
}
