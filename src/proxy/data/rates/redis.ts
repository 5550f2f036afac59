/**
 * The door to `@redis/client`, loaded only where a configuration names a Redis. Keeps one connection up, says when it can be
 * used, sends commands. What is asked and what a failure means is decided by `stored-rates.ts`; addresses and passwords go
 * into no message.
 */

/** The library, as far as it is used. */
interface Client {
  on(event: 'ready' | 'end', listener: () => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(words: readonly string[]): Promise<unknown>;
}

export interface RedisEvents {
  /** It answers. */
  ready(): void;
  /** It cannot be used now, for the reason that a word or two say; `ready` follows when it can again. */
  away(why: string): void;
}

const CONNECT_MS = 1000;
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;

export class Redis {
  readonly #events: RedisEvents;
  #client: Client | null = null;
  #closed = false;

  constructor(url: string, events: RedisEvents) {
    this.#events = events;
    this.#open(url).catch((error: unknown) => {
      if (!this.#closed) events.away(wordsOf(error));
    });
  }

  /** @throws whatever the server or the connection says against it */
  command(words: readonly string[]): Promise<unknown> {
    return this.#client === null ? Promise.reject(new Error('not connected')) : this.#client.sendCommand(words);
  }

  /** Ends the connection; what was asked fails. */
  close(): void {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    // Throws where it has ended by itself.
    try {
      client?.destroy();
    } catch {}
  }

  async #open(url: string): Promise<void> {
    const { createClient } = await import('@redis/client');
    if (this.#closed) return;
    const client: Client = createClient({
      url,
      // Spoken by every version of the server.
      RESP: 2,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: CONNECT_MS,
        reconnectStrategy: (retries: number) => Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(retries, 10)),
      },
    }) as unknown as Client;
    this.#client = client;
    client.on('error', (error) => {
      if (!this.#closed) this.#events.away(wordsOf(error));
    });
    client.on('ready', () => {
      // A connection that is made says nothing of a server that hangs.
      client.sendCommand(['PING']).then(
        () => {
          if (!this.#closed) this.#events.ready();
        },
        (error: unknown) => {
          if (!this.#closed) this.#events.away(wordsOf(error));
        },
      );
    });
    await client.connect();
  }
}

/** `ECONNREFUSED`, `WRONGPASS`: the word that says what it is, without the sentence, which may hold the address. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return code;
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.constructor.name;
}
