/**
 * The requests that one worker has under way, found in its open connections when somebody asks: no request pays for it
 * before. Lists the oldest, ends one. Asked by the main thread (`shared/questions.ts`).
 */
import type { InflightRequest } from '../../../admin/contract/request-shapes.ts';
import { redactValue } from '../../../base/redaction.ts';
import type { Filter } from '../../../filter/filter.ts';
import { Patience } from '../../../filter/patience.ts';
import type { InflightAnswer, TargetWork } from '../../shared/questions.ts';
import type { OpenConnection } from '../client/open-connection.ts';
import { fieldIds } from '../http1/head.ts';
import type { Exchange } from '../request/exchange.ts';
import { ExchangeSubject } from './exchange-subject.ts';
import { phaseOf } from './phase.ts';
import { tryState } from './recorder.ts';
import type { RequestIds } from './request-ids.ts';

/** For judging what is under way: meanwhile the worker serves nobody. */
const PATIENCE_MS = 50;

export class InFlight {
  readonly #connections: ReadonlySet<OpenConnection>;
  readonly #ids: RequestIds;
  readonly #clockNow: () => number;

  /** @param clockNow milliseconds, by which it is told what judging takes */
  constructor(connections: ReadonlySet<OpenConnection>, ids: RequestIds, clockNow: () => number) {
    this.#connections = connections;
    this.#ids = ids;
    this.#clockNow = clockNow;
  }

  /**
   * At most `limit` of those that match, oldest first.
   * @throws FilterTooSlow
   */
  list(filter: Filter, limit: number, now: number): InflightAnswer {
    const subject = new ExchangeSubject(this.#ids);
    const patience = new Patience(PATIENCE_MS, this.#clockNow);
    const found: Exchange[] = [];
    let total = 0;
    for (const { exchanges } of this.#connections) {
      for (const x of exchanges) {
        total++;
        if (patience.matches(filter, subject.of(x, now))) found.push(x);
      }
    }
    const oldest = found.sort((a, b) => a.startedAt - b.startedAt).slice(0, limit);
    return { total, matching: found.length, requests: oldest.map((x) => this.#stateOf(x, now)) };
  }

  /** Ends the request of that id; null when there is none. What it was is told as it was before. */
  kill(id: string, now: number): InflightRequest | null {
    for (const connection of this.#connections) {
      const x = connection.exchanges.find((one) => one.sequence !== 0 && this.#ids.idOf(one) === id);
      if (x === undefined) continue;
      const state = this.#stateOf(x, now);
      connection.kill(x);
      return state;
    }
    return null;
  }

  /** What is in flight to each of the targets; those without any are left out. */
  work(targets: ReadonlySet<string>, limit: number, now: number): readonly TargetWork[] {
    const found = new Map<string, Exchange[]>();
    for (const [, x, id] of this.#at(targets)) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [x]);
      else known.push(x);
    }
    return [...found].map(([target, exchanges]) => {
      const websockets = exchanges.filter((x) => phaseOf(x) === 'websocket').length;
      const oldest = exchanges.sort((a, b) => a.startedAt - b.startedAt).slice(0, limit);
      return {
        target,
        requests: exchanges.length - websockets,
        websockets,
        oldest: oldest.map((x) => this.#stateOf(x, now)),
      };
    });
  }

  /** Ends all that is in flight to the targets. */
  cut(targets: ReadonlySet<string>): number {
    const found = [...this.#at(targets)];
    for (const [connection, x] of found) connection.kill(x);
    return found.length;
  }

  /** Exchanges that a target works on now: not those that wait for another try, nor those whose answer it has given. */
  *#at(targets: ReadonlySet<string>): Generator<readonly [OpenConnection, Exchange, string]> {
    for (const connection of this.#connections) {
      for (const x of connection.exchanges) {
        const id = x.target?.plan.id;
        if (id === undefined || !targets.has(id)) continue;
        if (x.tries !== null && x.tries.phase !== 'pause') yield [connection, x, id];
      }
    }
  }

  #stateOf(x: Exchange, now: number): InflightRequest {
    return {
      id: this.#ids.idOf(x),
      correlation_id: x.correlationId,
      trace_id: x.traceId,
      age_ms: Math.round(now - x.startedAt),
      phase: phaseOf(x),
      client_ip: x.clientIp,
      listener: x.listener.plan.id,
      method: x.head.method,
      host: x.head.host,
      path: redactValue(x.path),
      protocol: x.protocol,
      user_agent: redactValue(x.head.known(fieldIds.userAgent) ?? ''),
      route: x.route?.plan.id ?? '',
      upstream: x.upstreamName,
      target: x.target?.plan.address ?? '',
      attempts: x.attempts,
      status: x.status,
      bytes_in: x.bytesIn,
      bytes_out: x.client.bytesWritten - x.bytesOutBefore,
      tries: x.trail?.failed.map(tryState) ?? [],
    };
  }
}
