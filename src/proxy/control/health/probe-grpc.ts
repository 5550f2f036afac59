/** The probe that calls `grpc.health.v1.Health/Check`, over TLS where the target has it. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Clock } from '../../../base/clock.ts';
import { decodeHealthResponse, encodeHealthRequest } from './grpc-health-codec.ts';
import { failed, passed, type ProbeFinding } from './probe-result.ts';
import { probeSession } from './probe-session.ts';
import type { ProbeTarget } from './probe-target.ts';

/** No response of the health service comes near. */
const MAX_BYTES = 4 << 10;

const grpcOk = '0';
const statusNames: Readonly<Record<string, string>> = {
  '4': 'DEADLINE_EXCEEDED',
  '5': 'NOT_FOUND',
  '7': 'PERMISSION_DENIED',
  '12': 'UNIMPLEMENTED',
  '13': 'INTERNAL',
  '14': 'UNAVAILABLE',
  '16': 'UNAUTHENTICATED',
};

export function probeGrpc(
  target: ProbeTarget,
  service: string,
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeFinding> {
  return probeSession(target, timeoutMs, clock, (session, settle) => call(session, service, settle));
}

function call(
  session: ClientHttp2Session,
  service: string,
  settle: (finding: ProbeFinding) => void,
): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'sentinel-health-check',
  });
  const pieces: Buffer[] = [];
  let size = 0;
  let httpStatus = 0;
  let grpcStatus: string | undefined;
  stream.on('response', (head) => {
    httpStatus = Number(head[constants.HTTP2_HEADER_STATUS]);
    // An answer without a message has its status here.
    grpcStatus = textOf(head['grpc-status']);
  });
  stream.on('trailers', (fields) => {
    grpcStatus = textOf(fields['grpc-status']) ?? grpcStatus;
  });
  stream.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size > MAX_BYTES) settle(failed('L7RSP', 'the answer is too large for one of the health service', httpStatus));
    else pieces.push(piece);
  });
  stream.on('end', () => settle(judge(service, httpStatus, grpcStatus, Buffer.concat(pieces))));
  stream.end(encodeHealthRequest(service));
  return stream;
}

function judge(service: string, httpStatus: number, grpcStatus: string | undefined, message: Buffer): ProbeFinding {
  if (httpStatus !== 200) return failed('L7STS', `answered HTTP ${httpStatus}, which is not gRPC`, httpStatus);
  if (grpcStatus === '5')
    return failed('L7STS', `the server does not know the service ${JSON.stringify(service)}`, 200);
  if (grpcStatus === '12') return failed('L7RSP', 'the server does not implement grpc.health.v1', 200);
  if (grpcStatus === undefined) return failed('L7RSP', 'answered without a gRPC status', 200);
  if (grpcStatus !== grpcOk) return failed('L7STS', `gRPC status ${statusNames[grpcStatus] ?? grpcStatus}`, 200);
  const status = decodeHealthResponse(message);
  if (status === null) return failed('L7RSP', 'what came is no answer of the health service', 200);
  return status === 'SERVING' ? passed('L7OK', 200, 'SERVING') : failed('L7STS', `the service is ${status}`, 200);
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
