/** Sixth phase: the response on its way from the target to the client, as it comes, never repaired. */
import { bump, proxyFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import type { BodyEnd } from '../body-end.ts';
import { captureFields } from '../captured-fields.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { finish } from './account.ts';
import type { Exchange } from './exchange.ts';
import { endToEnd, responseFieldsText } from './forward-response.ts';

/** An interim response goes on; 100 is ours to send, so the target's is dropped. */
export function relayInterim(x: Exchange, head: ResponseHead): void {
  if (head.status !== 100) x.client.interim(head);
}

/** Queues the final head. */
export function relayHead(x: Exchange, head: ResponseHead, now: number): void {
  x.firstByteAt = now;
  x.status = head.status;
  x.begun = true;
  capture(x, head);
  if (head.connectionOptions !== null && head.connectionOptions.some((name) => endToEnd.has(name))) {
    bump(x.runtime.cells.proxy, proxyFields.protectedFields);
  }
  const hasBody = head.framing !== 'none';
  x.client.begin({
    status: head.status,
    reason: head.reason,
    fields: responseFieldsText(x, head),
    length: head.contentLength,
    hasBody,
    // A client that still sends its body may never stop: after this answer its connection is of no more use.
    close: !x.received,
  });
}

/** What the access log shows of it: when the line is written the head is gone. */
function capture(x: Exchange, head: ResponseHead): void {
  const { captureResponse } = x.runtime.plan.accessLog;
  if (captureResponse.length > 0) x.captured = captureFields(captureResponse, head, x.runtime.secrets);
}

/** Whether an answer that is no agreement would be taken for one: in HTTP/2 every 2xx is (RFC 8441 §5). */
export function mistakable(x: Exchange, head: ResponseHead): boolean {
  return x.client.http2 && head.status < 300;
}

/** Queues the head that says that the exchange goes on as two streams. */
export function relaySwitch(x: Exchange, head: ResponseHead, now: number): void {
  x.firstByteAt = now;
  x.status = head.status;
  x.begun = true;
  capture(x, head);
  const fields = responseFieldsText(x, head);
  x.client.begin({
    status: head.status,
    reason: head.reason,
    // The key that it answers is not one of the client's in HTTP/2 (RFC 8441 §5).
    fields: x.client.http2 ? fields.replaceAll(/^sec-websocket-accept:.*\r\n/gim, '') : fields,
    length: -1,
    hasBody: false,
    close: false,
  });
}

export function relayBody(x: Exchange, buffer: Buffer, from: number, to: number, framed: boolean): void {
  x.client.body(buffer, from, to, framed);
}

/** The response is complete. */
export function relayEnd(x: Exchange, end: BodyEnd): void {
  x.client.end(end);
  x.client.flush();
  finish(x);
}

/** Writes what one read brought. False when the client must drain first. */
export function relayFlush(x: Exchange): boolean {
  return x.client.flush();
}

/** The response broke off after its head: the client gets no polite ending. */
export function cutResponse(x: Exchange, cause: Cause): void {
  x.cause = cause;
  x.client.cut();
  finish(x);
}
