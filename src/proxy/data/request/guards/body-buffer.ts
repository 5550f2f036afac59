/**
 * Guard: takes the whole body of a request before a target is asked, where the route wants that (`buffer-requests`), so
 * that a slow client holds no target and every try can have the body. Bounded for one request by `max-body-size`, and for
 * all of them together here; beyond that the route's `failure-mode` decides.
 */
import { bump, guardFields } from '../../../shared/cells.ts';
import type { BodyEnd } from '../../body-end.ts';
import type { BodySink, Exchange } from '../exchange.ts';
import { HeldBody, TOTAL_HELD_BYTES } from '../held-body.ts';
import { respond } from '../respond.ts';

/** False while the body is awaited. */
export function bodyBuffer(x: Exchange): boolean {
  if (x.route?.plan.policies.bufferRequests !== true || x.received) return true;
  new BodyBuffer(x).begin();
  return false;
}

class BodyBuffer implements BodySink {
  readonly #x: Exchange;
  readonly #held: HeldBody;
  readonly #open: boolean;
  /** There is no room for more. */
  #full = false;

  constructor(x: Exchange) {
    this.#x = x;
    this.#held = new HeldBody(x.runtime.cells.guards);
    this.#open = x.route?.plan.policies.failureMode === 'open';
  }

  begin(): void {
    const x = this.#x;
    x.held = this.#held;
    x.bodySink = this;
    x.abandon = () => this.#leave();
    if (x.head.expectContinue) {
      x.continued = true;
      x.client.sendContinue();
    }
    x.client.resumeBody();
  }

  /** @inheritdoc */
  write(buffer: Buffer, from: number, to: number, framed: boolean): void {
    if (!this.#full && this.#held.add(buffer, from, to, framed, TOTAL_HELD_BYTES)) return;
    this.#full = true;
    // What has been read is not lost; more than this is not read.
    if (this.#open) this.#held.add(buffer, from, to, framed, Infinity);
  }

  /** @inheritdoc */
  end(end: BodyEnd): void {
    const x = this.#x;
    x.bodyEnd = end;
    this.#leave();
    if (this.#full && !this.#mayStream()) respond(x, 'guard_failed');
    else x.host.proceed(x);
  }

  /** @inheritdoc */
  flush(): void {
    if (!this.#full) return;
    // Whatever becomes of it: from here on the rest waits until somebody takes it.
    const x = this.#x;
    this.#leave();
    x.client.pauseBody();
    if (this.#mayStream()) x.host.proceed(x);
    else respond(x, 'guard_failed');
  }

  #mayStream(): boolean {
    bump(this.#x.runtime.cells.guards, this.#open ? guardFields.failedOpen : guardFields.failedClosed);
    return this.#open;
  }

  #leave(): void {
    this.#x.bodySink = null;
    this.#x.abandon = null;
  }
}
