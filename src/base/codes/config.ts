/** Codes of range C: reading and checking configuration. */
import type { CodeFacts } from '../code-facts.ts';

export const configCodes = {
  'SNT-C001': {
    title: 'configuration file cannot be read',
    meaning: 'The file that was named does not exist, is not a file, is too large or may not be read. A named file is never created.',
    remedy: 'Check the path and its permissions, or write a starter file with `sentinel init`.',
  },
} as const satisfies Record<string, CodeFacts>;
