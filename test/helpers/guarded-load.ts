/**
 * Clients whom limits refuse, targets that die, come back and move, all at once and all counted: what `mixed-load.ts` is for
 * honest and rude clients, this is for what guards and second chances do.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { OriginProcess } from '../faults/origin-process.ts';
import { type DnsServer, startDns } from './dns-server.ts';
import { untilStopped } from './mixed-load.ts';
import { RawClient } from './raw-http.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** What the clients saw. */
export interface GuardedTally {
  /** Answers by `route status`. */
  readonly answers: Map<string, number>;
  /** Connections that were turned away because their client had too many. */
  crowded: number;
  readonly faults: string[];
}

/** The clients above their limits, one address for each kind. */
const addresses = { limited: '127.0.0.5', crowd: '127.0.0.9' } as const;
/** The crowd opens this many connections; its limits are below. */
export const CROWD = 64;
const restMs = 10;
const crowdRestMs = 500;
const nobody: Cleanup = { after: () => {} };

/** A good target, one that fails one in twenty, one that is killed and started again, and a name that stands for one of two more. */
export class ShakyTargets {
  /** As `target` wants them. */
  readonly names: readonly string[];
  readonly dns: DnsServer;
  readonly #victim: OriginProcess;

  private constructor(names: readonly string[], dns: DnsServer, victim: OriginProcess) {
    this.names = names;
    this.dns = dns;
    this.#victim = victim;
  }

  static async start(t: Cleanup): Promise<ShakyTargets> {
    const slow = { kind: 'slow', ms: 3 } as const;
    const targets = [
      await OriginProcess.start(t, slow),
      await OriginProcess.start(t, { kind: 'errors', percent: 5, requestsOnly: true }),
    ];
    // On an address that nobody else uses: a port of 127.0.0.1 may go to another program while this one is dead.
    const victim = await OriginProcess.start(t, slow, '127.0.0.4');
    const [moved] = await OriginProcess.startPair(
      t,
      { fault: slow, host: '127.0.0.2' },
      { fault: slow, host: '127.0.0.3' },
    );
    const dns = await startDns(t, { 'moving.test': { a: ['127.0.0.2'], ttl: 1 } });
    const names = [...targets.map(({ address }) => address), victim.address, `moving.test:${moved.port}`];
    return new ShakyTargets(names, dns, victim);
  }

  /** Kills, moves and brings back until `stop` is aborted; returns how often it killed. */
  async shake(stop: AbortSignal): Promise<number> {
    let kills = 0;
    for (; !stop.aborted; kills++) {
      await pause(2000);
      await this.#victim.kill();
      this.dns.set('moving.test', { a: [kills % 2 === 0 ? '127.0.0.3' : '127.0.0.2'], ttl: 1 });
      await pause(2000);
      await this.#victim.restart({ kind: 'slow', ms: 3 });
    }
    return kills;
  }
}

/** What each route may answer; anything else is a fault. */
const expected: Readonly<Record<string, readonly number[]>> = {
  shaky: [200],
  limited: [200, 429],
  delayed: [200, 429],
  down: [502, 503],
  crowd: [200],
};

/** Runs every kind of client until `stop` is aborted, and returns when the last one has finished what it was at. */
export async function guardedLoad(port: number, stop: AbortSignal): Promise<GuardedTally> {
  const tally: GuardedTally = { answers: new Map(), crowded: 0, faults: [] };
  const count = (route: string, { status, why }: Answer) => {
    const key = `${route} ${status}`;
    tally.answers.set(key, (tally.answers.get(key) ?? 0) + 1);
    if (expected[route]?.includes(status) !== true) tally.faults.push(`${route}: answered ${status}, ${why}`);
  };
  const client = (name: string, restsMs: number, once: () => Promise<void>) =>
    untilStopped(stop, restsMs, once, (fault) => tally.faults.push(`${name}: ${fault}`));
  const agents: Agent[] = [];
  const asking = (route: string, from?: string) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    return client(route, restMs, async () => count(route, await ask(port, `/${route}/`, agent, from)));
  };

  // More connections than one client may have: those that are let in are served, the others are turned away.
  const crowd = async (): Promise<void> => {
    const raws: RawClient[] = [];
    for (let number = 0; number < CROWD; number++) {
      const raw = await RawClient.connect(nobody, port, '127.0.0.1', addresses.crowd);
      raws.push(raw);
      raw.send('GET /crowd/ HTTP/1.1\r\nHost: a\r\n\r\n');
      // Refused before the request was read, the refusal itself may be lost with the reset.
      const status = await raw.response().then(
        (response) => response.status,
        () => 503,
      );
      if (status === 200) count('crowd', { status, why: '' });
      else if (status === 503) tally.crowded++;
      else tally.faults.push(`crowd: answered ${status}`);
    }
    for (const raw of raws) raw.socket.destroy();
  };

  await Promise.all([
    ...Array.from({ length: 3 }, () => asking('shaky')),
    ...Array.from({ length: 2 }, () => asking('limited', addresses.limited)),
    ...Array.from({ length: 6 }, () => asking('delayed')),
    asking('down'),
    client('crowd', crowdRestMs, crowd),
  ]);
  for (const agent of agents) agent.destroy();
  return tally;
}

interface Answer {
  readonly status: number;
  /** What `Proxy-Status` says. */
  readonly why: string;
}

/** One answer, when it is whole. */
function ask(port: number, path: string, agent: Agent, from?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, path, agent, ...(from === undefined ? {} : { localAddress: from }) };
    request(to, (response: IncomingMessage) => {
      const answer = { status: response.statusCode as number, why: String(response.headers['proxy-status']) };
      response.on('error', reject).on('end', () => resolve(answer));
      response.resume();
    })
      .on('error', reject)
      .end();
  });
}
