/**
 * Causes: why a request ended other than by an answer of its upstream. One table; the access log, the metrics,
 * `Proxy-Status` (RFC 9209), error bodies and `docs/errors.md` all use these words.
 */

export type CauseSource = 'client' | 'proxy' | 'upstream';

export interface CauseFacts {
  /** Status of the response that the proxy makes; 499 is for the log only. 0 = the upstream's own. */
  readonly status: number;
  readonly source: CauseSource;
  /** Error type of RFC 9209 §2.3, or null where the proxy makes no response. */
  readonly proxyStatus: string | null;
  /** One sentence for people: error bodies and `sentinel explain`. */
  readonly meaning: string;
  /** Where to look or what to type, for the person on call: `sentinel explain` and `docs/errors.md`, never an error body. */
  readonly next?: string;
}

export const causes = {
  bad_request: {
    status: 400,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning: 'The request is malformed or ambiguous; it was not forwarded.',
  },
  uri_too_long: {
    status: 414,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning: 'The request target is longer than limits.max-uri-bytes.',
  },
  headers_too_large: {
    status: 431,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning: 'The header section exceeds a limit of limits {}.',
  },
  body_too_large: {
    status: 413,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning: 'The request body exceeds max-body-size.',
  },
  request_timeout: {
    status: 408,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning: 'The client did not send its request in time.',
  },
  client_closed: {
    status: 499,
    source: 'client',
    proxyStatus: null,
    meaning: 'The client went away before the response was complete.',
  },
  no_route: {
    status: 404,
    source: 'proxy',
    proxyStatus: 'destination_not_found',
    meaning: 'No route matches this request.',
  },
  no_healthy_target: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'destination_unavailable',
    meaning: 'No target of the upstream can take requests.',
  },
  breaker_open: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'destination_unavailable',
    meaning: 'The circuit breaker of the route, or of every target that is left, is open.',
  },
  memory_shed: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning: 'The process uses more memory than limits.max-memory-bytes; new requests are refused until it uses less.',
  },
  rate_limited: {
    status: 429,
    source: 'proxy',
    proxyStatus: 'http_request_denied',
    meaning: 'More requests came than a rate limit allows.',
  },
  blocked: {
    status: 403,
    source: 'proxy',
    proxyStatus: 'http_request_denied',
    meaning: 'The client is on the block list.',
  },
  challenged: {
    status: 403,
    source: 'proxy',
    proxyStatus: 'http_request_denied',
    meaning: 'The client must solve a challenge before it is served.',
  },
  upgrade_refused: {
    status: 403,
    source: 'proxy',
    proxyStatus: 'http_request_denied',
    meaning: 'The route lets no request become a WebSocket.',
    next: '`policies.websocket` of the route says so; which route it was: `sentinel route explain GET URL`.',
  },
  upgrade_failed: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'http_upgrade_failed',
    meaning: 'The target makes no WebSocket of the request, and HTTP/2 has no other way to say so.',
  },
  websocket_idle: {
    status: 0,
    source: 'proxy',
    proxyStatus: null,
    meaning: 'No byte passed on a WebSocket for as long as websocket-idle-secs of its route allows.',
  },
  client_certificate: {
    status: 403,
    source: 'client',
    proxyStatus: 'http_request_denied',
    meaning:
      'The certificate that the client has shown is not good: expired, revoked, of an unknown authority, or not made for clients.',
    next: 'The log line `Client certificate refused` has reason and subject; the file itself: `sentinel cert-check --use client --ca CA client.crt`, with the `ca-file` of the listener.',
  },
  misdirected: {
    status: 421,
    source: 'client',
    proxyStatus: 'http_request_error',
    meaning:
      'The request does not belong on the TLS connection that it came by; on a new one, opened for its own host, it may.',
    next: 'Browsers and most clients connect anew by themselves. Which certificate is for which host: `sentinel cert-check`, and docs/tls.md.',
  },
  killed: {
    status: 499,
    source: 'proxy',
    proxyStatus: null,
    meaning: 'An operator ended the request while it was under way.',
    next: 'Who did it, and why, stands in the audit log and in `sentinel events`: action `inflight-kill`.',
  },
  guard_failed: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'proxy_internal_error',
    meaning: 'A guard of the route could not decide, and its failure-mode is closed.',
  },
  maintenance: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'destination_unavailable',
    meaning: 'The service is under maintenance, by order of an operator.',
    next: 'By whom, why and until when: `sentinel maintenance`; what ends it: `sentinel maintenance off`.',
  },
  draining: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'destination_unavailable',
    meaning: 'The proxy, or every target of the upstream, is draining.',
  },
  queue_full: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning: 'Too many requests already wait for a connection to the upstream.',
  },
  queue_timeout: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning: 'No connection to the upstream became free in time.',
  },
  connection_limit: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning: 'The proxy holds as many client connections as its limit allows.',
  },
  in_flight_limit: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning: 'The proxy carries as many requests as its limit allows.',
  },
  dns_error: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'dns_error',
    meaning: 'The name of the target could not be resolved.',
  },
  dns_timeout: {
    status: 504,
    source: 'upstream',
    proxyStatus: 'dns_timeout',
    meaning: 'The name of the target was not resolved in time.',
  },
  connect_refused: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'connection_refused',
    meaning: 'The target refused the connection.',
  },
  no_socket: {
    status: 503,
    source: 'proxy',
    proxyStatus: 'connection_limit_reached',
    meaning:
      'The proxy could not open a connection to the target for want of its own means: open files, local ports or memory.',
  },
  connect_unreachable: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'destination_ip_unroutable',
    meaning: 'The target cannot be reached over the network.',
  },
  connect_timeout: {
    status: 504,
    source: 'upstream',
    proxyStatus: 'connection_timeout',
    meaning: 'The target did not accept the connection in time.',
  },
  tls_handshake: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'tls_protocol_error',
    meaning: 'TLS could not be spoken with the target; the log says why.',
    next: '`sentinel check UPSTREAM` tries now and says why; the log line is `TLS to a target failed`.',
  },
  tls_certificate: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'tls_certificate_error',
    meaning: 'The certificate of the target is not to be believed; the log says why. Nothing was sent to it.',
    next: '`sentinel check UPSTREAM` tries now and says why; `sentinel cert-check HOST:PORT` shows what the target sends; the log line is `TLS to a target failed`.',
  },
  upstream_reset: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'connection_terminated',
    meaning: 'The target closed the connection before it answered.',
  },
  upstream_protocol_error: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'http_protocol_error',
    meaning: 'The target sent something that is not valid HTTP.',
  },
  upstream_truncated: {
    status: 502,
    source: 'upstream',
    proxyStatus: 'http_response_incomplete',
    meaning: 'The target cut its response short.',
  },
  response_timeout: {
    status: 504,
    source: 'upstream',
    proxyStatus: 'http_response_timeout',
    meaning: 'The target did not begin its response in time.',
  },
  read_timeout: {
    status: 504,
    source: 'upstream',
    proxyStatus: 'connection_read_timeout',
    meaning: 'The target fell silent in the middle of its response.',
  },
  write_timeout: {
    status: 504,
    source: 'upstream',
    proxyStatus: 'connection_write_timeout',
    meaning: 'The target stopped reading the request.',
  },
  client_write_timeout: {
    status: 408,
    source: 'client',
    proxyStatus: null,
    meaning: 'The client stopped reading the response.',
  },
  upstream_status: {
    status: 0,
    source: 'upstream',
    proxyStatus: null,
    meaning: 'The upstream itself answered with a server error.',
  },
  loop: {
    status: 508,
    source: 'proxy',
    proxyStatus: 'proxy_loop_detected',
    meaning: 'The request already passed through this proxy.',
  },
  internal: {
    status: 500,
    source: 'proxy',
    proxyStatus: 'proxy_internal_error',
    meaning: 'The proxy failed; the log has the details.',
  },
} as const satisfies Record<string, CauseFacts>;

export type Cause = keyof typeof causes;

/** Order of the causes in cells. */
export const causeList = Object.keys(causes) as readonly Cause[];

export const causeIndex = Object.fromEntries(causeList.map((cause, index) => [cause, index])) as Readonly<
  Record<Cause, number>
>;

/**
 * Why a request was refused before it reached a route: label of `rejected_requests_total`, and `reason` of a
 * `bad_request`. Closed list, so that no client value ever becomes a label.
 */
export const rejectReasons = [
  'method',
  'target',
  'version',
  'host',
  'field_syntax',
  'line_ending',
  'te_cl',
  'transfer_encoding',
  'unknown_coding',
  'content_length',
  'chunk',
  'trailer',
  'expect',
  'underscore',
  'connect_method',
  'upgrade',
  'uri_too_long',
  'headers_too_large',
  'body_too_large',
  'request_timeout',
] as const;

export type RejectReason = (typeof rejectReasons)[number];
