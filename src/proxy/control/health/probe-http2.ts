/** The probe that asks for a path by HTTP/2, for targets that requests reach by it. */
import type { Clock } from '../../../base/clock.ts';
import { constants } from 'node:http2';
import { BODY_BYTES, type HttpCheck, judgeAnswer, probeFields } from './http-answer.ts';
import type { ProbeFinding } from './probe-result.ts';
import { probeSession } from './probe-session.ts';
import { authorityOf, type ProbeTarget } from './probe-target.ts';

export function probeHttp2(
  target: ProbeTarget,
  check: HttpCheck,
  timeoutMs: number,
  clock: Clock,
  via: string | null,
): Promise<ProbeFinding> {
  return probeSession(target, timeoutMs, clock, (session, settle) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_AUTHORITY]: check.host ?? authorityOf(target),
      [constants.HTTP2_HEADER_PATH]: check.path,
      ...probeFields(via === null ? null : `2 ${via}`),
    });
    const wanted = check.expectedBody === null ? null : Buffer.from(check.expectedBody);
    let status = 0;
    let body: Buffer = Buffer.alloc(0);
    const judge = (): void => settle(judgeAnswer(check, status, body));
    stream.on('response', (head) => {
      status = Number(head[constants.HTTP2_HEADER_STATUS]);
      if (wanted === null) judge();
    });
    stream.on('data', (piece: Buffer) => {
      body = Buffer.concat([body, piece.subarray(0, BODY_BYTES - body.length)]);
      if (wanted !== null && (body.length === BODY_BYTES || body.includes(wanted))) judge();
    });
    stream.on('end', judge);
    return stream;
  });
}
