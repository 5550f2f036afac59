/**
 * What the flows of the screen happen to: one real daemon in front of origins that hold, fail or answer as they are told, and what an
 * operator sees of it. Tests act, by orders or by keys, and ask the daemon and its clients what has become of it.
 */
import type { TestContext } from 'node:test';
import type { AdminClient } from '../../../src/admin/client/client.ts';
import type { TargetState } from '../../../src/admin/contract/upstream-shapes.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { Poller } from '../../../src/tui/feed/poller.ts';
import type { Wants } from '../../../src/tui/feed/reading.ts';
import type { Row, Thing } from '../../../src/tui/rows/row.ts';
import { nodeAt } from '../../../src/tui/store/node.ts';
import type { NodeState } from '../../../src/tui/store/state.ts';
import { type DaemonProcess, startDaemonProcess } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type Origin, type OriginConnection, startOrigin } from '../../helpers/origin.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

export interface FlowTarget {
  readonly origin: Origin;
  readonly address: string;
  /** Connections that wait, by their path. */
  readonly held: Map<string, OriginConnection>;
  /** Answers everything with 500. */
  failing: boolean;
  /** What `/health` answers. */
  healthy: boolean;
}

export interface FlowSceneOptions {
  readonly targets?: number;
  /** Within the upstream `api`. */
  readonly settings?: string;
  readonly listener?: string;
  /** More of the file. */
  readonly more?: string;
}

const wants: Wants = {
  parts: ['routes', 'breakers', 'inflight', 'clients', 'errors'],
  logs: false,
  clientsBy: 'ip',
  intervalMs: 1_000,
  paused: false,
};

export class FlowScene {
  readonly t: TestContext;
  readonly targets: readonly FlowTarget[];
  readonly daemon: DaemonProcess;

  private constructor(t: TestContext, targets: readonly FlowTarget[], daemon: DaemonProcess) {
    this.t = t;
    this.targets = targets;
    this.daemon = daemon;
  }

  static async start(t: TestContext, options: FlowSceneOptions = {}): Promise<FlowScene> {
    const targets = await Promise.all(
      Array.from({ length: options.targets ?? 2 }, (_, at) => startTarget(t, `o${at}`)),
    );
    const config = `
listener "http" { address "127.0.0.1:0"; ${options.listener ?? ''} }
route "all" { upstream "api" }
upstream "api" {
${targets.map(({ address }) => `  target "${address}"`).join('\n')}
  ${options.settings ?? ''}
}
${options.more ?? ''}
`;
    return new FlowScene(t, targets, await startDaemonProcess(t, { config, workers: 1 }));
  }

  address(at: number): string {
    return (this.targets[at] as FlowTarget).address;
  }

  get client(): AdminClient {
    return this.daemon.client;
  }

  async target(at: number): Promise<TargetState> {
    const { data } = await this.client.call('upstream', { params: { name: 'api' } });
    return data.targets.find(({ address }) => address === this.address(at)) as TargetState;
  }

  /** What the screen knows of the daemon: everything, just now. */
  async node(client = this.client, name = 'local'): Promise<NodeState> {
    const poller = new Poller({ node: name, client, clock: systemClock });
    const reading = await poller.poll(wants, new AbortController().signal, 5_000);
    return { ...nodeAt(name), reading };
  }

  /** Requests, one after the other: who answered, or with what status. */
  async ask(times: number, ...lines: readonly string[]): Promise<readonly string[]> {
    const client = await RawClient.connect(this.t, Number(new URL(this.daemon.url()).port));
    const seen: string[] = [];
    for (let i = 0; i < times; i++) {
      client.send(get('/', ...lines));
      const { status, text } = await client.response();
      seen.push(status === 200 ? text : String(status));
    }
    client.socket.destroy();
    return seen;
  }

  /** A request that some target holds, and which it is. */
  async hold(path: string): Promise<{ readonly client: RawClient; readonly at: number }> {
    const client = await RawClient.connect(this.t, Number(new URL(this.daemon.url()).port));
    client.send(get(path));
    const at = await eventually(() => {
      const found = this.targets.findIndex(({ held }) => held.has(path));
      if (found === -1) throw new Error('it has not come');
      return found;
    });
    return { client, at };
  }
}

/** A row as it stands in a view, as far as actions look at it. */
export function rowOf(thing: Thing, values: Readonly<Record<string, string>> = {}, node = 'local'): Row {
  return {
    id: `${node} ${JSON.stringify(thing)}`,
    node,
    thing,
    depth: 0,
    parent: null,
    standing: 'up',
    cells: {},
    sortBy: {},
    badness: 0,
    name: '',
    value: (field) => values[field],
    why: null,
    code: null,
  };
}

async function startTarget(t: TestContext, name: string): Promise<FlowTarget> {
  const held = new Map<string, OriginConnection>();
  const state = { failing: false, healthy: true };
  const origin = await startOrigin(t, {
    request({ target, connection }) {
      if (target === '/health' ? !state.healthy : state.failing) connection.send(failure);
      else if (target.startsWith('/hold')) held.set(target, connection);
      else connection.send(ok(name));
    },
  });
  return Object.assign(state, { origin, address: `127.0.0.1:${origin.port}`, held });
}

const failure = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n';
