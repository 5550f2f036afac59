/** How this program is started once more, as it was started itself: by its launcher, from an entry file, or as the single binary. */
import type { ProcessOrigin } from './command.ts';

/** Program and arguments; what is asked of it follows. */
export function ownCommand({ node, flags, launcher, entry }: ProcessOrigin): readonly [string, ...string[]] {
  // The launcher knows what flags a daemon needs.
  if (launcher !== null) return [node, launcher];
  return [node, ...flags, ...(entry === null ? [] : [entry])];
}
