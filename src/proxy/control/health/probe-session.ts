/** One HTTP/2 session for one probe: over TLS by ALPN, else in plain text by prior knowledge. Bounded in time. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { errnoOf } from '../../../base/errors.ts';
import { ProbeOpening } from './probe-opening.ts';
import { failed, type ProbeFinding } from './probe-result.ts';
import { authorityOf, type ProbeTarget } from './probe-target.ts';

/**
 * @param ask Sends the one request on the session and says what it comes to; errors of the stream it gives back need no
 * handling.
 */
export function probeSession(
  target: ProbeTarget,
  timeoutMs: number,
  clock: Clock,
  ask: (session: ClientHttp2Session, settle: (finding: ProbeFinding) => void) => ClientHttp2Stream,
): Promise<ProbeFinding> {
  return new Promise((resolve) => {
    let session: ClientHttp2Session | null = null;
    let settled = false;
    const settle = (finding: ProbeFinding): void => {
      if (settled) return;
      settled = true;
      limit.stop();
      session?.destroy();
      opening.socket.destroy();
      resolve(finding);
    };
    const end = (finding: ProbeFinding): void => settle(opening.broken ?? finding);
    const opened = (): void => {
      const { socket } = opening;
      const { tls } = target;
      if (tls !== null && (socket as TLSSocket).alpnProtocol !== 'h2') {
        end(failed('L7RSP', 'connected, but the other side speaks no HTTP/2 (ALPN)'));
        return;
      }
      const scheme = tls === null ? 'http' : 'https';
      session = connect(`${scheme}://${authorityOf(target)}`, { createConnection: () => socket });
      session.on('error', (error) => end(sessionFailure(error)));
      session.on('close', () => end(failed('L7RSP', 'connected, but the connection ended without a whole answer')));
      ask(session, end).on('error', (error) => end(sessionFailure(error)));
    };
    const opening = new ProbeOpening(target, ['h2'], opened, settle);
    const limit = clock.after(timeoutMs, () => settle(opening.overdue(timeoutMs)));
  });
}

/** Streams end with the error of their session when that is the reason. */
function sessionFailure(error: Error): ProbeFinding {
  switch (errnoOf(error)) {
    case 'ERR_HTTP2_STREAM_ERROR':
      return failed('L7RSP', 'the call was broken off');
    case 'ECONNRESET':
    case 'EPIPE':
      return failed('L7RSP', 'connected, but the connection ended without a whole answer');
    default:
      return failed('L7RSP', 'connected, but the other side speaks no HTTP/2');
  }
}
