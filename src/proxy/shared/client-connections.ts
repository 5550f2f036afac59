/**
 * How many connections each client (an IPv4 address, an IPv6 /64) has open, over all workers, exactly. A count is kept as
 * one number per worker, so that what a dead worker held can be given back (`reclaimClients`) and nothing else is touched.
 * Workers take and give back at accept and at close, never for a request.
 */
import { readAddress, words as address } from './address.ts';

/** Words of the head: buckets, lanes, identity, entries refused for want of a slot. */
const head = { buckets: 0, lanes: 1, identity: 2, full: 3, words: 4 } as const;

/**
 * Slots of a bucket. A client has its place in one bucket only, chosen by a hash with a seed that nobody outside knows. With
 * half of all slots in use, one in ten million buckets runs full; then that client is refused.
 */
const BUCKET = 64;
const KEY_WORDS = 2;
/** Looks at a lock that somebody holds before this thread sleeps for a moment. */
const SPINS = 100;

/** High word of the key of an IPv4 address, and of the one IPv6 prefix whose words are those of an empty slot. */
const IPV4 = -1;
const ZERO_PREFIX = -2;

/**
 * An empty table for `most` clients at once, twice as large as that.
 * @param identity Any number: seeds the hash, and tells this table from another one
 */
export function newClientConnections(most: number, lanes: number, identity: number): SharedArrayBuffer {
  let buckets = 1;
  while (buckets * BUCKET < most * 2) buckets *= 2;
  const buffer = new SharedArrayBuffer((head.words + buckets + buckets * BUCKET * (KEY_WORDS + lanes)) * 4);
  const words = new Int32Array(buffer);
  words[head.buckets] = buckets;
  words[head.lanes] = lanes;
  words[head.identity] = identity;
  return buffer;
}

/** How many clients the table has room for. */
export function clientCapacity(buffer: SharedArrayBuffer): number {
  return ((new Int32Array(buffer)[head.buckets] as number) * BUCKET) / 2;
}

/** Gives back what a dead worker held: its counts, and the lock that it may have died with. */
export function reclaimClients(buffer: SharedArrayBuffer, lane: number): void {
  const words = new Int32Array(buffer);
  const buckets = words[head.buckets] as number;
  const lanes = words[head.lanes] as number;
  const counts = head.words + buckets + buckets * BUCKET * KEY_WORDS;
  for (let at = counts + lane; at < words.length; at += lanes) if (words[at] !== 0) Atomics.store(words, at, 0);
  for (let bucket = 0; bucket < buckets; bucket++) {
    Atomics.compareExchange(words, head.words + bucket, lane + 1, 0);
  }
}

/**
 * The table as one worker sees it. A bucket is changed by who holds its lock, for less than a microsecond; each change is
 * one store of the worker's own number, so that a thread that dies in between leaves nothing half done.
 */
export class ClientConnections {
  readonly #words: Int32Array;
  readonly #lane: number;
  readonly #lanes: number;
  readonly #buckets: number;
  readonly #keys: number;
  readonly #counts: number;
  /** Key that the last call of `#find` was about. */
  #high = 0;
  #low = 0;

  constructor(buffer: SharedArrayBuffer, lane: number) {
    const words = new Int32Array(buffer);
    this.#words = words;
    this.#lane = lane;
    this.#lanes = words[head.lanes] as number;
    this.#buckets = words[head.buckets] as number;
    this.#keys = head.words + this.#buckets;
    this.#counts = this.#keys + this.#buckets * BUCKET * KEY_WORDS;
  }

  /** True when both are views of one table: memory that a message brings twice is two objects. */
  isSame(other: ClientConnections): boolean {
    return this.#words[head.identity] === other.#words[head.identity] && this.#buckets === other.#buckets;
  }

