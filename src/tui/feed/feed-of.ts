/** The feed of a command line: of the daemons that it names, with the token of the environment, judged. Used by the screen and by all that is printed instead of it. */
import type { Invocation } from '../../cli/command.ts';
import { tokenOf } from '../../cli/daemon.ts';
import type { TopChoice } from '../print/choice.ts';
import { createFeed, type Feed } from './feed.ts';
import { createJudge } from './judging.ts';
import { readOnlyFeed } from './read-only-feed.ts';

/** @throws SNT-A040, SNT-A041, SNT-A042 the token cannot be used */
export function feedOf(invocation: Invocation, { targets, readOnly }: TopChoice): Feed {
  const { version, clock, context, directory } = invocation;
  const token = tokenOf(invocation, targets);
  const parts = { targets, version, clock, ...(token === undefined ? {} : { token }) };
  const feed = createFeed({ ...parts, judge: createJudge({ ...parts, run: context, directory }) });
  return readOnly ? readOnlyFeed(feed) : feed;
}
