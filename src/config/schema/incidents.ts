/** `incidents`: where what is written down of incidents goes, and what they are about. */
import { filePath } from './http-types.ts';
import { block, optional } from './keys.ts';
import { text, type ValueType, Wrong } from './value-type.ts';

/** Longer ones would not fit a line of a message. */
const LONGEST_SERVICE = 128;

const service: ValueType<string> = text('the name of a service, such as "payments"', (value) =>
  value.trim() === '' || value.length > LONGEST_SERVICE || /\p{Cc}/u.test(value) ? new Wrong('SNT-C118') : null,
);

export const incidents = block(
  {
    dir: optional(filePath('a path of a folder'), {
      meaning:
        'Where each incident has its folder: journal, snapshots, transcripts, post-mortem. Made when the first is opened.',
      defaultNote:
        '`/var/log/sentinel/incidents`, or `incidents` in the state folder where that is not writable; `SENTINEL_INCIDENTS` wins over both',
      example: 'dir "/var/log/sentinel/incidents"',
    }),
    service: optional(service, {
      meaning: 'What is behind this proxy, by the name that those who read of an outage know it by.',
      defaultNote: 'messages and post-mortems leave a blank',
      example: 'service "payments"',
    }),
  },
  { meaning: 'Where incidents are written down, and what they are about.' },
);
