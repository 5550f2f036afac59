/**
 * Watches a configuration on trial until it is decided: on a terminal one line that is brought up to date, elsewhere a line for
 * each change of a guard. Going away ends the watching, never the trial. Used by `config apply`.
 */
import { stripVTControlCharacters } from 'node:util';
import type { AdminClient } from '../../admin/client/client.ts';
import type { EndedChange, PendingChange } from '../../admin/contract/commit-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { Invocation } from '../command.ts';
import { pause } from '../drains/session.ts';
import { durationText } from '../text.ts';
import { guardKey, guardsNow } from './guard-words.ts';

const POLL_MS = 500;
/** A daemon that dies comes back with what ran before; longer than this it is said that nothing is known. */
const PATIENCE_MS = 20_000;

export type TrialEnd =
  | { readonly kind: 'ended'; readonly ended: EndedChange }
  /** It could not be rolled back and runs on. */
  | { readonly kind: 'stuck'; readonly pending: PendingChange }
  /** The daemon was started anew and knows nothing of it: what it boots from is in its log. */
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'detached'; readonly exitCode: ExitCode };

/** @throws SNT-A001 the daemon has been away for too long, and every other error of the client */
export async function watchTrial(invocation: Invocation, client: AdminClient, begun: PendingChange): Promise<TrialEnd> {
  const { clock } = invocation;
  const interruption = invocation.interruption();
  const line = new StandingLine(invocation);
  let answeredAt = clock.now();
  line.show(begun);
  try {
    for (;;) {
      await pause(clock, interruption, POLL_MS);
      if (interruption.signal.aborted) return { kind: 'detached', exitCode: interruption.exitCode() };
      try {
        const { pending, ended } = (await client.call('config-pending')).data;
        answeredAt = clock.now();
        const end = ended.find(({ id }) => id === begun.id);
        if (end !== undefined) return { kind: 'ended', ended: end };
        if (pending?.id !== begun.id) return { kind: 'forgotten' };
        line.show(pending);
        if (pending.state === 'stuck') return { kind: 'stuck', pending };
      } catch (error) {
        if (!(error instanceof SentinelError) || !away.has(error.code)) throw error;
        if (clock.now() - answeredAt >= PATIENCE_MS) throw error;
      }
    }
  } finally {
    line.end();
  }
}

/** Not there, or not there yet. */
const away: ReadonlySet<string> = new Set(['SNT-A001', 'SNT-A010', 'SNT-A011']);

class StandingLine {
  readonly #invocation: Invocation;
  #key: string | null = null;
  #stands = false;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  show({ guards, remaining_ms: left, id }: PendingChange): void {
    const { stdout, json } = this.#invocation;
    if (json) return;
    const words = `${durationText(left)} left   ${guardsNow(guards, stdout.style)}`;
    if (stdout.isTerminal) {
      // A line that wraps could not be written over.
      const plain = stripVTControlCharacters(words);
      const fits = plain.length < stdout.style.columns;
      stdout.write(`\r\x1b[K${fits ? words : plain.slice(0, Math.max(20, stdout.style.columns - 1))}`);
      this.#stands = true;
      return;
    }
    const key = guardKey(guards);
    if (key === this.#key) return;
    this.#key = key;
    stdout.write(`${id}: ${words}\n`);
  }

  end(): void {
    if (this.#stands) this.#invocation.stdout.write('\n');
    this.#stands = false;
  }
}
