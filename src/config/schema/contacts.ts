/** `contacts`: who is paged for what, as diagnoses and incidents name them. Nobody is called by the proxy itself. */
import { kdlString } from '../../kdl/text.ts';
import { block, collection, optional, required, setting } from './keys.ts';
import { text, type ValueType, whole, Wrong } from './value-type.ts';

/** Longer ones would not fit the line that they are printed in. */
const LONGEST_CONTACT = 128;

const contact: ValueType<string> = text('who or how to call, such as "PagerDuty" or "+49 30 1234"', (value) =>
  value.trim() === '' || value.length > LONGEST_CONTACT || /\p{Cc}/u.test(value) ? new Wrong('SNT-C118') : null,
);

const docsUrl: ValueType<string> = {
  expected: 'a URL such as "https://wiki.internal/sentinel"',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const { protocol, username, password } = URL.canParse(value) ? new URL(value) : {};
    if (protocol !== 'http:' && protocol !== 'https:')
      return new Wrong('SNT-C118', { help: 'the URL begins with `http://` or `https://`' });
    if (username !== '' || password !== '')
      return new Wrong('SNT-C118', { help: 'everybody who is on call reads this URL: no user and no password in it' });
    return value;
  },
  write: kdlString,
};

const management = collection(
  {
    contact: required(contact, { meaning: 'Who it is, or how to call.', example: 'contact "director"' }),
    'after-mins': setting(whole({ min: 0, max: 10_080, unit: 'minutes', zero: 'at once' }), {
      meaning: 'How long an outage (SEV1) lasts before they are told.',
      default: 30,
    }),
  },
  {
    meaning:
      'Who is told of an outage that goes on. Also written `management "director" after-mins=30`; may be repeated.',
    item: 'management',
    argument: { kind: 'key', key: 'contact' },
    properties: ['after-mins'],
    wrapped: false,
  },
);

export const contacts = block(
  {
    primary: optional(contact, {
      meaning: 'Who is on call: paged first, for everything of SEV1 to SEV3.',
      example: 'primary "PagerDuty"',
    }),
    secondary: optional(contact, {
      meaning: 'Who is paged besides, for SEV1 and SEV2.',
      example: 'secondary "team lead"',
    }),
    management,
    infrastructure: optional(contact, {
      meaning:
        'Who keeps machines and networks: named where a cause lies there (disk, memory, clock, firewall, an unreachable host).',
      example: 'infrastructure "infra on call"',
    }),
    security: optional(contact, {
      meaning: 'Who is called when the traffic is that of an attack.',
      example: 'security "security on call"',
    }),
    channel: optional(contact, {
      meaning: 'Where those who work on it talk.',
      example: 'channel "#sentinel-ops"',
    }),
    'docs-url': optional(docsUrl, {
      meaning: 'Documentation of this installation.',
      example: 'docs-url "https://wiki.internal/sentinel"',
    }),
  },
  {
    meaning:
      'Who is paged for what, as `sentinel diagnose` and `sentinel status` name them. The proxy itself calls nobody.',
    interplay: 'Everybody who may ask the admin interface reads them: names and numbers, never keys.',
  },
);
