/**
 * The keys of session tickets: one set for all workers and listeners, so that whoever got a ticket from one can resume at
 * another. Kept over reloads and certificate swaps, made anew once a day. `certificates.ts` puts it into plans.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';

/** What OpenSSL wants: name, HMAC key and AES key, 16 bytes each. */
const KEY_BYTES = 48;
/** Who steals a key reads what was resumed under it: no longer than this. */
const ROTATE_MS = 24 * 3_600_000;

export interface TicketKeysOptions {
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** There is another set: workers should have it. */
  readonly onRotate: () => void;
}

export class TicketKeys {
  readonly #rotating: Stoppable;
  #current: Uint8Array;

  constructor({ clock, random, onRotate }: TicketKeysOptions) {
    this.#current = random(KEY_BYTES);
    this.#rotating = clock.every(ROTATE_MS, () => {
      this.#current = random(KEY_BYTES);
      onRotate();
    });
  }

  /** 48 bytes. Never logged. */
  get current(): Uint8Array {
    return this.#current;
  }

  close(): void {
    this.#rotating.stop();
  }
}
