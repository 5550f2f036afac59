/** An exchange as a filter sees it, finished or under way. Made once for each filter run and pointed at one exchange after the other. */
import type { FieldName } from '../../../filter/fields.ts';
import type { FieldValue, FilterSubject } from '../../../filter/match.ts';
import { fieldIds } from '../http1/head.ts';
import type { Exchange } from '../request/exchange.ts';
import { phaseOf } from './phase.ts';
import type { RequestIds } from './request-ids.ts';

export class ExchangeSubject implements FilterSubject {
  readonly #ids: RequestIds;
  #x: Exchange | null = null;
  #now = 0;

  constructor(ids: RequestIds) {
    this.#ids = ids;
  }

  /** @param now For what is under way: what its age is reckoned by; for what is finished: when it ended. */
  of(x: Exchange, now: number): this {
    this.#x = x;
    this.#now = now;
    return this;
  }

  get name(): string {
    const { head, path } = this.#x as Exchange;
    return `${head.method} ${head.host}${path}`;
  }

  value(field: FieldName): FieldValue {
    const x = this.#x as Exchange;
    switch (field) {
      case 'id':
        return [x.correlationId, this.#ids.idOf(x)];
      case 'trace':
        return x.traceId;
      case 'client':
        return x.clientIp;
      case 'listener':
        return x.listener.plan.id;
      case 'method':
        return x.head.method;
      case 'host':
        return x.head.host;
      case 'path':
        return x.path;
      case 'protocol':
        return x.protocol;
      case 'agent':
        return x.head.known(fieldIds.userAgent) ?? '';
      case 'status':
        return x.status;
      case 'cause':
        return x.cause ?? '';
      case 'phase':
        return phaseOf(x);
      case 'route':
        return x.route?.plan.id ?? '';
      case 'upstream':
        return x.upstreamName;
      case 'target':
        return x.target?.plan.address ?? '';
      case 'attempts':
        return x.attempts;
      case 'duration':
      case 'p50':
      case 'p95':
      case 'p99':
        return this.#now - x.startedAt;
      case 'age':
        // A finished one has ended just now; what is under way is as old as it runs.
        return x.done ? 0 : this.#now - x.startedAt;
      case 'in':
        return x.bytesIn;
      case 'out':
        return x.client.bytesWritten - x.bytesOutBefore;
      default:
        return undefined;
    }
  }
}
