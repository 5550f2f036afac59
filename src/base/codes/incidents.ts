/** Codes of range I up to 39: the record of an incident, its timeline, its post-mortem and its messages. */
import type { CodeFacts } from '../code-facts.ts';

export const incidentCodes = {
  'SNT-I001': {
    title: 'incident id refused',
    meaning:
      'An id was given that cannot be the name of a folder: it holds a path character, begins with a dot, or is too long.',
    remedy:
      'Letters, digits, dots, hyphens and underscores, 64 at most: `INC-001`. Without one the next free id of the day is taken.',
  },
  'SNT-I020': {
    title: 'folder of incidents cannot be used',
    meaning:
      'The folder that incidents are to be written down in cannot be made, belongs to another user, or others may write there.',
    remedy:
      'Name one of your own: `SENTINEL_INCIDENTS=/path`, or `incidents { dir "/path" }` in the configuration; `sentinel env` shows which is in force.',
  },
} as const satisfies Readonly<Record<string, CodeFacts>>;
