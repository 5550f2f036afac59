/** Codes of edits: of the files of a configuration, by commands and by the daemon. */
import type { CodeFacts } from '../code-facts.ts';

export const editingCodes = {
  'SNT-P056': {
    title: 'nothing to edit',
    meaning:
      'What should be edited stands in no file of the configuration: it does not exist, is built in, or was discovered. Nothing was changed.',
    remedy: 'Look at `sentinel config print --origin`: it says for each value where it stands.',
  },
  'SNT-P057': {
    title: 'old file not edited',
    meaning: 'The file is written in KDL version 1, of which only whole files can be rewritten. Nothing was changed.',
    remedy: 'Upgrade it with `sentinel validate --apply-suggestions FILE`, reload, and try again.',
  },
  'SNT-P058': {
    title: 'place not editable',
    meaning:
      'The value is put together from the environment or a secret file, or what should be added is there already. Nothing was changed.',
    remedy: 'Change it at the place that the message names.',
  },
  'SNT-P059': {
    title: 'file changed meanwhile',
    meaning:
      'While somebody edited the configuration, the file on disk was changed by somebody else. Nothing was overwritten; the draft is kept.',
    remedy: 'Compare the two files that the message names, put them together, and apply the result.',
  },
  'SNT-P060': {
    title: 'somebody edits already',
    meaning: 'Another `sentinel config edit` has the configuration open.',
    remedy:
      'Wait until it is done, or talk to whoever the message names. The lock of a process that is gone is taken over by itself.',
  },
  'SNT-P061': {
    title: 'no editor',
    meaning: 'There is no terminal for an editor, or the editor could not be started, or it ended with an error.',
    remedy: 'Name one with `VISUAL` or `EDITOR`. In a script, edit a copy and use `sentinel config apply COPY`.',
  },
  'SNT-P062': {
    title: 'text not rewritten',
    meaning:
      'The file is no KDL, cannot be written, or would mean something else after it was laid out anew. It is as it was.',
    remedy:
      '`sentinel validate FILE` shows the mistakes. That the meaning would change is a defect of sentinel: please report it.',
  },
  'SNT-A030': {
    title: 'disk is not what runs',
    meaning:
      'A change was to be written into the configuration, but the files on disk are not those that run: writing would put in force, or undo, what nobody has asked for. Nothing was changed.',
    remedy: 'See the difference with `sentinel config diff running disk`, then reload or roll back, and try again.',
  },
  'SNT-A031': {
    title: 'in force, not written',
    meaning:
      'A change is in force in all workers, but the file could not be replaced: it still says what was before, and so would the next start.',
    remedy: 'Correct what the message names (space, permissions), then give the same command again.',
  },
} as const satisfies Record<string, CodeFacts>;
