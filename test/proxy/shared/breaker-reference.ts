/** What a circuit breaker should do, written for reading: unbounded time, unbounded epochs, plain objects. */
import type { BreakerLimits, BreakerState } from '../../../src/proxy/shared/breaker.ts';

export interface ReferenceTicket {
  readonly epoch: number;
  /** Null while closed: nothing is held. */
  readonly slot: { readonly until: number } | null;
}

export class ReferenceBreaker {
  state: BreakerState = 'closed';
  count = 0;
  trips = 0;
  readonly changes: BreakerState[] = [];
  readonly #limits: BreakerLimits;
  #epoch = 0;
  #openedAt = 0;
  #held: { readonly until: number }[] = [];

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  allows(now: number): boolean {
    if (this.state === 'open') return now - this.#openedAt >= this.#limits.timeoutMs;
    if (this.state === 'half_open') return this.#taken(now) < this.#limits.halfOpenMaxRequests;
    return this.state === 'closed';
  }

  admit(now: number): ReferenceTicket | null {
    if (!this.allows(now)) return null;
    if (this.state === 'open') this.#move('half_open');
    if (this.state === 'closed') return { epoch: this.#epoch, slot: null };
    const until = now + this.#limits.timeoutMs;
    // The one time that cannot be told from none.
    const slot = { until: until % 2 ** 32 === 0 ? until + 1 : until };
    this.#held.push(slot);
    return { epoch: this.#epoch, slot };
  }

  succeeded(ticket: ReferenceTicket): void {
    this.withdrawn(ticket);
    if (ticket.epoch !== this.#epoch) return;
    if (this.state === 'closed') this.count = 0;
    else if (++this.count >= this.#limits.successThreshold) this.#move('closed');
  }

  failed(ticket: ReferenceTicket, now: number): void {
    this.withdrawn(ticket);
    if (ticket.epoch !== this.#epoch) return;
    if (this.state === 'closed' && ++this.count < this.#limits.failureThreshold) return;
    this.#openedAt = now;
    this.trips++;
    this.#move('open');
  }

  withdrawn(ticket: ReferenceTicket): void {
    this.#held = this.#held.filter((slot) => slot !== ticket.slot);
  }

  set(to: 'closed' | 'forced_open'): void {
    this.state = to;
    this.count = 0;
    this.#epoch++;
  }

  #taken(now: number): number {
    this.#held = this.#held.filter(({ until }) => until > now);
    return this.#held.length;
  }

  #move(to: BreakerState): void {
    this.set(to as 'closed');
    this.changes.push(to);
  }
}
