/** The connection of a probe while it is made, and how far it came: TCP first, then TLS where the target has it. */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tlsFault } from '../../../web/tls-fault.ts';
import { connectFailure, failed, type ProbeFinding, withinWords } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';

export class ProbeOpening {
  readonly socket: Socket;
  readonly #secured: TLSSocket | null;
  #phase: 'connect' | 'handshake' | 'open' = 'connect';
  #broken: ProbeFinding | null = null;

  /**
   * Begins to connect.
   * @param alpn Protocols that are offered under TLS.
   * @param opened The connection stands, and its certificate is good.
   * @param failed The connection could not be made. Not called after `opened`.
   */
  constructor(
    { socket: to, tls }: ProbeTarget,
    alpn: readonly string[],
    opened: () => void,
    failed: (finding: ProbeFinding) => void,
  ) {
    this.#secured = tls === null ? null : tls.connect(to, alpn);
    this.socket =
      this.#secured ??
      (to.kind === 'unix' ? connect({ path: to.path }) : connect({ host: to.host, port: to.port, noDelay: true }));
    const ready = (): void => {
      this.#phase = 'open';
      opened();
    };
    this.socket.once('connect', () => {
      if (this.#secured === null) ready();
      else this.#phase = 'handshake';
    });
    this.#secured?.once('secureConnect', ready);
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      const finding = this.#findingOf(error);
      if (this.#phase === 'open') this.#broken ??= finding;
      else failed(finding ?? connectFailure(error.code ?? '', error.syscall));
    });
  }

  /** What TLS has to say of the end of a connection that stood; null = nothing. Of TLS 1.3 a target refuses our certificate so. */
  get broken(): ProbeFinding | null {
    return this.#broken;
  }

  /** The time is over. */
  overdue(timeoutMs: number): ProbeFinding {
    const within = withinWords(timeoutMs);
    switch (this.#phase) {
      case 'connect':
        return failed('L4TMOUT', `no connection ${within}`);
      case 'handshake':
        return failed('L6TLS', `connected, but the TLS handshake was not over ${within}`);
      case 'open':
        return failed('L7TMOUT', `connected, but no whole answer ${within}`);
    }
  }

  #findingOf(error: Error): ProbeFinding | null {
    const secured = this.#secured;
    const fault = secured && tlsFault(secured, error, this.#phase === 'handshake');
    return fault && failed('L6TLS', fault.reason);
  }
}
