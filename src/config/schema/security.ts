/** `security`: who is refused, who is never refused, and who has to prove that a browser is at work. */
import { filePath } from './http-types.ts';
import { block, list, optional, setting } from './keys.ts';
import { network } from './network-types.ts';
import { choice, seconds, whole } from './value-type.ts';

export const security = block(
  {
    'challenge-mode': setting(choice('off', 'enabled', 'always'), {
      meaning:
        'Who gets the challenge page, whose script solves a puzzle and comes back with a pass: nobody, clients above `challenge-threshold`, or all without a pass.',
      interplay:
        'Requests that no page is meant for, such as those of other methods than GET, are refused with 429 instead.',
      default: 'off',
    }),
    'challenge-threshold': setting(whole({ min: 1, max: 1_000_000 }), {
      meaning: 'Requests of one client in a minute above which `enabled` asks for a pass.',
      default: 100,
    }),
    'challenge-difficulty': setting(whole({ min: 1, max: 24 }), {
      meaning: 'Zero bits that the puzzle asks for: each one more doubles the work.',
      default: 16,
    }),
    'challenge-ttl-secs': setting(seconds(), {
      meaning: 'How long a pass is good.',
      default: 3600,
    }),
    block: list(network, {
      meaning: 'Clients that are refused with 403. More can be added at run time.',
      example: 'block "203.0.113.0/24" "2001:db8::/32"',
    }),
    'block-file': optional(filePath(), {
      meaning: 'A file of further clients to refuse: one address or network a line; `#` begins a comment.',
      example: 'block-file "/etc/sentinel/block.txt"',
    }),
    allow: list(network, {
      meaning: 'Clients that are never refused, limited or challenged.',
      example: 'allow "10.0.0.0/8"',
    }),
  },
  { meaning: 'Who is refused, who is never refused, and who is challenged.' },
);
