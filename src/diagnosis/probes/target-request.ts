/** The upper step to one target: a GET as its health check makes it, by HTTP/1.1 or HTTP/2, and how the answer is judged. */
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import type { HealthCheckConfig } from '../../config/model.ts';
import { OutboundFault, type OutboundAddress, sendOutbound } from '../../web/outbound-request.ts';
import type { TargetTls } from '../../web/target-tls.ts';
import type { TargetProbe } from '../facts/network.ts';
import { stepSince } from './target-connection.ts';

export type HttpCheck = Extract<HealthCheckConfig['type'], { readonly kind: 'http' }>;

export interface TargetQuestion {
  readonly to: OutboundAddress;
  readonly tls: TargetTls | null;
  readonly http2: boolean;
  readonly host: string;
  readonly path: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type HttpStep = NonNullable<TargetProbe['http']>;

interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** As much of a body as health checks look at. */
const bodyBytes = 64 << 10;

/** @param check null = any answer below 500 will do */
export async function askTarget(question: TargetQuestion, check: HttpCheck | null, clock: Clock): Promise<HttpStep> {
  const { path } = question;
  const began = clock.now();
  const wanted = check?.expectedBody ?? null;
  try {
    const answer = await (question.http2 ? askHttp2 : askHttp1)(question, wanted === null ? 0 : bodyBytes, clock);
    const { status } = answer;
    const fault = check === null ? plainFault(status) : faultOf(check, answer);
    return { ...stepSince(began, clock, fault?.code ?? null, fault?.words ?? `answered ${status}`), path, status };
  } catch (error) {
    if (!(error instanceof OutboundFault)) throw error;
    const [code, words] = faultWords(error, question.timeoutMs);
    return { ...stepSince(began, clock, code, words), path, status: null };
  }
}

function plainFault(status: number): { readonly code: string; readonly words: string } | null {
  return status < 500 ? null : { code: 'status', words: `answered ${status}` };
}

function faultOf(
  { expectedStatus, expectedBody }: HttpCheck,
  { status, body }: HttpAnswer,
): { readonly code: string; readonly words: string } | null {
  if (!expectedStatus.some(([from, to]) => status >= from && status <= to)) {
    const wanted = expectedStatus.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(' or ');
    return { code: 'status', words: `answered ${status}, expected ${wanted}` };
  }
  if (expectedBody === null || body.includes(expectedBody)) return null;
  return { code: 'body', words: `answered ${status}, but its body does not contain the expected text` };
}

function faultWords({ phase, timedOut, code, message }: OutboundFault, timeoutMs: number): readonly [string, string] {
  if (timedOut) return ['timeout', `connected, but no whole answer within ${timeoutMs} ms`];
  if (phase !== 'answer') return [code || 'error', `no second connection: ${code || message}`];
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET')
    return ['ECONNRESET', 'connected, but the connection ended without a whole answer'];
  return ['not_http', `connected, but what came is no HTTP answer (${code || message})`];
}

const fields = { 'user-agent': 'sentinel-diagnose', accept: '*/*' };

function askHttp1(question: TargetQuestion, most: number, clock: Clock): Promise<HttpAnswer> {
  const { to, tls, host, path, timeoutMs, signal } = question;
  return sendOutbound(
    {
      to,
      ...(tls === null ? {} : { openTls: () => tls.connect(to, ['http/1.1']) }),
      method: 'GET',
      path,
      headers: { host, ...fields },
      timeoutMs,
      bodyBytes: most,
      signal,
    },
    clock,
  );
}

/** Over TLS by ALPN, else in plain text by prior knowledge. */
function askHttp2(question: TargetQuestion, most: number, clock: Clock): Promise<HttpAnswer> {
  const { to, tls, host, path, timeoutMs, signal } = question;
  return new Promise((resolve, reject) => {
    const socket: Socket =
      tls?.connect(to, ['h2']) ??
      connect(to.kind === 'unix' ? { path: to.path } : { host: to.host, port: to.port, noDelay: true });
    let session: ClientHttp2Session | null = null;
    const end = (act: () => void): void => {
      limit.stop();
      signal.removeEventListener('abort', overdue);
      act();
      session?.destroy();
      socket.destroy();
    };
    const fail = (error: Error): void => {
      const broken = errnoOf(error) === 'ECONNRESET' || errnoOf(error) === 'EPIPE';
      const cause = broken ? error : Object.assign(new Error(error.message), { code: errnoOf(error) ?? 'not HTTP/2' });
      end(() => reject(new OutboundFault('answer', false, cause)));
    };
    const overdue = (): void => end(() => reject(new OutboundFault('answer', true, null)));
    const limit = clock.after(timeoutMs, overdue);
    signal.addEventListener('abort', overdue);
    socket.on('error', fail);
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      session = connectHttp2(`${tls === null ? 'http' : 'https'}://${host}`, { createConnection: () => socket });
      session.on('error', fail);
      session.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
      const stream = session.request({
        [constants.HTTP2_HEADER_AUTHORITY]: host,
        [constants.HTTP2_HEADER_PATH]: path,
        ...fields,
      });
      let status = 0;
      let body: Buffer = Buffer.alloc(0);
      const done = (): void => end(() => resolve({ status, body }));
      stream.on('error', fail);
      stream.on('response', (head) => {
        status = Number(head[constants.HTTP2_HEADER_STATUS]);
        if (most === 0) done();
      });
      stream.on('data', (piece: Buffer) => {
        body = Buffer.concat([body, piece.subarray(0, most - body.length)]);
        if (body.length >= most) done();
      });
      stream.on('end', done);
    });
  });
}
