/** What a worker tells while somebody debugs: which requests went wrong, and where. A bounded number a second; called once a failed exchange. */
import type { Clock } from '../../base/clock.ts';
import { redactQuery } from '../../base/redaction.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import type { Exchange } from './request/exchange.ts';

/** More than anybody reads as it comes. */
const MOST_A_SECOND = 50;

export class DebugLines {
  readonly #say: (said: WorkerSaid) => void;
  readonly #clock: Clock;
  #since = 0;
  #said = 0;
  #unsaid = 0;

  constructor(say: (said: WorkerSaid) => void, clock: Clock) {
    this.#say = say;
    this.#clock = clock;
  }

  failed(x: Exchange, now: number): void {
    if (this.#clock.now() - this.#since >= 1000) {
      this.#since = this.#clock.now();
      this.#said = 0;
    }
    if (++this.#said > MOST_A_SECOND) {
      this.#unsaid++;
      return;
    }
    const { head, route, target } = x;
    this.#say({
      kind: 'log',
      level: 'debug',
      message: 'Request failed',
      fields: {
        correlation_id: x.correlationId,
        trace_id: x.traceId,
        client_ip: x.clientIp,
        method: head.method,
        path: x.path,
        query: redactQuery(head.query),
        status: x.status,
        cause: x.cause,
        route: route?.plan.id ?? '',
        upstream: (x.upstream ?? route?.upstream)?.plan.name ?? '',
        target: target?.plan.address ?? '',
        attempts: x.attempts,
        duration_ms: Math.round((now - x.startedAt) * 100) / 100,
        unsaid_before: this.#unsaid,
      },
    });
    this.#unsaid = 0;
  }
}
