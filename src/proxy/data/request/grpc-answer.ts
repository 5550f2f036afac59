/**
 * Answers of the proxy's own as gRPC clients understand them: a status in the head instead of a page, since a client that
 * finds no `grpc-status` can only guess from the status of HTTP. Asked by `respond.ts`. Pure.
 */
import type { Cause, CauseFacts } from '../../shared/causes.ts';
import { fieldIds } from '../http1/head.ts';
import type { Exchange } from './exchange.ts';

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, and what gRPC itself says of large messages. */
const statuses: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  413: 8,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const unknown = 2;

/** Whether the client speaks gRPC; over HTTP/1.1 there is no such thing. */
export function asksGrpc(x: Exchange): boolean {
  if (!x.client.http2) return false;
  const type = x.head.known(fieldIds.contentType);
  return type !== undefined && /^application\/grpc(?:$|[+; ])/i.test(type);
}

/** The field lines that take the place of a page, each with its CRLF. @param status Of HTTP, as the log has it. */
export function grpcFields(x: Exchange, cause: Cause, status: number, { meaning }: CauseFacts): string {
  const reason = x.reason === null ? '' : ` (${x.reason})`;
  // Percent-encoded where it is not plain; ours is ASCII.
  const message = `${cause}${reason}: ${meaning}`.replaceAll('%', '%25');
  return `Content-Type: application/grpc\r\nGrpc-Status: ${statuses[status] ?? unknown}\r\nGrpc-Message: ${message}\r\n`;
}
