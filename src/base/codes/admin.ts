/** Codes of range A: the admin API and who may use it. */
import type { CodeFacts } from '../code-facts.ts';

export const adminCodes = {
  'SNT-A001': {
    title: 'daemon not reachable',
    meaning: 'No running daemon answered on the admin socket or address that was tried.',
    remedy: 'Start one with `sentinel run`, or name another with `--daemon`.',
  },
} as const satisfies Record<string, CodeFacts>;
