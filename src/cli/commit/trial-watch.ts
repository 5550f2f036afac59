/**
 * Watches a configuration on trial until it is decided: on a terminal one line that is brought up to date, elsewhere a line for
 * each change of a guard and every ten seconds. Going away ends the watching, never the trial. Used by `config apply`.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { EndedChange, PendingChange } from '../../admin/contract/commit-shapes.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { Invocation } from '../command.ts';
import { isAway, orInterrupted, pause } from '../waiting.ts';
import { StandingLines } from '../standing-lines.ts';
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
  const lines = new StandingLines(invocation.stdout, clock);
  let answeredAt = clock.now();
  show(invocation, lines, begun);
  for (;;) {
    await pause(clock, interruption, POLL_MS);
    try {
      const answer = await orInterrupted(interruption, client.call('config-pending'));
      if (answer === null) return { kind: 'detached', exitCode: interruption.exitCode() };
      const { pending, ended } = answer.data;
      answeredAt = clock.now();
      const end = ended.find(({ id }) => id === begun.id);
      if (end !== undefined) return { kind: 'ended', ended: end };
      if (pending?.id !== begun.id) return { kind: 'forgotten' };
      show(invocation, lines, pending);
      if (pending.state === 'stuck') return { kind: 'stuck', pending };
    } catch (error) {
      if (!isAway(error) || clock.now() - answeredAt >= PATIENCE_MS) throw error;
    }
  }
}

function show({ stdout, json }: Invocation, lines: StandingLines, pending: PendingChange): void {
  if (json) return;
  const { guards, remaining_ms: left, id } = pending;
  const words = `${durationText(left)} left   ${guardsNow(guards, stdout.style)}`;
  if (stdout.isTerminal) lines.draw([words]);
  else lines.tell(id, guardKey(guards), `${id}: ${words}`);
}
