/** What a worker tells while somebody debugs: which requests went wrong, and where. A bounded number a second; called once a failed exchange. */
import { redactQuery } from '../../base/redaction.ts';
import { hundredths } from '../../base/units.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import { Allowance } from './records/allowance.ts';
import type { Exchange } from './request/exchange.ts';

/** More than anybody reads as it comes. */
const MOST_A_SECOND = 50;

export class DebugLines {
  readonly #say: (said: WorkerSaid) => void;
  readonly #allowance = new Allowance(MOST_A_SECOND, 1000);
  #unsaid = 0;

  constructor(say: (said: WorkerSaid) => void) {
    this.#say = say;
  }

  failed(x: Exchange, now: number): void {
    if (!this.#allowance.take(now)) {
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
        upstream: x.upstreamName,
        target: target?.plan.address ?? '',
        attempts: x.attempts,
        duration_ms: hundredths(now - x.startedAt),
        unsaid_before: this.#unsaid,
      },
    });
    this.#unsaid = 0;
  }
}
