/** Codes of range P: the process and the machine that it runs on. */
import type { CodeFacts } from '../code-facts.ts';

export const processCodes = {
  'SNT-P070': {
    title: 'internal error',
    meaning: 'Something happened that the program did not expect. This is a defect of sentinel, not of your configuration.',
    remedy: 'Run the command again with `--debug` and report the output.',
  },
} as const satisfies Record<string, CodeFacts>;
