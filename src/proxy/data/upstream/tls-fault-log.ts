/** Says in the log why TLS to a target fails: each reason when it is new, then once a minute. One per pool. */
import type { Clock } from '../../../base/clock.ts';
import type { PoolHost } from './channel.ts';
import type { TlsFault } from '../../../web/tls-fault.ts';

const REPEAT_MS = 60_000;

export class TlsFaultLog {
  readonly #target: string;
  readonly #clock: Clock;
  readonly #host: Pick<PoolHost, 'say'>;
  #reason = '';
  #saidAt = 0;

  /** @param target `PlanTarget.id` */
  constructor(target: string, clock: Clock, host: Pick<PoolHost, 'say'>) {
    this.#target = target;
    this.#clock = clock;
    this.#host = host;
  }

  note({ cause, reason }: TlsFault): void {
    const now = this.#clock.now();
    if (reason === this.#reason && now - this.#saidAt < REPEAT_MS) return;
    this.#reason = reason;
    this.#saidAt = now;
    this.#host.say({
      kind: 'log',
      level: 'warn',
      message: 'TLS to a target failed',
      fields: { event: 'target_tls', target: this.#target, cause, why: reason },
    });
  }
}
