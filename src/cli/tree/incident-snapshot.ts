/** Declaration of the command that takes a snapshot. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, json } from './options.ts';

export const incidentSnapshotCommands: readonly CommandSpec[] = [
  {
    path: ['incident', 'snapshot'],
    changes: ({ flag }) => !flag('plan'),
    givesWay: true,
    summary: 'keep everything that an analysis needs, before anything is restarted',
    description: [
      'Asks the daemon, the files and the machine for everything at once: configuration in force and on disk, state of upstreams, routes, breakers, drains and overrides, requests in flight, those that failed and were slow, metrics with the last 15 minutes, an hour of logs (files, journal), the flight record of a daemon that is dead, certificates, memory, disks, sockets, limits, and the verdict of a diagnosis. Writes one archive (0600), whole or not at all, and beside it the six files of the runbook: sentinel.log, metrics.txt, config.kdl, memory.txt, disk.txt, connections.txt. A second snapshot replaces nothing: its six files go into a folder of its own.',
      'Each source has its own time; one that is dead or hangs is named in the manifest with the reason, and the others are there. Works when the daemon is dead, the configuration cannot be read and the disk is nearly full.',
      'It goes into the incident that is named, which is opened where it is not there yet; else into the only one that is open; else into a new one. The journal has its name, size and SHA-256.',
      'Secrets are taken out while it is written, and the archive is searched for them once more: where one is found the command fails and nothing is left. --redact share makes tokens of addresses, hosts, users and ids, to pass it on; paranoid drops bodies and values as well; none keeps everything and has to be confirmed by name. --map keeps what tokens stand for in a file of its own.',
      'Ctrl-C ends the collecting, and writes what is there; once more leaves nothing. The old spelling `snapshot-incident ID` does the same.',
    ],
    arguments: [
      { name: 'id', required: false, description: 'the incident; default the only one that is open, else a new one' },
    ],
    options: [
      { flags: '--fast', description: 'all over in five seconds: shorter patience, fewer lines of logs' },
      { flags: '--plan', description: 'only say what would be kept, from where and how much; asks and writes nothing' },
      { flags: '--for <duration>', description: 'take state and metrics again and again for so long, after the rest' },
      { flags: '--interval <duration>', description: 'how often, with --for (default 10s)' },
      { flags: '--since <duration>', description: 'how far back logs are kept', defaultValue: '1h' },
      {
        flags: '--redact <profile>',
        description: 'what is taken out',
        choices: ['internal', 'share', 'paranoid', 'none'],
        defaultValue: 'internal',
      },
      { flags: '--map <file>', description: 'write what tokens stand for into this file (0600)' },
      { flags: '--output <file>', description: 'write the archive there, not into the folder of the incident' },
      config,
      daemon,
      { flags: '--confirm <name>', description: 'with --redact none: none' },
      { flags: '--no-input', description: 'ask nobody, also on a terminal' },
      json,
    ],
    examples: [
      { command: 'sentinel incident snapshot', meaning: 'now, before anybody restarts it' },
      { command: 'sentinel incident snapshot INC-001 --fast', meaning: 'into this incident, in five seconds' },
      { command: 'sentinel incident snapshot --for 2m --interval 10s', meaning: 'and how it moves' },
      { command: 'sentinel incident snapshot --plan', meaning: 'what it would keep' },
      {
        command: 'sentinel incident snapshot --redact share --map private.json --output /tmp/for-vendor.tar.gz',
        meaning: 'to pass on',
      },
    ],
    counterparts: [['journalctl -u sentinel --since "1 hour ago" > …/sentinel.log', 'sentinel incident snapshot']],
    exits: [
      [exitCodes.ok, 'written, with all that an analysis cannot do without'],
      [exitCodes.problems, 'a secret was found in it and nothing was left, or the answer was no'],
      [
        exitCodes.usage,
        `${badUsage[1]}, several incidents are open and none is named, or --redact none is not confirmed`,
      ],
      [exitCodes.unknown, 'written without configuration or state; or not written: no room, no folder'],
      [exitCodes.interrupted, 'ended by Ctrl-C: once, what was there is written; twice, nothing is'],
      [exitCodes.terminated, 'ended by TERM, in the same way'],
    ],
    load: () => import('../commands/incident-snapshot.ts'),
  },
];
