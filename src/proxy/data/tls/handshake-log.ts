/**
 * What the log says of TLS handshakes: a few lines a second and how many more there were, so that a flood of bad ones is
 * no flood of lines. Failures are for debugging; a client certificate that is not good is worth knowing.
 */
import type { WorkerSaid } from '../../shared/messages.ts';
import type { HandshakeResult } from '../../shared/handshake-results.ts';
import type { ShownCertificate } from './client-certificate.ts';

/** Lines of each kind that one worker says in one second. */
const LINES_PER_SECOND = 5;

export class HandshakeLog {
  readonly #say: (said: WorkerSaid) => void;
  readonly #failures = new Budget();
  readonly #badClients = new Budget();

  constructor(say: (said: WorkerSaid) => void) {
    this.#say = say;
  }

  /** @param why OpenSSL's words for it; empty = the result says all. */
  failed(listener: string, client: string, result: HandshakeResult, why: string): void {
    const unsaid = this.#failures.take();
    if (unsaid < 0) return;
    const reason = why.replace(/^ERR_(?:SSL|TLS)_/, '').toLowerCase();
    this.#say({
      kind: 'log',
      level: 'debug',
      message: 'TLS handshake failed',
      fields: { event: 'tls_handshake_failed', listener, client_ip: client, result, reason, unsaid_before: unsaid },
    });
  }

  badClient(listener: string, client: string, { subject, fault }: ShownCertificate): void {
    const unsaid = this.#badClients.take();
    if (unsaid < 0) return;
    this.#say({
      kind: 'log',
      level: 'info',
      message: 'Client certificate refused',
      fields: {
        event: 'client_certificate_refused',
        listener,
        client_ip: client,
        reason: fault,
        subject,
        unsaid_before: unsaid,
      },
    });
  }

  /** Called several times a second. */
  sweep(now: number): void {
    this.#failures.refill(now);
    this.#badClients.refill(now);
  }
}

class Budget {
  #left = LINES_PER_SECOND;
  #unsaid = 0;
  #refilledAt = -Infinity;

  /** How many were not said since the last one that was; -1 = this one is not said either. */
  take(): number {
    if (this.#left === 0) {
      this.#unsaid++;
      return -1;
    }
    this.#left--;
    const unsaid = this.#unsaid;
    this.#unsaid = 0;
    return unsaid;
  }

  refill(now: number): void {
    if (now - this.#refilledAt < 1000) return;
    this.#refilledAt = now;
    this.#left = LINES_PER_SECOND;
  }
}
