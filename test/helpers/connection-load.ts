/** Load by many short connections at a steady rate: each sends one request and waits for the end. Counts what went wrong. */
import { connect } from 'node:net';

export interface ConnectionLoad {
  /** Stops and resolves when every connection has ended. */
  stop(): Promise<ConnectionCounts>;
}

export interface ConnectionCounts {
  readonly begun: number;
  readonly answered: number;
  /** By errno, `short` (closed without a whole answer) or `late`. */
  readonly failures: Readonly<Record<string, number>>;
}

const TICK_MS = 2;
const LATE_MS = 10_000;

/** @param perSecond New connections. */
export function startConnectionLoad(port: number, perSecond: number): ConnectionLoad {
  const failures: Record<string, number> = {};
  const began = performance.now();
  let begun = 0;
  let answered = 0;
  let open = 0;
  let whenEmpty: (() => void) | null = null;
  const one = () => {
    begun++;
    open++;
    let text = '';
    let over = false;
    const socket = connect(port, '127.0.0.1');
    const end = (failure: string | null) => {
      if (over) return;
      over = true;
      open--;
      if (failure === null) answered++;
      else failures[failure] = (failures[failure] ?? 0) + 1;
      socket.destroy();
      if (open === 0) whenEmpty?.();
    };
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n'));
    socket.on('data', (chunk) => void (text += chunk.toString('latin1')));
    socket.on('end', () => end(/^HTTP\/1\.1 200 [^]*\r\n\r\n./.test(text) ? null : 'short'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
    socket.setTimeout(LATE_MS, () => end('late'));
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    while (begun < due) one();
  }, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      if (open > 0) await new Promise<void>((resolve) => void (whenEmpty = resolve));
      return { begun, answered, failures };
    },
  };
}
