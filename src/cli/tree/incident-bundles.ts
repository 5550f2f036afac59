/** Declarations of the commands that read the bundles of snapshots. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec } from '../command.ts';
import { badUsage, config, json } from './options.ts';

const file: ArgumentSpec = {
  name: 'file',
  required: true,
  description: 'the .tar.gz of a snapshot; or an incident: its last one',
};
const notRead = [exitCodes.unknown, 'it cannot be read, or is no whole bundle'] as const;
const suspicion =
  'A bundle is read as something that a stranger may have made: nothing of it goes to disk, paths that lead elsewhere, links and devices are refused, and so is what unpacks to more than a bundle can hold. Needs no daemon and no network.';

export const incidentBundleCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'snapshot', 'show'],
    changes: false,
    summary: 'what a snapshot says and holds, or one file of it',
    description: [
      'Prints the verdict of a snapshot, its incident, the stretch of time that it covers, every file with its size and what was left out of it, what is missing and why, and what was taken out by which profile. With a path it prints that file.',
      suspicion,
    ],
    arguments: [file, { name: 'path', required: false, description: 'a file in it: state/upstreams.json' }],
    options: [json],
    examples: [
      { command: 'sentinel incident snapshot show INC-001', meaning: 'the last snapshot of an incident' },
      {
        command: 'sentinel incident snapshot show prod-1.tar.gz README.md',
        meaning: 'one file of one that you were sent',
      },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.usage, 'it holds no such file, or the command line is wrong'],
      notRead,
    ],
    load: () => import('../commands/incident-snapshot-show.ts'),
  },
  {
    path: ['incident', 'snapshot', 'verify'],
    changes: false,
    summary: 'whether a snapshot is what it says, and holds no secret',
    description: [
      'Holds the bytes of every file against the manifest and against SHA256SUMS, the digest of all items against the manifest, and, where the incident is here, the SHA-256 of the archive and the head of its journal against that journal. Searches it for secrets once more: for their shapes, and for those that the configuration and the environment of this machine hold.',
      suspicion,
    ],
    arguments: [file],
    options: [config, json],
    examples: [
      { command: 'sentinel incident snapshot verify INC-001', meaning: 'the last snapshot of an incident' },
      { command: 'sentinel incident snapshot verify prod-1.tar.gz', meaning: 'before it is passed on' },
    ],
    exits: [
      [exitCodes.ok, 'it is what it says'],
      [exitCodes.problems, 'something contradicts it, or a secret is in it'],
      badUsage,
      notRead,
    ],
    load: () => import('../commands/incident-snapshot-verify.ts'),
  },
  {
    path: ['incident', 'snapshot', 'diff'],
    changes: false,
    summary: 'what changed between two snapshots',
    description: [
      'Compares two snapshots by what they mean: the verdict and its causes, the configuration object by object, targets, breakers, drains and overrides, certificates, traffic, what counters gained and gauges moved, and what happened in between. What one of them does not hold is said, not guessed.',
      'Where addresses and hosts are tokens (profiles share and paranoid), each bundle has a key of its own: the same host has two names. Targets are then compared by their place in the configuration.',
      suspicion,
    ],
    arguments: [
      { name: 'a', required: true, description: 'the older snapshot; or an incident: its last one' },
      { name: 'b', required: true, description: 'the younger one' },
    ],
    options: [{ flags: '--exit-code', description: 'exit with 5 when something differs' }, json],
    examples: [
      { command: 'sentinel incident snapshot diff before.tar.gz after.tar.gz', meaning: 'what the fix has changed' },
      { command: 'sentinel incident snapshot diff INC-001 INC-002', meaning: 'the last snapshots of two incidents' },
    ],
    exits: [
      [exitCodes.ok, 'compared'],
      badUsage,
      [exitCodes.unknown, 'one of them cannot be read, or is no whole bundle'],
      [exitCodes.changes, '--exit-code: something differs'],
    ],
    load: () => import('../commands/incident-snapshot-diff.ts'),
  },
];
