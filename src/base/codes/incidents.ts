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
} as const satisfies Readonly<Record<string, CodeFacts>>;
