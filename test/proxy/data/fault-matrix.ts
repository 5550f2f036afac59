/**
 * Faults of clients over HTTP/1 (A) and HTTP/2 (B), of TLS and certificates (C), of upstreams (D) and of operation (F; those of
 * the machine, E, are in `test/daemon/machine-faults.ts`), each with the tests that hold the right behaviour against it, or with what has to be built before that can be. Read by its test alone; a
 * fault leaves `pending` with the test that takes it out.
 */

export interface HeldFault {
  readonly id: string;
  readonly fault: string;
  /** Files of this folder; those of another room by its name, `faults/…`. After a colon, words of one title in it. */
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
  {
    id: 'A30',
    fault: 'a WebSocket handshake that the upstream refuses',
    heldBy: ['websocket/handshakes: gets no stream'],
  },
  { id: 'A31', fault: 'CONNECT and TRACE', heldBy: ['not-a-request'] },
  { id: 'A32', fault: 'HTTP/0.9, HTTP/2 and TLS on a plain port', heldBy: ['not-a-request'] },
  { id: 'A33', fault: 'a body that comes after it was given up', heldBy: ['slow-requests', 'early-responses'] },
  {
    id: 'B34',
    fault: 'rapid reset',
    heldBy: [
      'http2/floods: rapid reset: a client',
      'http2/floods: rapid reset, each after',
      'http2/floods: resets among answers',
    ],
  },
  {
    id: 'B35',
    fault: 'resets that the proxy is provoked into',
    heldBy: ['http2/floods: MadeYouReset', 'http2/floods: malformed heads by the hundred'],
  },
  {
    id: 'B36',
    fault: 'CONTINUATION without end, empty or slow',
    heldBy: ['http2/floods: CONTINUATION without end', 'http2/endings: a head that does not end is cut off'],
  },
  {
    id: 'B37',
    fault: 'floods of frames that cost their sender nothing',
    heldBy: ['http2/floods: a flood of ${what}', 'http2/floods: a flood of empty DATA'],
  },
  {
    id: 'B38',
    fault: 'heads that grow when they are unpacked, tables that thrash',
    heldBy: ['http2/floods: an HPACK bomb', 'http2/floods: table thrash', 'http2/exchanges: the bounds of a head'],
  },
  {
    id: 'B39',
    fault: 'more streams than are allowed',
    heldBy: ['http2/floods: streams above a limit', 'http2/floods: exceeds the limit that it has acknowledged'],
  },
  {
    id: 'B40',
    fault: 'readers without a window, windows that overflow',
    heldBy: [
      'http2/flow: a client without a window',
      'http2/flow: complete but not read',
      'http2/flow: sends more than its window',
      'http2/malformed-requests: frames that break the connection',
    ],
  },
  {
    id: 'B41',
    fault: 'fields that would be something else in HTTP/1.1',
    heldBy: ['http2/malformed-requests: a malformed head is a stream error', 'http2/malformed-requests: two lines'],
  },
  {
    id: 'B42',
    fault: 'pseudo-fields missing, repeated or false',
    heldBy: [
      'http2/malformed-requests: a malformed head is a stream error',
      'http2/malformed-requests: no good request is answered',
      'http2/exchanges: Host from :authority first',
    ],
  },
  {
    id: 'B43',
    fault: 'a body of another length than announced',
    heldBy: ['http2/malformed-requests: shorter than announced', 'http2/malformed-requests: longer than announced'],
  },
  {
    id: 'B44',
    fault: 'trailers, early answers, interim answers, CONNECT of both kinds',
    heldBy: [
      'http2/exchanges: trailers pass both ways',
      'http2/malformed-requests: malformed trailers',
      'http2/exchanges: comes before the whole request',
      'http2/exchanges: interim answers',
      'http2/malformed-requests: no good request is answered',
      'websocket/http2: takes extended CONNECT',
    ],
  },
  {
    id: 'B45',
    fault: 'GOAWAY under load, from either side, and numbers of streams that run out',
    heldBy: [
      'http2/endings: asks again elsewhere',
      'http2/endings: a drain names the last request',
      'http2/daemon: TERM ends open streams well',
      'http2/stream-numbers',
      'http2-upstream/failures: GOAWAY ends no stream',
      'http2-upstream/failures: GOAWAY with an error',
      'http2-upstream/sessions: restarts its sessions under load',
      'http2-upstream/stream-numbers',
    ],
  },
  {
    id: 'C46',
    fault: 'a name that no certificate is for, or none',
    heldBy: ['tls/names: everybody else gets the default', 'tls/names: without a default certificate'],
  },
  {
    id: 'C47',
    fault: 'a Host of another certificate than the connection was opened for',
    heldBy: [
      'tls/names: is misdirected',
      'tls/names: connection of a misdirected request',
      'tls/client-certificates: the host must be the name',
      'tls/other-protocols: a stream for the host of another certificate',
    ],
  },
  {
    id: 'C48',
    fault: 'a client certificate that is missing or not good',
    heldBy: [
      'tls/client-certificates: by the alert that says so',
      'tls/client-certificates: gets 403 where one is',
      'tls/client-certificates: one without it is not',
      'tls/client-certificates: a revoked certificate',
      'tls/client-certificates: noticed when its session is resumed',
      'tls/other-protocols: a bad certificate gets 403 on the first stream',
    ],
  },
  {
    id: 'C49',
    fault: 'a certificate replaced under load',
    heldBy: [
      'daemon/certificate-swaps: swaps under new connections',
      'accept/certificate-swaps: a hundred swaps',
      'daemon/certificates: old connections live on',
      'tls/plans: those that are open live on',
    ],
  },
  {
    id: 'C50',
    fault: 'a new certificate that cannot be used',
    heldBy: [
      'daemon/certificates: a pair of which one half is new',
      'daemon/certificates: changes nothing at all',
      'daemon/certificates: stops before it takes a port',
      'daemon/auto-reload: a pair of which one half is there',
      'daemon/certificate-parts: what workers cannot take over',
    ],
  },
  {
    id: 'C51',
    fault: 'a certificate that expires',
    heldBy: [
      'daemon/certificates: an expired certificate is served all the same',
      'daemon/certificate-parts: warned of once a day',
      'upstream-tls/daemon: found out when its certificate expires',
    ],
  },
  {
    id: 'C52',
    fault: 'handshakes that stall, come in floods, in pieces, too large, or again',
    heldBy: [
      'tls/handshakes: is left after header-timeout-secs',
      'tls/handshakes: the oldest gives way',
      'tls/handshakes: negotiate again',
      'tls/handshakes: longer than a record',
      'tls/handshakes: byte by byte',
      'tls/scan: neither renegotiation nor Heartbleed',
    ],
  },
  {
    id: 'C53',
    fault: 'sessions resumed after reloads and at other workers',
    heldBy: [
      'tls/resumption: resumed at another',
      'tls/resumption: after the certificate has been swapped',
      'tls/resumption: after the keys have been changed',
      'daemon/certificate-swaps: at whichever worker',
      'daemon/certificate-parts: the keys of tickets',
    ],
  },
  {
    id: 'C54',
    fault: 'a target whose certificate is not good',
    heldBy: [
      'upstream-tls/verification: is 502 and is sent nothing',
      'upstream-tls/trust: no old connection is used',
      'upstream-tls/trust: written with another name',
      'daemon/certificate-parts: connections to targets are told apart',
    ],
  },
  { id: 'C55', fault: 'data before the handshake is done', heldBy: ['tls/handshakes: data before the handshake'] },
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
  {
    id: 'F89',
    fault: 'reloads by the hundred under load',
    heldBy: [
      'daemon/reload-under-load',
      'accept/reloads',
      'http2/daemon: twenty reloads under load',
      'websocket/streams: twenty reloads while messages flow',
      'websocket/streams: leaves a WebSocket alone',
    ],
  },
  {
    id: 'F90',
    fault: 'a configuration that is wrong, gone, or reloaded while it is being reloaded',
    heldBy: [
      'daemon/reload: a wrong file changes nothing',
      'daemon/reload: a deleted file fails the reload',
      'daemon/reload: a storm of HUP becomes few reloads',
      'daemon/parts: one more',
      'daemon/auto-reload: a file that is still being written is not read',
      'daemon/crash-boots: killed at any point of a reload',
      'daemon/crash-boots: a configuration that cannot be loaded is refused as ever',
      'commit/daemon: under load a guard rolls back',
      'history/crashes: killed at any step of replacing two files',
    ],
  },
  {
    id: 'F91',
    fault: 'a configuration that takes away the upstream that is in use',
    heldBy: [
      'reload: a request under way finishes under the old plan',
      'reload: a target that is gone finishes what it carries',
    ],
  },
  {
    id: 'F92',
    fault: 'TERM under load',
    heldBy: [
      'drain',
      'daemon/lifecycle: while requests are in flight a drain fails /ready and waits',
      'daemon/stopping: clients that keep asking while the daemon stops',
      'daemon/stopping: a connection that was silent when the daemon began to stop',
      'http2/daemon: TERM ends open streams well',
      'websocket/daemon: TERM ends WebSockets by 1001',
    ],
  },
  {
    id: 'F93',
    fault: 'a second TERM, a storm of HUP, PIPE',
    heldBy: [
      'daemon/lifecycle: a second signal ends at once',
      'daemon/reload: a storm of HUP becomes few reloads',
      'daemon/process: PIPE is ignored',
      'daemon/process: USR1 a hundred times under load',
      'daemon/stopping: a second signal ends at once within the lag too',
    ],
  },
  {
    id: 'F94',
    fault: 'a new binary in place of the one that runs, and workers that are replaced',
    heldBy: [
      'upgrade/hand-over',
      'upgrade/failures',
      'upgrade/command',
      'accept/hand-over',
      'daemon/worker-restart: restarts of the workers cost no request',
      'daemon/worker-restart: a new worker that cannot start leaves the old one serving',
    ],
  },
  {
    id: 'F95',
    fault: 'admin requests that are wrong, huge, slow, foreign or nobody’s',
    heldBy: [
      'admin/access-table',
      'admin/access: a body that is too large',
      'admin/contract: a method that an endpoint does not take',
      'admin/stream: reads nothing for a minute',
    ],
  },
  {
    id: 'F96',
    fault: 'limits over reloads and workers, a million keys, clocks that jump',
    heldBy: [
      'daemon/rate-limits: many connections to two workers',
      'daemon/rate-limits: a reload keeps what a limit has counted',
      'daemon/rate-tables',
      'rate-limits',
      'clock-jumps',
    ],
  },
  { id: 'F97', fault: 'clients that invent labels', heldBy: ['daemon/label-flood'] },
  {
    id: 'F98',
    fault: 'requests that write into logs and terminals',
    heldBy: [
      'access-log: control bytes, quotes and other alphabets',
      'access-log: the combined format escapes',
      'daemon/parts: a pretty line lets no control byte through',
      'cli/text',
      'base/plain-json',
    ],
  },
  {
    id: 'F99',
    fault: 'WebSockets: slow peers, huge frames, storms of pings, half a close, silence, a target that dies',
    heldBy: [
      'accept/large-frames',
      'websocket/messages: a storm of pings',
      'websocket/streams: silence in both directions',
      'websocket/streams: of a WebSocket that one side has ended',
      'websocket/streams: a client that is gone is closed',
      'websocket/http2: a reader that is slow',
    ],
  },
  { id: 'F100', fault: 'events and answers that trickle', heldBy: ['event-streams', 'client-aborts'] },
];
