/** Declarations of the commands that work on configuration files. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, unreadable } from './options.ts';

export const configCommands: readonly CommandSpec[] = [
  {
    path: ['validate'],
    changes: (invocation) => invocation.flag('apply-suggestions'),
    summary: 'check a configuration and show every mistake',
    description: [
      'Reads the file and everything that it includes and reports all mistakes in one run, each with its position, the line, and a suggestion where there is one. Nothing is started, and nothing is changed unless --apply-suggestions is given.',
      'Every `expect` of a route is held against the routes: one that another route would take is a mistake.',
      'With --live the running daemon is asked too: it checks the text as if it stood in its own file, with its own environment, and says what it would refuse as it runs now.',
    ],
    arguments: [
      {
        name: 'file',
        required: false,
        description: 'file to check, - for standard input; else as for run, with --live that of the daemon',
      },
    ],
    options: [
      {
        flags: '--format <format>',
        description: 'how to print what was found',
        choices: ['text', 'json', 'short', 'github', 'sarif'],
        defaultValue: 'text',
      },
      {
        flags: '--fail-on <severity>',
        description: 'lowest severity that makes the exit status 1',
        choices: ['error', 'warn'],
        defaultValue: 'error',
      },
      { flags: '--apply-suggestions', description: 'first carry out every suggestion that says exactly what to write' },
      { flags: '--live', description: 'also ask the daemon whether it would put it in force now' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel validate sentinel.kdl', meaning: 'frames and suggestions' },
      { command: 'sentinel validate --format short sentinel.kdl', meaning: 'one line each, for editors' },
      { command: 'sentinel config print | sentinel validate -', meaning: 'from a pipe' },
      { command: 'sentinel validate --live', meaning: 'whether a reload would take it' },
    ],
    exits: [
      [exitCodes.ok, 'valid; warnings are allowed unless --fail-on warn'],
      [exitCodes.problems, 'mistakes at or above --fail-on, or the daemon would refuse it'],
      badUsage,
      unreadable,
    ],
    load: () => import('../commands/validate.ts'),
  },
  {
    path: ['config', 'print'],
    changes: false,
    summary: 'print the configuration in full, with defaults filled in',
    description: [
      'Prints the configuration as the daemon would use it: includes read, defaults filled in, aliases resolved. Values that come from the environment or from files are not shown.',
    ],
    arguments: [{ name: 'file', required: false, description: 'file to print; else as for run' }],
    options: [{ flags: '--origin', description: 'say behind each value where it comes from' }, json],
    examples: [
      { command: 'sentinel config print sentinel.kdl', meaning: 'KDL' },
      { command: 'sentinel config print --origin', meaning: 'with file:line or "default" behind each value' },
    ],
    exits: [[exitCodes.ok, 'printed'], [exitCodes.problems, 'the file has mistakes'], badUsage, unreadable],
    load: () => import('../commands/config-print.ts'),
  },
  {
    path: ['config', 'history'],
    changes: false,
    summary: 'show the configurations that were in force',
    description: [
      'Lists every generation that is kept, the newest first: when it came into force, by whom, how, and why. Marks say which one runs, which one waits for its confirmation and what it would go back to, and whose text is in the backup file.',
      'With a number it prints the texts of that generation as they were written; literal secrets, such as hashes of tokens, are hidden. To have it in force again: sentinel config rollback.',
      'Where no daemon answers, its folder is read, and which one runs is not known.',
    ],
    arguments: [{ name: 'generation', required: false, description: 'number of the one whose texts are printed' }],
    options: [config, daemon, json],
    examples: [
      { command: 'sentinel config history', meaning: 'what was in force, and when' },
      { command: 'sentinel config history 41', meaning: 'what generation 41 said' },
    ],
    exits: [[exitCodes.ok, 'shown'], [exitCodes.problems, 'the generation is not kept'], badUsage, unreachable, denied],
    load: () => import('../commands/config-history.ts'),
  },
  {
    path: ['config', 'alerts'],
    changes: false,
    summary: 'print Prometheus rules with the thresholds of the configuration',
    description: [
      'Prints recording and alerting rules made from the block `alerts`: one file that Prometheus reads as it is. Each alert names its severity, what to type next (annotation `action`) and where it is explained (annotation `runbook`).',
      'With --output two files are written, recording.yml and alerts.yml; what has these names is replaced.',
    ],
    arguments: [
      { name: 'file', required: false, description: 'configuration to take thresholds from; else as for run' },
    ],
    options: [
      {
        flags: '--format <format>',
        description: 'for which program',
        choices: ['prometheus'],
        defaultValue: 'prometheus',
      },
      { flags: '--output <dir>', description: 'write the files into this folder instead of printing them' },
      json,
    ],
    examples: [
      { command: 'sentinel config alerts > sentinel-rules.yml', meaning: 'everything in one file' },
      {
        command: 'sentinel config alerts sentinel.kdl --output /etc/prometheus/sentinel',
        meaning: 'beside each other, for rule_files of prometheus.yml',
      },
    ],
    exits: [
      [exitCodes.ok, 'printed, or written'],
      [exitCodes.problems, 'the configuration has mistakes'],
      badUsage,
      [exitCodes.unknown, 'the configuration cannot be read, or the folder cannot be written'],
    ],
    load: () => import('../commands/config-alerts.ts'),
  },
  {
    path: ['init'],
    changes: false,
    summary: 'write a commented starter file',
    description: ['Writes a configuration to begin with. An existing file is never overwritten.'],
    arguments: [{ name: 'file', required: false, description: 'where to write it (default: sentinel.kdl)' }],
    options: [json],
    examples: [{ command: 'sentinel init config/sentinel.kdl', meaning: 'where run looks first' }],
    exits: [
      [exitCodes.ok, 'written'],
      [exitCodes.problems, 'the file exists already'],
      badUsage,
      [exitCodes.unknown, 'the file could not be written'],
    ],
    load: () => import('../commands/init.ts'),
  },
  {
    path: ['reload'],
    changes: true,
    summary: 'apply the edited file without dropping a request',
    description: [
      'Asks the running daemon to read its configuration again. Requests in flight finish on the old one. A file that does not check changes nothing, and its mistakes are shown. Certificates, keys and authorities are read again as well, even where the text is the same.',
      'With --certs only the files are read that the running configuration names under `tls`; an edited configuration waits. Connections that are open go on, no handshake fails. It is all or nothing: a pair that does not match, or a file that cannot be read, leaves every certificate as it is.',
    ],
    arguments: [],
    options: [
      { flags: '--certs', description: 'certificate files only, not the configuration' },
      { flags: '--reason <text>', description: 'why, for the audit log' },
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel reload', meaning: 'the same as kill -HUP, but says how it went' },
      { command: 'sentinel reload --reason "raise timeouts"', meaning: 'with a reason for the audit log' },
      { command: 'sentinel reload --certs', meaning: 'after a renewal: says which certificates were replaced' },
    ],
    exits: [
      [exitCodes.ok, 'applied, or nothing had changed'],
      [exitCodes.problems, 'refused: a file has mistakes; what was in force stays in force'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/reload.ts'),
  },
  {
    path: ['env'],
    changes: false,
    summary: 'show each setting with its value and where it comes from',
    description: ['A flag wins over the environment, the environment over the file, the file over the default.'],
    arguments: [],
    options: [config, json],
    examples: [{ command: 'sentinel env', meaning: 'what run would use here' }],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.problems, 'a setting or the file has mistakes'],
      badUsage,
      unreadable,
    ],
    load: () => import('../commands/env.ts'),
  },
];
