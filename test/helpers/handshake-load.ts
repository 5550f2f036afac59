/** Clients that open one TLS connection after the other, and what became of every single one. */
import { shownBy } from './served-certificate.ts';

export interface HandshakeCount {
  readonly done: number;
  /** Why each that failed did. */
  readonly failures: readonly string[];
}

export class HandshakeLoad {
  #done = 0;
  #stopping = false;
  readonly #failures: string[] = [];
  readonly #clients: readonly Promise<void>[];

  /** Begins at once, and goes on until `stop`. */
  constructor(port: number, clients: number) {
    this.#clients = Array.from({ length: clients }, () => this.#client(port));
  }

  get done(): number {
    return this.#done;
  }

  /** Lets every client finish what it has begun. */
  async stop(): Promise<HandshakeCount> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    return { done: this.#done, failures: this.#failures };
  }

  async #client(port: number): Promise<void> {
    while (!this.#stopping) {
      try {
        await shownBy(port);
        this.#done++;
      } catch (error) {
        this.#failures.push(String(error));
      }
    }
  }
}
