/**
 * One look at one daemon: asks for its state and for the parts that are wanted, all at once, and puts together what came. Remembers
 * what came before, for the parts that do not come this time. Called by the daemon's feed, never twice at a time.
 */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import type { UpstreamsReply } from '../../admin/contract/upstream-shapes.ts';
import type { Clock } from '../../base/clock.ts';
import { SentinelError } from '../../base/errors.ts';
import { lostWords } from './lost-words.ts';
import { askPart, seldom } from './part-asks.ts';
import type { PartName, Parts, Reading, Wants } from './reading.ts';
import { TrafficPast } from './traffic-past.ts';
import { WhoWeAre } from './who-we-are.ts';

/** What comes in one look; more is no daemon of ours. */
const MOST_BYTES = 32 << 20;
/** A part that takes longer holds nothing else up. */
const PART_PATIENCE_MS = 2_000;
/** A part that has not come for so long is not known any more. */
const OLD_LEAST_MS = 6_000;
const OLD_INTERVALS = 3;

export interface PollerOptions {
  readonly node: string;
  readonly client: AdminClient;
  readonly clock: Clock;
}

export class Poller {
  readonly #options: PollerOptions;
  readonly #past: TrafficPast;
  #kept: Partial<Parts> = {};
  /** When each part was asked for, of those that came. */
  readonly #cameMs = new Map<PartName, number>();
  #clientsBy: Wants['clientsBy'] | null = null;
  #startedAt: string | null = null;
  readonly #who: WhoWeAre;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#past = new TrafficPast(options.clock);
    this.#who = new WhoWeAre(options.client);
  }

  /**
   * @param timeoutMs Longest silence of one reply.
   * @param thorough Also what is asked for seldom.
   * @throws as `AdminClient.call` when the daemon does not say how it is
   */
  async poll(wants: Wants, signal: AbortSignal, timeoutMs: number, thorough = false): Promise<Reading> {
    const { client, clock, node } = this.#options;
    const beganMs = clock.now();
    const room = { bytes: MOST_BYTES };
    const cutParts = new AbortController();
    const cut = (): void => cutParts.abort();
    signal.addEventListener('abort', cut, { once: true });
    const partMs = Math.min(PART_PATIENCE_MS, timeoutMs);
    const limit = clock.after(partMs, cut);
    const patience = { signal: cutParts.signal, timeoutMs, room };
    try {
      if (wants.clientsBy !== this.#clientsBy) this.#kept = without(this.#kept, 'clients');
      this.#clientsBy = wants.clientsBy;
      const due = wants.parts.filter((part) => thorough || this.#isDue(part, beganMs));
      // First: a part that does not answer must not keep them waiting for a connection.
      const state = Promise.all([
        client.call('status', { signal, timeoutMs, room }),
        client.call('upstreams', { signal, timeoutMs, room }),
      ]);
      const asked = Promise.allSettled(due.map((part) => askPart(part, { client, wants, patience, past: this.#past })));
      const [status, upstreams] = await state;
      holdShape(status, upstreams);
      const anew = this.#startedAt !== null && this.#startedAt !== status.data.started_at;
      this.#startedAt = status.data.started_at;
      const identity = await this.#who.at(status, cutParts.signal);
      const came = await asked;
      const unread: Partial<Record<PartName, string>> = {};
      const parts = this.#keepWanted(wants, anew);
      for (const [index, part] of due.entries()) {
        const outcome = came[index] as PromiseSettledResult<Parts[PartName]>;
        if (outcome.status === 'rejected') {
          const late = cutParts.signal.aborted && !signal.aborted ? partMs : null;
          unread[part] = lostWords(outcome.reason, late);
          if (this.#isOld(part, wants)) delete parts[part];
        } else if (anew && part === 'traffic') {
          // It goes on where the past of another process ended.
          unread[part] = 'the daemon was started anew';
        } else {
          Object.assign(parts, { [part]: outcome.value });
          this.#cameMs.set(part, beganMs);
        }
      }
      this.#kept = parts;
      if (anew) this.#past.forget();
      const receivedMs = clock.now();
      return { node, receivedMs, tookMs: receivedMs - beganMs, ...factsOf(status, upstreams), parts, unread, identity };
    } finally {
      limit.stop();
      signal.removeEventListener('abort', cut);
      // Whatever is still under way belongs to a daemon that has not answered.
      cut();
    }
  }

  #isDue(part: PartName, nowMs: number): boolean {
    const cameMs = this.#cameMs.get(part);
    return this.#kept[part] === undefined || cameMs === undefined || nowMs - cameMs >= (seldom[part] ?? 0);
  }

  /** What came last is shown no longer than a daemon that says nothing is taken for live. */
  #isOld(part: PartName, { intervalMs }: Wants): boolean {
    const cameMs = this.#cameMs.get(part) ?? Number.NEGATIVE_INFINITY;
    return (
      this.#options.clock.now() - cameMs > (seldom[part] ?? 0) + Math.max(OLD_LEAST_MS, OLD_INTERVALS * intervalMs)
    );
  }

  /** What came before, of what is wanted; nothing of a process that is no more. */
  #keepWanted(wants: Wants, anew: boolean): Partial<Parts> {
    if (anew) return {};
    return Object.fromEntries(
      wants.parts.flatMap((part) => (this.#kept[part] === undefined ? [] : [[part, this.#kept[part]]])),
    );
  }
}

/** Something may answer as a daemon does, and be none. @throws SNT-A010 */
function holdShape(status: Reply<StatusReply>, upstreams: Reply<UpstreamsReply>): void {
  const { started_at: startedAt, windows, counts } = (status.data ?? {}) as Partial<StatusReply>;
  const isStatus = typeof startedAt === 'string' && windows !== undefined && counts !== undefined;
  if (isStatus && Array.isArray(upstreams.data?.upstreams) && Number.isFinite(Date.parse(status.time))) return;
  throw new SentinelError('SNT-A010', `${status.daemon} answered with something that is not the state of a daemon`);
}

function without(parts: Partial<Parts>, name: PartName): Partial<Parts> {
  const { [name]: _gone, ...others } = parts;
  return others;
}

/**
 * Time, generation and ETag are those of the reply that is older: what is ordered by them is refused if anything has changed since
 * either.
 */
function factsOf(
  status: Reply<StatusReply>,
  upstreams: Reply<UpstreamsReply>,
): Pick<Reading, 'atMs' | 'generation' | 'etag' | 'status' | 'upstreams'> {
  const statusMs = Date.parse(status.time);
  const older = Date.parse(upstreams.time) <= statusMs ? upstreams : status;
  return {
    atMs: statusMs,
    generation: older.generation,
    etag: older.etag,
    status: status.data,
    upstreams: upstreams.data.upstreams,
  };
}
