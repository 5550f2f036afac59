/** Declarations of the commands that take targets out of traffic and back. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { badUsage, daemon, denied, json, unreachable, yes } from './options.ts';

const reason: OptionSpec = { flags: '--reason <text>', description: 'why, for the list and the audit log' };
const target: ArgumentSpec = {
  name: 'target',
  required: true,
  description: '10.1.1.10:8080, [::1]:8080, name:8080 (all its addresses), or upstream/target',
};
const upstream: OptionSpec = {
  flags: '--upstream <name>',
  description: 'in this upstream alone (default: in every one that has the target)',
};

export const drainCommands: readonly CommandSpec[] = [
  {
    path: ['drain'],
    changes: (invocation) => !invocation.flag('dry-run'),
    summary: 'take a target out of traffic and wait until nothing is in flight to it',
    description: [
      'New requests go elsewhere at once, in every worker and under every balancing policy; retries and fallbacks do not come here either. Idle connections to the target are closed. What is in flight ends as it would: nothing is cut unless --on-timeout close says so. Health checks go on.',
      'It is refused where fewer targets would be left than min-healthy; targets that are down or drain already do not count. Asked for again, it goes on watching the drain that there is and changes nothing about it. Drains survive reloads and restarts.',
      'Ctrl-C ends the watching, not the drain. At the deadline `wait` goes on draining, `close` cuts what is left, `restore` takes the target back.',
      'With --persist weight 0 is written into the file when the target is drained, and `undrain` puts the weight back; with --then remove the target is taken out, while the daemon runs or (with --persist) in the file.',
      '--rolling does all targets of an upstream one after the other: drain, run --exec, undrain when the health check passes. The command is split into words as a shell would, and run without one; {target}, {host}, {port} and {upstream} stand for what they say, and SENTINEL_TARGET and SENTINEL_UPSTREAM are in its environment. The first failure stops it and leaves everything as it is; --resume goes on with the transcript.',
    ],
    arguments: [{ ...target, required: false }],
    options: [
      upstream,
      { flags: '--all', description: 'every target that matches, for a pattern such as 10.1.1.*' },
      { flags: '--timeout <duration>', description: 'deadline (default: 5m)' },
      {
        flags: '--on-timeout <what>',
        description: 'what happens at the deadline if work is left (default: wait)',
        choices: ['wait', 'close', 'restore'],
      },
      { flags: '--for <duration>', description: 'it comes back by itself then (default: when it is taken back)' },
      reason,
      { flags: '--persist', description: 'write weight 0, or the removal, into the file once it is drained' },
      { flags: '--then <what>', description: 'what follows once it is drained', choices: ['remove'] },
      { flags: '--dry-run', description: 'only say what it would do, in numbers' },
      { flags: '--allow-below-min', description: 'also below min-healthy; needs --confirm' },
      { flags: '--detach', description: 'begin it and do not wait' },
      { flags: '--rolling <upstream>', description: 'all targets of the upstream, one after the other' },
      { flags: '--exec <command>', description: 'what to run for each of them while it is drained' },
      { flags: '--max-parallel <count>', description: 'how many at once (default: 1)' },
      { flags: '--pause-on-error', description: 'wait until the failed target was undrained, then go on' },
      { flags: '--transcript <file>', description: 'where to write down what was done (default: in the state folder)' },
      { flags: '--resume <file>', description: 'go on where the transcript ends' },
      yes,
      { flags: '--confirm <target>', description: 'the target once more, where more than one is hit or work is cut' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel drain 10.1.1.10:8080 --reason "kernel patch"', meaning: 'and wait until it is empty' },
      { command: 'sentinel drain 10.1.1.10:8080 --dry-run', meaning: 'what would be left' },
      {
        command: 'sentinel drain 10.1.1.10:8080 --yes --timeout 2m --on-timeout restore',
        meaning: 'from a script: 0 drained, 6 not in time',
      },
      { command: "sentinel drain '10.1.2.*' --all --confirm '10.1.2.*'", meaning: 'a whole rack' },
      {
        command: "sentinel drain --rolling api-backend --exec 'ssh {host} systemctl restart app' --yes",
        meaning: 'restart an application without losing a request',
      },
    ],
    counterparts: [["watch -n 1 'ss -tn | grep 10.1.1.10:8080 | wc -l'", 'sentinel drain 10.1.1.10:8080']],
    exits: [
      [exitCodes.ok, 'drained; with --detach or --dry-run: begun, or possible'],
      [exitCodes.problems, 'refused, taken back by somebody else, or what was to follow failed'],
      [exitCodes.usage, 'the command line is wrong, or --yes or --confirm is missing'],
      unreachable,
      denied,
      [exitCodes.deadline, 'the deadline passed with work left: it goes on, was cut, or was restored'],
      [exitCodes.interrupted, 'Ctrl-C: detached, the drain goes on'],
    ],
    load: () => import('../commands/drain.ts'),
  },
  {
    path: ['undrain'],
    changes: true,
    summary: 'take a drained target back into traffic',
    description: [
      'Ends a drain, or cancels one that goes on. Where the upstream has a health check it is asked now and has to pass; then the target gets its share little by little, as slow-start-secs says.',
    ],
    arguments: [{ ...target, description: `${target.description}; or the id of a drain` }],
    options: [
      upstream,
      { flags: '--force', description: 'without asking its health check' },
      reason,
      yes,
      daemon,
      json,
    ],
    examples: [{ command: 'sentinel undrain 10.1.1.10:8080', meaning: 'when its health check passes' }],
    exits: [
      [exitCodes.ok, 'it takes requests again'],
      [exitCodes.problems, 'it does not drain, its check fails, or the file could not be changed back'],
      [exitCodes.usage, 'the command line is wrong, or --yes is missing'],
      unreachable,
      denied,
    ],
    load: () => import('../commands/undrain.ts'),
  },
  {
    path: ['drains'],
    changes: false,
    summary: 'which targets are out of traffic, by whom, why, and what they wait for',
    description: ['Lists the drains in force; with an id one of them, with what it waits for.'],
    arguments: [{ name: 'id', required: false, description: 'of a drain: d-1f2e3d' }],
    options: [{ flags: '--ended', description: 'those that ended not long ago too' }, daemon, json],
    examples: [
      { command: 'sentinel drains', meaning: 'all that are in force' },
      { command: 'sentinel drains d-1f2e3d', meaning: 'what one waits for' },
    ],
    exits: [[exitCodes.ok, 'shown'], badUsage, unreachable, denied],
    load: () => import('../commands/drains.ts'),
  },
];
