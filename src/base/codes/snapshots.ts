/** Codes of range I from 40 on: snapshots, their redaction and what is read from them. */
import type { CodeFacts } from '../code-facts.ts';

export const snapshotCodes = {
  'SNT-I040': {
    title: 'snapshot would have leaked a secret',
    meaning:
      'The archive was searched once more after it was written, and something in it is a known secret or looks like one. It was removed: nothing was left on disk.',
    remedy:
      'The message names file and rule, never the secret. Take it again with `--redact paranoid`, and report the rule.',
  },
} as const satisfies Readonly<Record<string, CodeFacts>>;
