/**
 * Who we are at one daemon: asked beside its state, so that a slow daemon that still says how it is can still be told what to do. Called
 * by the poller; what an operator may do is enforced by the daemon, whatever stands here.
 */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import { codeOf } from './lost-words.ts';
import type { Identity } from './reading.ts';

/** A daemon that takes longer is asked again. */
const PATIENCE_MS = 10_000;
const MOST_BYTES = 64 << 10;

export class WhoWeAre {
  readonly #client: AdminClient;
  #identity: Identity | null = null;
  /** Of which process and configuration it was said; null = of none. */
  #of: { readonly startedAt: string; readonly generation: number } | null = null;
  #asking: Promise<void> | null = null;

  constructor(client: AdminClient) {
    this.#client = client;
  }

  /**
   * Asked again when another process answers, or tokens may have changed.
   * @param cut until when it is waited for: what comes later is for the next reading. Null = it has not been said by this process.
   */
  async at(
    { data: { started_at: startedAt }, generation }: Reply<StatusReply>,
    cut: AbortSignal,
  ): Promise<Identity | null> {
    const of = this.#of;
    if (of?.startedAt === startedAt && of.generation === generation) return this.#identity;
    if (of !== null && of.startedAt !== startedAt) {
      this.#identity = null;
      this.#of = null;
    }
    this.#asking ??= this.#ask({ startedAt, generation }).finally(() => {
      this.#asking = null;
    });
    await Promise.race([this.#asking, ended(cut)]);
    return this.#of === null || this.#of.startedAt === startedAt ? this.#identity : null;
  }

  async #ask(of: { readonly startedAt: string; readonly generation: number }): Promise<void> {
    try {
      const { data } = await this.#client.call('identity', { timeoutMs: PATIENCE_MS, room: { bytes: MOST_BYTES } });
      this.#identity = { actor: data.actor, role: data.role };
      this.#of = of;
    } catch (error) {
      const code = codeOf(error);
      // Who cannot prove who they are can change nothing there. An older daemon has no such endpoint.
      if (code === 'SNT-A009') this.#identity = { actor: 'a user who could not be proven', role: 'viewer' };
      else if (code === 'SNT-A005') this.#identity = null;
      // What was not answered changes nothing: it is asked again.
      else return;
      this.#of = of;
    }
  }
}

function ended(cut: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (cut.aborted) resolve();
    else cut.addEventListener('abort', () => resolve(), { once: true });
  });
}
