/**
 * What the proxy saw of requests that were sent to it under one trace id: watches finished requests as they come, and looks among
 * those that are kept. Knows a request by its correlation id, which the answer names.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { RequestRecord, TapNews } from '../../admin/contract/request-shapes.ts';
import type { Clock } from '../../base/clock.ts';

/** Records are read ten times a second: those that come later than the first wait are looked for among those that are kept. */
const WAITS_MS = [300, 1_500] as const;

export class Sightings {
  readonly #client: AdminClient;
  readonly #clock: Clock;
  readonly #filter: string;
  readonly #seen = new Map<string, RequestRecord>();
  readonly #waiting = new Map<string, (record: RequestRecord) => void>();
  readonly #over = new AbortController();
  /** Set when watching has failed. */
  #failure: Error | null = null;

  /** Begins to watch. */
  constructor(client: AdminClient, clock: Clock, traceId: string) {
    this.#client = client;
    this.#clock = clock;
    this.#filter = `trace=${JSON.stringify(traceId)}`;
    void this.#watch();
  }

  async #watch(): Promise<void> {
    try {
      const query = { filter: this.#filter };
      for await (const { data } of this.#client.stream(['requests'], query, { signal: this.#over.signal })) {
        const news = data as TapNews;
        if (news.kind === 'request') this.#saw(news.request);
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The record of one request; null = the proxy says nothing of it. @throws what the daemon answers when it may not be asked */
  async of(correlationId: string): Promise<RequestRecord | null> {
    for (const waitMs of WAITS_MS) {
      const seen = this.#seen.get(correlationId) ?? (await this.#waitFor(correlationId, waitMs));
      if (seen !== null) return seen;
      if (this.#failure !== null) throw this.#failure;
      // Errors, slow ones and a sample of the rest are kept, also what came before anybody watched.
      const { data } = await this.#client.call('requests', { query: { filter: this.#filter, limit: '2000' } });
      for (const record of data.requests) this.#saw(record);
    }
    return this.#seen.get(correlationId) ?? null;
  }

  close(): void {
    this.#over.abort();
  }

  #saw(record: RequestRecord): void {
    this.#seen.set(record.correlation_id, record);
    this.#waiting.get(record.correlation_id)?.(record);
  }

  #waitFor(correlationId: string, waitMs: number): Promise<RequestRecord | null> {
    return new Promise((resolve) => {
      const done = (record: RequestRecord | null): void => {
        late.stop();
        this.#waiting.delete(correlationId);
        resolve(record);
      };
      const late = this.#clock.after(this.#failure === null ? waitMs : 0, () => done(null));
      this.#waiting.set(correlationId, done);
    });
  }
}
