/**
 * `sentinel top --stream`: the schema, then what is seen, one JSON document a line and interval, until somebody ends it or nobody
 * reads any more. A daemon that does not answer is in its documents as lost; it ends nothing.
 */
import { plainJson } from '../../base/plain-json.ts';
import type { Invocation, Outcome } from '../../cli/command.ts';
import { sorted } from '../../cli/envelope.ts';
import { orInterrupted, pause } from '../../cli/waiting.ts';
import { viewOf } from '../view/view-of.ts';
import type { TopChoice } from './choice.ts';
import { documentOf } from './document.ts';
import { beginWatching } from './watching.ts';

/** The first document waits so long for every daemon; later ones wait for nobody. */
const FIRST_MS = 5_000;

export async function printStream(invocation: Invocation, choice: TopChoice): Promise<Outcome> {
  const { stdout, clock } = invocation;
  const interruption = invocation.interruption();
  const line = (value: unknown) => stdout.write(`${plainJson(sorted(value))}\n`);
  const watching = beginWatching(invocation, choice);
  try {
    line({ schema: 'sentinel.top.stream/1' });
    await orInterrupted(interruption, watching.whenSettled(FIRST_MS));
    while (!interruption.signal.aborted) {
      const state = watching.state();
      line(documentOf(state, viewOf(state)));
      // Whoever reads slowly gets fewer documents, and none that is old.
      await orInterrupted(interruption, stdout.flushed());
      await pause(clock, interruption, choice.intervalMs);
    }
  } finally {
    await watching.stop();
  }
  return { kind: 'done', exitCode: interruption.exitCode() };
}
