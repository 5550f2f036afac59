/** Declarations of the commands that change what the running daemon does to clients. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { badUsage, daemon, denied, json, unreachable } from './options.ts';

const address: ArgumentSpec = {
  name: 'address',
  required: true,
  description: 'IP address or network: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32',
};
const reason: OptionSpec = { flags: '--reason <text>', description: 'why, for the list and the audit log' };

export const actCommands: readonly CommandSpec[] = [
  {
    path: ['block', 'add'],
    changes: true,
    summary: 'refuse an address or network, at once and in every worker',
    description: [
      'Clients of that address get 403 (cause blocked) until the time is over or the block is taken back. It survives reloads and restarts; nothing is written into the configuration. Behind a trusted proxy the client is who the proxy names.',
      'The allow list of the configuration wins, and the answer says so. What would lock out every client, a large part of the internet, this machine itself or a trusted proxy is done only with --confirm.',
    ],
    arguments: [address],
    options: [
      { flags: '--for <duration>', description: 'how long: 90s, 30m, 12h, 7d (default: until it is taken back)' },
      reason,
      { flags: '--confirm <address>', description: 'the address once more, where the daemon asks for it' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel block add 203.0.113.7', meaning: 'until it is taken back' },
      { command: 'sentinel block add 203.0.113.0/24 --for 30m --reason "login flood"', meaning: 'for a while' },
    ],
    exits: [
      [exitCodes.ok, 'blocked'],
      [exitCodes.problems, 'refused'],
      [exitCodes.usage, 'the command line is wrong, or --confirm is missing'],
      unreachable,
      denied,
    ],
    load: () => import('../commands/block-add.ts'),
  },
  {
    path: ['block', 'remove'],
    changes: true,
    summary: 'take a run-time block back',
    description: [
      'Takes back what `block add` blocked, by the address that the list shows. What the configuration or the block file says is changed there.',
    ],
    arguments: [address],
    options: [reason, daemon, json],
    examples: [{ command: 'sentinel block remove 203.0.113.0/24', meaning: 'served again, at once' }],
    exits: [
      [exitCodes.ok, 'taken back'],
      [exitCodes.problems, 'it was not blocked at run time'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/block-remove.ts'),
  },
  {
    path: ['block', 'list'],
    changes: false,
    summary: 'who is blocked, by whom, why and for how long',
    description: ['Shows run-time blocks, the entries of the configuration and how many networks the block file has.'],
    arguments: [],
    options: [daemon, json],
    examples: [{ command: 'sentinel block list', meaning: 'everything that is blocked' }],
    exits: [[exitCodes.ok, 'shown'], badUsage, unreachable, denied],
    load: () => import('../commands/block-list.ts'),
  },
];
