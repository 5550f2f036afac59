/**
 * Faults of HTTP/1 clients (A) and of upstreams (D), each with the files that hold the right behaviour against them, or
 * with what has to be built before that can be. Read by its test alone; a fault leaves `pending` with the test that
 * takes it out.
 */

export interface HeldFault {
  readonly id: string;
  readonly fault: string;
  /** Files of this folder; those of another room by its name, `faults/…`. */
  readonly heldBy: readonly string[];
  /** What of it waits for something that does not exist yet. */
  readonly pending?: string;
}

export interface PendingFault {
  readonly id: string;
  readonly fault: string;
  readonly pending: string;
}

export type Fault = HeldFault | PendingFault;

export const faultMatrix: readonly Fault[] = [
  { id: 'A1', fault: 'Content-Length together with Transfer-Encoding', heldBy: ['ambiguous-framing'] },
  { id: 'A2', fault: 'Content-Length twice, a list, signed, hexadecimal, overflowing', heldBy: ['ambiguous-framing'] },
  { id: 'A3', fault: 'Content-Length twice and equal', heldBy: ['ambiguous-framing'] },
  { id: 'A4', fault: 'Transfer-Encoding unknown, repeated, disguised or not last', heldBy: ['ambiguous-framing'] },
  { id: 'A5', fault: 'Transfer-Encoding in HTTP/1.0', heldBy: ['ambiguous-framing'] },
  { id: 'A6', fault: 'chunk sizes that are no plain hexadecimal, or wrap round', heldBy: ['chunk-framing'] },
  { id: 'A7', fault: 'bare LF, CR or NUL in chunk framing', heldBy: ['chunk-framing'] },
  { id: 'A8', fault: 'chunk extensions without bound', heldBy: ['chunk-framing'] },
  { id: 'A9', fault: 'a missing final CRLF, tricks with trailers', heldBy: ['chunk-framing'] },
  { id: 'A10', fault: 'trailers that frame, route or authorise', heldBy: ['chunk-framing'] },
  { id: 'A11', fault: 'no Host, two, or junk', heldBy: ['hosts-and-targets'] },
  { id: 'A12', fault: 'an absolute target that differs from Host', heldBy: ['hosts-and-targets'] },
  { id: 'A13', fault: 'targets that try to be an authority', heldBy: ['hosts-and-targets'] },
  { id: 'A14', fault: 'dot segments and percent-encoding that hide a path', heldBy: ['hosts-and-targets'] },
  { id: 'A15', fault: 'white space before a colon, folding, control bytes', heldBy: ['field-limits'] },
  { id: 'A16', fault: 'underscore names that imitate framing and forwarding fields', heldBy: ['field-limits'] },
  { id: 'A17', fault: 'heads, fields and targets without bound', heldBy: ['field-limits'] },
  { id: 'A18', fault: 'a slow head', heldBy: ['slow-requests'] },
  { id: 'A19', fault: 'a slow or stalled body', heldBy: ['slow-requests'] },
  { id: 'A20', fault: 'a slow reader', heldBy: ['slow-readers', 'large-bodies', 'pipelining'] },
  { id: 'A21', fault: 'deep pipelining, garbage after a good request', heldBy: ['pipelining'] },
  { id: 'A22', fault: 'bytes after Connection: close', heldBy: ['keep-alive'] },
  { id: 'A23', fault: 'a body for a route that is answered by the proxy itself', heldBy: ['local-answers'] },
  { id: 'A24', fault: 'Expect honest, disguised, or with the body withheld', heldBy: ['expect-continue'] },
  { id: 'A25', fault: 'Expect in HTTP/1.0', heldBy: ['expect-continue'] },
  { id: 'A26', fault: 'a client that leaves inside request or response', heldBy: ['client-aborts'] },
  { id: 'A27', fault: 'a client that ends its side after the request', heldBy: ['client-aborts'] },
  {
    id: 'A28',
    fault: 'hop-by-hop fields, and fields that Connection names',
    heldBy: ['hop-by-hop', 'forwarding-fields'],
  },
  { id: 'A29', fault: 'upgrades to h2c or unknown protocols', heldBy: ['hop-by-hop', 'interim-responses'] },
  { id: 'A30', fault: 'a WebSocket handshake that the upstream refuses', heldBy: ['websocket/handshakes'] },
  { id: 'A31', fault: 'CONNECT and TRACE', heldBy: ['not-a-request'] },
  { id: 'A32', fault: 'HTTP/0.9, HTTP/2 and TLS on a plain port', heldBy: ['not-a-request'] },
  { id: 'A33', fault: 'a body that comes after it was given up', heldBy: ['slow-requests', 'early-responses'] },
  {
    id: 'D56',
    fault: 'a target that refuses or cannot be reached',
    heldBy: ['connect-failures', 'failover', 'breakers-in-traffic', 'faults/leaving-and-returning'],
  },
  {
    id: 'D57',
    fault: 'a target that does not answer a SYN',
    heldBy: ['connect-failures', 'failover', 'breakers-in-traffic', 'faults/leaving-and-returning'],
  },
  {
    id: 'D58',
    fault: 'a target that accepts and closes',
    heldBy: ['dead-connections', 'retries', 'upstream-tls/exchanges'],
  },
  { id: 'D59', fault: 'a reused connection that has died', heldBy: ['dead-connections', 'upstream-tls/exchanges'] },
  { id: 'D60', fault: 'a response head that never comes, or drips', heldBy: ['response-timeouts', 'retries'] },
  { id: 'D61', fault: 'a response body that stalls', heldBy: ['response-timeouts'] },
  { id: 'D62', fault: 'a response that breaks off', heldBy: ['truncated-responses', 'upstream-tls/exchanges'] },
  { id: 'D63', fault: 'garbage, HTTP/0.9, other protocols', heldBy: ['invalid-responses'] },
  { id: 'D64', fault: 'Content-Length of a response in conflict or invalid', heldBy: ['invalid-responses'] },
  { id: 'D65', fault: 'Content-Length together with Transfer-Encoding in a response', heldBy: ['invalid-responses'] },
  { id: 'D66', fault: 'bytes beyond a response', heldBy: ['stray-bytes', 'disorder'] },
  { id: 'D67', fault: 'a body where there cannot be one', heldBy: ['bodyless-responses'] },
  { id: 'D68', fault: 'interim responses, a flood of them, 101 unasked', heldBy: ['interim-responses'] },
  { id: 'D69', fault: 'a response head without bound', heldBy: ['invalid-responses'] },
  { id: 'D70', fault: 'control bytes and folding in response fields', heldBy: ['invalid-responses'] },
  { id: 'D71', fault: 'status codes out of range', heldBy: ['invalid-responses'] },
  { id: 'D72', fault: 'an answer before the upload is read', heldBy: ['early-responses', 'upstream-tls/exchanges'] },
  {
    id: 'D73',
    fault: 'a flapping target, half of them bad',
    heldBy: ['breakers-in-traffic', 'passive-outcomes', 'health/verdicts', 'faults/faults-beside-a-good-target'],
  },
  {
    id: 'D74',
    fault: 'no target that may take requests',
    heldBy: [
      'balancing',
      'failover',
      'breakers-in-traffic',
      'fallback-upstreams',
      'faults/faults-beside-a-good-target',
    ],
  },
  { id: 'D75', fault: 'a storm of retries', heldBy: ['retry-budget', 'retries'] },
  {
    id: 'D76',
    fault: 'names that do not resolve, or change',
    heldBy: ['discovery/names', 'daemon/names-of-targets'],
  },
  {
    id: 'D77',
    fault: 'a health-check endpoint that is slow or wrong',
    heldBy: ['health/probes', 'health/verdicts', 'faults/faults-beside-a-good-target'],
  },
];
