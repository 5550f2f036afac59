/**
 * The HTTP/2 sessions of one worker with one target: few, each filled before another is opened, under the bounds, limits
 * and counts of connections (`pool.ts` is the same for HTTP/1.1). Lives across reloads as long as the target does.
 */
import { acquire, bump, release, targetFields } from '../../../shared/cells.ts';
import type { Channel, Pool, PoolClient } from '../channel.ts';
import { PoolState } from '../pool-state.ts';
import type { SessionStream } from './session-stream.ts';
import { type SessionOwner, TargetSession } from './target-session.ts';

/** What is wrong with a target is said again after this time, however many requests meet it. */
const SAY_AGAIN_MS = 60_000;

export class SessionPool extends PoolState implements Pool, SessionOwner {
  /** When it was last said that the target speaks no HTTP/2. */
  #saidAt = -Infinity;
  /** All there are, the oldest first: streams go where others are, so that the rest may end. */
  readonly #all = new Set<TargetSession>();
  /** Open and without a stream. */
  readonly #idle = new Set<TargetSession>();

  /** @inheritdoc */
  misspoke(reason: string): void {
    const now = this.clock.now();
    if (now - this.#saidAt < SAY_AGAIN_MS) return;
    this.#saidAt = now;
    this.host.say({
      kind: 'log',
      level: 'warn',
      message: 'A target does not speak HTTP/2 as it must',
      fields: { event: 'target_http2', target: this.settings.target, why: reason },
    });
  }

  /** @inheritdoc */
  dropIdle(): void {
    for (const session of [...this.#idle]) session.destroy();
  }

  /** @inheritdoc */
  retire(): void {
    this.retired = true;
    for (const session of [...this.#all]) if (session.open) session.retire();
  }

  /** @inheritdoc */
  get finished(): boolean {
    return this.retired && this.#all.size === 0 && this.waiting.size === 0;
  }

  /** @inheritdoc */
  acquire(client: PoolClient, fresh: boolean): void {
    bump(this.cell, targetFields.acquired);
    if (this.retired) this.host.revived(this);
    this.#place(client, fresh);
  }

  /** @inheritdoc */
  cancel(client: PoolClient): void {
    if (!this.waiting.leave(client)) client.opening?.destroy();
  }

  /** Takes back a stream; the session that carried it is as good as before. */
  release(channel: Channel): void {
    (channel as SessionStream).finish();
  }

  /** @inheritdoc */
  opened(session: TargetSession): void {
    if (session.room <= 0) {
      // Another session would be no better, and the next one neither.
      this.misspoke('it takes connections, but no streams');
      session.fail('upstream_reset');
      return;
    }
    const clients = session.takeJoined();
    for (const client of clients) {
      if (session.room > 0) session.assign(client);
      else this.#place(client, false);
    }
    if (!session.dead) this.freed(session);
  }

  /** @inheritdoc */
  freed(session: TargetSession): void {
    if (!session.open) return;
    if (this.retired || this.#done(session)) {
      session.retire();
      return;
    }
    while (session.room > 0) {
      const client = this.waiting.next();
      if (client === undefined) break;
      this.#give(session, client);
    }
    if (session.dead || session.streams > 0 || this.#idle.has(session)) return;
    const kept = this.settings.keep && !this.waiting.othersWait;
    if (!kept || !acquire(this.cell, targetFields.idle, this.settings.pool.maxIdle)) {
      session.retire();
      return;
    }
    session.idleSince = this.tick;
    this.#idle.add(session);
  }

  /** @inheritdoc */
  closed(session: TargetSession): void {
    if (!this.#all.delete(session)) return;
    if (this.#idle.delete(session)) release(this.cell, targetFields.idle);
    release(this.cell, targetFields.connections);
    this.#openForWaiting();
  }

  /** @inheritdoc */
  postpone(ms: number): void {
    for (const session of this.#all) session.postpone(ms);
    this.waiting.postpone(ms);
  }

  /** @inheritdoc */
  sweep(now: number): void {
    this.tick = now;
    for (const session of [...this.#all]) session.sweep(now);
    for (const session of [...this.#all]) if (session.open && this.#done(session)) session.retire();
    const idleMs = this.settings.pool.idleTimeoutMs;
    for (const session of [...this.#idle]) {
      if (this.waiting.othersWait || (idleMs !== 0 && now - session.idleSince >= idleMs)) session.retire();
    }
    this.#share();
    this.waiting.sweep(now);
    this.#openForWaiting();
  }

  /** @inheritdoc */
  destroy(): void {
    for (const session of [...this.#all]) session.destroy();
  }

  /** Finds `client` a stream, a session that will have one, or a place in the queue. */
  #place(client: PoolClient, fresh: boolean): void {
    const found = fresh ? undefined : this.#sessionWith(true);
    if (found !== undefined) {
      this.#give(found, client);
      return;
    }
    if (this.#joinOne(client)) return;
    // At the bound any session is better than waiting, and one without streams can give way to a fresh one.
    if (fresh) {
      for (const session of this.#idle) {
        session.destroy();
        if (this.#joinOne(client)) return;
        break;
      }
      const other = this.#sessionWith(true);
      if (other !== undefined) {
        this.#give(other, client);
        return;
      }
    }
    this.waiting.join(client, this.settings);
  }

  #sessionWith(open: boolean): TargetSession | undefined {
    for (const session of this.#all) if (session.open === open && session.room > 0) return session;
    return undefined;
  }

  #give(session: TargetSession, client: PoolClient): void {
    if (this.#idle.delete(session)) release(this.cell, targetFields.idle);
    bump(this.cell, targetFields.reused);
    session.assign(client);
  }

  /** Lets `client` wait for a session that is being opened, or opens one for it. False at the bound over all workers. */
  #joinOne(client: PoolClient): boolean {
    let session = this.#sessionWith(false);
    if (session === undefined) {
      if (!acquire(this.cell, targetFields.connections, this.settings.pool.maxConnections)) return false;
      bump(this.cell, targetFields.opened);
      session = new TargetSession(this.settings.socket, this, this.clock);
      this.#all.add(session);
    }
    session.join(client);
    return true;
  }

  #openForWaiting(): void {
    for (let client = this.waiting.first; client !== undefined; client = this.waiting.first) {
      if (!this.#joinOne(client)) return;
      this.waiting.leave(client);
    }
  }

  /** Gives up a session that others need more: they have none, or this worker has several and nobody who waits. */
  #share(): void {
    if (!this.waiting.othersWait || this.waiting.size > 0) return;
    const mine = this.cell.lane[targetFields.connections] as number;
    const alone = Atomics.load(this.cell.shared, targetFields.connections) === mine;
    if (!alone && this.#all.size < 2) return;
    let least: TargetSession | undefined;
    for (const session of this.#all) {
      if (session.open && session.room > 0 && (least === undefined || session.streams < least.streams)) least = session;
    }
    least?.retire();
  }

  #done(session: TargetSession): boolean {
    return session.spent || this.outlived(session.openedAt);
  }
}
