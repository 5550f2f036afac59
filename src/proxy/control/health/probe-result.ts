/** What a probe found: how far it came, by the layer codes that operators know from HAProxy, and why in words. */

/**
 * `L4…` connection, `L6…` TLS, `L7…` protocol; `TLS` no handshake, or a certificate that is not believed; `OK` passed, `CON` refused or unreachable, `TMOUT` no answer in time, `STS` answered with
 * another status than expected, `RSP` answered wrongly. `DNS`: the name has no address. `OWN`: this process could not ask, for
 * want of descriptors, ports or memory; that says nothing of the target.
 */
export const probeCodes = [
  'L4OK',
  'L4CON',
  'L4TMOUT',
  'L6OK',
  'L6TLS',
  'L7OK',
  'L7STS',
  'L7TMOUT',
  'L7RSP',
  'DNS',
  'OWN',
] as const;
export type ProbeCode = (typeof probeCodes)[number];

/** What one kind of probe says; when and how long is added by `probe.ts`. */
export interface ProbeFinding {
  readonly ok: boolean;
  readonly code: ProbeCode;
  /** HTTP status; null where none came. */
  readonly status: number | null;
  /** For people: `connection refused`, `answered 503, expected 200`. */
  readonly words: string;
}

export interface ProbeResult extends ProbeFinding {
  readonly latencyMs: number;
  /** When it ended; wall clock. */
  readonly atMs: number;
}

export function passed(code: 'L4OK' | 'L6OK' | 'L7OK', status: number | null, words: string): ProbeFinding {
  return { ok: true, code, status, words };
}

export function failed(
  code: Exclude<ProbeCode, 'L4OK' | 'L6OK' | 'L7OK'>,
  words: string,
  status: number | null = null,
): ProbeFinding {
  return { ok: false, code, status, words };
}

/** A connection that could not be made; `code` is the errno name. */
export function connectFailure(code: string, syscall?: string): ProbeFinding {
  if (syscall === 'getaddrinfo') return failed('DNS', `the name has no address (${code})`);
  const own = ownWants[code];
  if (own !== undefined) return failed('OWN', `the proxy could not ask: ${own} (${code})`);
  if (code === 'ETIMEDOUT') return failed('L4TMOUT', 'no answer to the connection attempt (ETIMEDOUT)');
  const words = wordsByErrno[code];
  return failed(
    'L4CON',
    words === undefined ? `no connection (${code === '' ? 'unknown error' : code})` : `${words} (${code})`,
  );
}

const wordsByErrno: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset while it was made',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  EAGAIN: 'its queue of connections is full',
};

const ownWants: Readonly<Record<string, string>> = {
  EMFILE: 'it has no file descriptor left',
  ENFILE: 'the system has no file descriptor left',
  EADDRNOTAVAIL: 'it has no local port left',
  ENOBUFS: 'the system has no buffer left',
  ENOMEM: 'the system has no memory left',
};

/** `5 s`, `250 ms`: the bound that was exceeded. */
export function withinWords(timeoutMs: number): string {
  return timeoutMs % 1000 === 0 ? `within ${timeoutMs / 1000} s` : `within ${timeoutMs} ms`;
}
