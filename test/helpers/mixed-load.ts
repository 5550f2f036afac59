/**
 * Clients of every kind at once, against one listener: honest ones, ones that go away and ones that talk nonsense. All
 * are counted.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { RawClient, head } from './raw-http.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** What the clients did. */
export interface Tally {
  /** Good answers by path. */
  readonly honest: Map<string, number>;
  /** Refusals by status. */
  readonly refused: Map<string, number>;
  /** Requests that reached an origin and whose client then went away. */
  aborted: number;
  /** Everything that an honest client, or a refused one, did not expect. */
  readonly faults: string[];
}

/** Small answers come after this long: bounds the load that a client can make that never rests. */
const thinkMs = 4;
/** Between two requests of one client that opens a connection for each. */
const restMs = 20;
const nobody: Cleanup = { after: () => {} };
const block = randomBytes(64 * 1024);

/**
 * Origins for all paths: `/small/` answers, `/echo/` sends the body back, `/hold/ID` never answers and `/flood/ID` never
 * stops. The last two wait for clients that go away.
 */
export class SoakOrigins {
  readonly ports: readonly number[];
  /** Requests that are held now; none may be left when their clients are gone. */
  held = 0;
  readonly #arrivals = new Map<string, () => void>();

  private constructor(servers: readonly Server[]) {
    this.ports = servers.map((server) => (server.address() as AddressInfo).port);
    for (const server of servers) server.on('request', (asked, answer) => this.#serve(asked, answer));
  }

  static async start(t: Cleanup, count: number): Promise<SoakOrigins> {
    const servers: Server[] = [];
    for (let i = 0; i < count; i++) {
      // Connections are closed by the proxy alone, so that no request meets one that is just going away.
      const server = createServer({ keepAliveTimeout: 0 }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => {
        server.close();
        server.closeAllConnections();
      });
      servers.push(server);
    }
    return new SoakOrigins(servers);
  }

  /** Resolves when the request with this id, the last part of its path, is here. */
  arrival(id: string): Promise<void> {
    return new Promise((resolve) => this.#arrivals.set(id, resolve));
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    const [, kind, id = ''] = (asked.url ?? '').split('/');
    asked.on('error', () => {});
    if (kind === 'echo') {
      asked.pipe(answer);
    } else if (kind === 'hold' || kind === 'flood') {
      this.held++;
      answer.on('close', () => void this.held--);
      asked.resume();
      this.#arrivals.get(id)?.();
      this.#arrivals.delete(id);
      if (kind === 'flood') {
        const pour = () => {
          while (!answer.destroyed && answer.write(block));
        };
        answer.on('drain', pour);
        pour();
      }
    } else {
      setTimeout(() => answer.end('small'), thinkMs);
    }
  }
}

/** Requests that are no requests, and what they are answered. */
const nonsense: readonly (readonly [bytes: string, status: number])[] = [
  ['GET / HTTP/1.1\r\n\r\n', 400],
  [head('GET', '/with a space'), 400],
  [head('GET', '/', 'Content-Length: 1', 'Transfer-Encoding: chunked'), 400],
  [head('POST', '/', 'Content-Length: +1'), 400],
  [head('GET', '/', 'Folded: a', ' b'), 400],
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  [head('CONNECT', 'a.test:443'), 405],
  [head('GET', `/${'x'.repeat(9000)}`), 414],
  [head('GET', '/', `Large: ${'x'.repeat(9000)}`), 431],
  [head('POST', '/', 'Transfer-Encoding: gzip'), 501],
];

/** One client: does the same again after a rest, whatever came of it. */
export async function untilStopped(
  stop: AbortSignal,
  restMs: number,
  once: () => Promise<void>,
  failed: (fault: string) => void,
): Promise<void> {
  while (!stop.aborted) {
    try {
      await once();
    } catch (error) {
      failed((error as Error).message);
    }
    await pause(restMs);
  }
}

/** Runs every kind of client until `stop` is aborted, and returns when the last one has finished what it was at. */
export async function mixedLoad(port: number, origins: SoakOrigins, stop: AbortSignal): Promise<Tally> {
  const tally: Tally = { honest: new Map(), refused: new Map(), aborted: 0, faults: [] };
  let serial = 0;
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

  const client = (name: string, restsMs: number, once: () => Promise<void>) =>
    untilStopped(stop, restsMs, once, (fault) => tally.faults.push(`${name}: ${fault}`));

  const honest = async (path: string, agent: Agent | false, body: Buffer | null): Promise<void> => {
    const answer = await ask(port, path, agent, body);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.equals(body ?? Buffer.from('small')), `${answer.body.length} bytes of another body`);
    count(tally.honest, path);
  };

  const refused = async (): Promise<void> => {
    const [bytes, status] = nonsense[serial++ % nonsense.length] as (typeof nonsense)[number];
    const raw = await RawClient.connect(nobody, port);
    raw.send(bytes);
    const response = await raw.response('');
    count(tally.refused, String(response.status));
    assert.equal(response.status, status, JSON.stringify(bytes.slice(0, 60)));
    await raw.closed();
    raw.socket.destroy();
  };

  const aborted = async (): Promise<void> => {
    const way = serial++;
    const id = String(way);
    const arrived = origins.arrival(id);
    const raw = await RawClient.connect(nobody, port);
    if (way % 3 === 0) raw.send(head('GET', `/hold/${id}`));
    else if (way % 3 === 1) raw.send(`${head('POST', `/hold/${id}`, 'Transfer-Encoding: chunked')}5\r\nhello\r\n`);
    else raw.send(head('GET', `/flood/${id}`));
    await arrived;
    tally.aborted++;
    if (way % 2 === 0) raw.socket.destroy();
    else raw.socket.resetAndDestroy();
  };

  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const times = (n: number, run: () => Promise<void>) => Array.from({ length: n }, run);
  await Promise.all([
    ...times(4, () => client('keep-alive GET', thinkMs, () => honest('/small/', agent, null))),
    ...times(4, () => client('chunked POST', thinkMs, () => honest('/echo/', agent, slice(serial++)))),
    ...times(2, () => client('GET on a new connection', restMs, () => honest('/small/', false, null))),
    ...times(2, () => client('nonsense', restMs, refused)),
    ...times(3, () => client('gone away', restMs, aborted)),
  ]);
  agent.destroy();
  return tally;
}

/** A body of 1 to 65,536 bytes, another one each time. */
function slice(serial: number): Buffer {
  return block.subarray(0, 1 + ((serial * 7919) % block.length));
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One request; a body goes out chunked, in two pieces. */
function ask(port: number, path: string, agent: Agent | false, body: Buffer | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === null ? 'GET' : 'POST';
    const asking = request({ host: '127.0.0.1', port, path, method, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => void parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode as number, body: Buffer.concat(parts) }));
    });
    asking.on('error', reject);
    if (body !== null) {
      asking.write(body.subarray(0, body.length >> 1));
      asking.write(body.subarray(body.length >> 1));
    }
    asking.end();
  });
}