  /**
   * Counts a connection of `client` unless that would be more than `limit` (0 = count it anyhow).
   * @returns false when it is one too many, or when the table has no room for this client
   */
  enter(client: string, limit: number): boolean {
    const bucket = this.#bucketOf(client);
    if (bucket === -1) return true;
    this.#lock(bucket);
    let slot = this.#find(bucket);
    if (slot === -1) slot = this.#claim(bucket);
    const entered = slot !== -1 && (limit === 0 || this.#total(slot) < limit);
    if (entered) this.#add(slot, 1);
    this.#unlock(bucket);
    return entered;
  }

  /** Gives back what `enter` counted. */
  leave(client: string): void {
    this.leaveAbove(client, 0);
  }

  /** Gives one of `client`'s connections back if it has more than `limit`; false = it has not. */
  leaveAbove(client: string, limit: number): boolean {
    const bucket = this.#bucketOf(client);
    if (bucket === -1) return limit === 0;
    this.#lock(bucket);
    const slot = this.#find(bucket);
    const left = slot !== -1 && this.#own(slot) > 0 && this.#total(slot) > limit;
    if (left) {
      this.#add(slot, -1);
      if (this.#total(slot) === 0) this.#setKey(slot, 0, 0);
    }
    this.#unlock(bucket);
    return left;
  }

  /** Connections of `client`, over all workers. */
  count(client: string): number {
    return this.#read(client, (slot) => this.#total(slot));
  }

  /** Those of them that this worker holds. */
  held(client: string): number {
    return this.#read(client, (slot) => this.#own(slot));
  }

  /** Clients that were refused because their bucket was full. */
  get refusedFull(): number {
    return Atomics.load(this.#words, head.full);
  }

  #read(client: string, what: (slot: number) => number): number {
    const bucket = this.#bucketOf(client);
    if (bucket === -1) return 0;
    this.#lock(bucket);
    const slot = this.#find(bucket);
    const value = slot === -1 ? 0 : what(slot);
    this.#unlock(bucket);
    return value;
  }

  /** Sets the key that the next `#find` is about; -1 for what is no address (unix sockets), which is not counted. */
  #bucketOf(client: string): number {
    const family = readAddress(client);
    if (family === 0) return -1;
    const first = (address[0] as number) | 0;
    const second = (address[1] as number) | 0;
    if (family === 4) {
      this.#high = IPV4;
      this.#low = first;
    } else {
      const zero = first === 0 && second === 0;
      this.#high = zero ? ZERO_PREFIX : first;
      this.#low = second;
    }
    let hash = Math.imul(this.#high ^ (this.#words[head.identity] as number), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ this.#low, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
    return (hash ^ (hash >>> 16)) & (this.#buckets - 1);
  }

  #lock(bucket: number): void {
    const words = this.#words;
    const at = head.words + bucket;
    for (let looks = 0; ; looks++) {
      const holder = Atomics.compareExchange(words, at, 0, this.#lane + 1);
      if (holder === 0) return;
      // Its holder does not run at present, or has died and is given back soon.
      if (looks >= SPINS) Atomics.wait(words, at, holder, 1);
    }
  }

  #unlock(bucket: number): void {
    Atomics.store(this.#words, head.words + bucket, 0);
  }

  /** Slot of the key, or -1. */
  #find(bucket: number): number {
    const words = this.#words;
    const end = (bucket + 1) * BUCKET;
    for (let slot = bucket * BUCKET; slot < end; slot++) {
      const at = this.#keys + slot * KEY_WORDS;
      if (words[at] === this.#high && words[at + 1] === this.#low) return slot;
    }
    return -1;
  }

  /** Gives the key a slot of nobody, or one whose client has nothing left (its worker died); -1 when there is none. */
  #claim(bucket: number): number {
    const words = this.#words;
    const end = (bucket + 1) * BUCKET;
    let free = -1;
    for (let slot = bucket * BUCKET; slot < end && free === -1; slot++) {
      const at = this.#keys + slot * KEY_WORDS;
      if (words[at] === 0 && words[at + 1] === 0) free = slot;
    }
    for (let slot = bucket * BUCKET; slot < end && free === -1; slot++) if (this.#total(slot) === 0) free = slot;
    if (free === -1) Atomics.add(words, head.full, 1);
    else this.#setKey(free, this.#high, this.#low);
    return free;
  }

  #setKey(slot: number, high: number, low: number): void {
    const at = this.#keys + slot * KEY_WORDS;
    this.#words[at] = high;
    this.#words[at + 1] = low;
  }

  #total(slot: number): number {
    const from = this.#counts + slot * this.#lanes;
    let total = 0;
    for (let at = from; at < from + this.#lanes; at++) total += Atomics.load(this.#words, at);
    return total;
  }

  #own(slot: number): number {
    return Atomics.load(this.#words, this.#counts + slot * this.#lanes + this.#lane);
  }

  #add(slot: number, change: number): void {
    Atomics.add(this.#words, this.#counts + slot * this.#lanes + this.#lane, change);
  }
}
