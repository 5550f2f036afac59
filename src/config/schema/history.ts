/** `history`: how much is kept of the configurations that were in force. */
import { block, setting } from './keys.ts';
import { whole } from './value-type.ts';

export const history = block(
  {
    keep: setting(whole({ min: 2, max: 10_000 }), {
      meaning:
        'How many generations are kept in the state folder: the text of every configuration that was put in force, for `sentinel config history`, `diff` and `rollback`. Of more than these go first those whose text the next one has again, then the oldest.',
      default: 200,
    }),
  },
  { meaning: 'How much is kept of the configurations that were in force.' },
);
