/** The probe that asks for a path by HTTP/1.1, under TLS where the target has it. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { OutboundFault, sendOutbound } from '../../../web/outbound-request.ts';
import { tlsFault } from '../../../web/tls-fault.ts';
import { BODY_BYTES, type HttpCheck, judgeAnswer, probeFields } from './http-answer.ts';
import { connectFailure, failed, type ProbeFinding, withinWords } from './probe-result.ts';
import { authorityOf, type ProbeTarget } from './probe-target.ts';

export async function probeHttp(
  target: ProbeTarget,
  check: HttpCheck,
  timeoutMs: number,
  clock: Clock,
  via: string | null,
): Promise<ProbeFinding> {
  const { expectedBody } = check;
  const { tls } = target;
  const wanted = expectedBody === null ? null : Buffer.from(expectedBody);
  let secured: TLSSocket | null = null;
  /** What the connection said of itself, whatever its user makes of it. */
  let broken: Error | null = null;
  try {
    const { status, body } = await sendOutbound(
      {
        to: target.socket,
        ...(tls === null
          ? {}
          : {
              openTls: () => {
                secured = tls.connect(target.socket, ['http/1.1']);
                secured.once('error', (error) => {
                  broken = error;
                });
                return secured;
              },
            }),
        method: 'GET',
        path: check.path,
        headers: {
          host: check.host ?? authorityOf(target),
          ...probeFields(via === null ? null : `1.1 ${via}`),
        },
        timeoutMs,
        bodyBytes: wanted === null ? 0 : BODY_BYTES,
        ...(wanted === null ? {} : { enough: (read: Buffer) => read.includes(wanted) }),
      },
      clock,
    );
    return judgeAnswer(check, status, body);
  } catch (error) {
    if (error instanceof OutboundFault) return faultFinding(error, timeoutMs, secured, broken);
    throw error;
  }
}

function faultFinding(
  fault: OutboundFault,
  timeoutMs: number,
  secured: TLSSocket | null,
  broken: Error | null,
): ProbeFinding {
  const { phase, timedOut, code, message } = fault;
  if (timedOut) {
    const within = withinWords(timeoutMs);
    if (phase === 'handshake') return failed('L6TLS', `connected, but the TLS handshake was not over ${within}`);
    return phase === 'answer'
      ? failed('L7TMOUT', `connected, but no whole answer ${within}`)
      : failed('L4TMOUT', `no connection ${within}`);
  }
  if (secured !== null && broken !== null) {
    const untrusted = tlsFault(secured, broken, phase === 'handshake');
    if (untrusted !== null) return failed('L6TLS', untrusted.reason);
  }
  if (phase === 'resolve') return connectFailure(code, 'getaddrinfo');
  if (phase !== 'answer') return connectFailure(code);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') {
    return failed('L7RSP', 'connected, but the connection ended without a whole answer');
  }
  return failed('L7RSP', `connected, but what came is no HTTP answer (${code === '' ? message : code})`);
}
