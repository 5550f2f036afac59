/** Declarations of the commands about runbooks. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, json } from './options.ts';
import { runbookRunCommand } from './runbook-run.ts';

const ownRunbooks =
  'Runbooks of your own stand in /etc/sentinel/runbooks (SENTINEL_RUNBOOKS names another folder): one with the id of a runbook of the package takes its place, others are added. One that cannot be read is told, and hides nothing.';

export const runbookCommands: readonly CommandSpec[] = [
  {
    path: ['runbook', 'list'],
    changes: false,
    summary: 'the runbooks that there are',
    description: [
      'Lists every runbook with its id, how severe its case usually is (– where it depends), and what people see when it applies. Needs no daemon and no network.',
      ownRunbooks,
    ],
    arguments: [],
    options: [json],
    examples: [{ command: 'sentinel runbook list', meaning: 'those of the package, and your own' }],
    exits: [[exitCodes.ok, 'listed'], [exitCodes.problems, 'listed, and a file cannot be used'], badUsage],
    load: () => import('../commands/runbook-list.ts'),
  },
  {
    path: ['runbook', 'show'],
    changes: false,
    summary: 'read a runbook, or one section of it',
    description: [
      'Prints a runbook for the terminal: what it says, what it asks and where each answer leads, its steps with the commands that they run, its causes with what helps. Behind a # stands a heading as in links: lower case, spaces as -. Needs no daemon and no network.',
      ownRunbooks,
    ],
    arguments: [{ name: 'id', required: true, description: 'ID, or ID#SECTION' }],
    options: [{ flags: '--markdown', description: 'the text as it stands in the file' }, json],
    examples: [
      { command: 'sentinel runbook show upstream-failure', meaning: 'all of it' },
      { command: 'sentinel runbook show triage#the-tree', meaning: 'one section, with those below it' },
      { command: 'sentinel runbook show triage --markdown', meaning: 'to begin one of your own with' },
    ],
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.usage, 'there is no such runbook or section, or the command line is wrong'],
    ],
    load: () => import('../commands/runbook-show.ts'),
  },
  runbookRunCommand,
  {
    path: ['runbook', 'lint'],
    changes: false,
    summary: 'check runbooks: what they name exists, and every way leads somewhere',
    description: [
      'Reads the files, else every runbook that there is, and tells everything that is wrong at once, each with its place: front matter and fences that cannot be read, gotos and links that lead nowhere, probes, questions, causes, codes, metrics, endpoints and events that do not exist, commands and options that the program does not take, configuration that it would refuse, questions without a way out, changes that do not say what takes them back, runbooks that nothing leads to.',
      'Files are checked as if they lay in the folder of your own runbooks, beside all others. sentinel-runbooks(7) has the format.',
    ],
    arguments: [{ name: 'file', required: false, variadic: true, description: 'files to check; else all runbooks' }],
    options: [
      {
        flags: '--format <format>',
        description: 'how to print what is wrong',
        choices: ['text', 'json', 'short', 'github', 'sarif'],
        defaultValue: 'text',
      },
      json,
    ],
    examples: [
      { command: 'sentinel runbook lint', meaning: 'all of them' },
      { command: 'sentinel runbook lint dns-outage.md --format short', meaning: 'one file, a line for each mistake' },
    ],
    exits: [
      [exitCodes.ok, 'nothing is wrong but perhaps warnings'],
      [exitCodes.problems, 'something is wrong'],
      badUsage,
      [exitCodes.unknown, 'a file that was named cannot be read'],
    ],
    load: () => import('../commands/runbook-lint.ts'),
  },
];
