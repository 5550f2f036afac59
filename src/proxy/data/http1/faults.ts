/**
 * Faults of HTTP/1.1 messages: why bytes are not a good message, as shared frozen values so that refusing costs no
 * allocation. Returned by the parsers of this room to the connection, which answers or closes.
 */
import type { Cause, RejectReason } from '../../shared/causes.ts';

/** What is wrong with a request; `status` is the answer that it gets. */
export interface RequestFault {
  readonly status: 400 | 405 | 408 | 413 | 414 | 417 | 431 | 501 | 505;
  readonly cause: Cause;
  readonly reason: RejectReason;
}

/** What is wrong with a response of an upstream; the client gets 502 or a cut connection. */
export interface ResponseFault {
  readonly cause: 'upstream_protocol_error';
  readonly reason: RejectReason | 'status_line';
}

/** A request that does not come in time, or stops coming. */
export const lateRequest: RequestFault = { status: 408, cause: 'request_timeout', reason: 'request_timeout' };

const statusOfReason: Partial<Record<RejectReason, RequestFault['status']>> = {
  connect_method: 405,
  expect: 417,
  unknown_coding: 501,
  uri_too_long: 414,
  headers_too_large: 431,
  body_too_large: 413,
};

const causeOfReason: Partial<Record<RejectReason, Cause>> = {
  uri_too_long: 'uri_too_long',
  headers_too_large: 'headers_too_large',
  body_too_large: 'body_too_large',
};

const requestFaults = new Map<string, RequestFault>();
const responseFaults = new Map<string, ResponseFault>();

/** The fault of a request for `reason`; `status` only where it is not the usual one of the reason. */
export function requestFault(reason: RejectReason, status = statusOfReason[reason] ?? 400): RequestFault {
  const key = `${status} ${reason}`;
  let fault = requestFaults.get(key);
  if (fault === undefined) {
    fault = Object.freeze({ status, cause: causeOfReason[reason] ?? 'bad_request', reason });
    requestFaults.set(key, fault);
  }
  return fault;
}

/** The fault of a response for `reason`. */
export function responseFault(reason: ResponseFault['reason']): ResponseFault {
  let fault = responseFaults.get(reason);
  if (fault === undefined) {
    fault = Object.freeze({ cause: 'upstream_protocol_error', reason });
    responseFaults.set(reason, fault);
  }
  return fault;
}
