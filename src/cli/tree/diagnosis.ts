/** Declaration of the command that says what is wrong. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { joinedIncident } from './incident-options.ts';
import { badUsage, config, daemon, denied, json } from './options.ts';

export const diagnosisCommands: readonly CommandSpec[] = [
  {
    path: ['diagnose'],
    changes: false,
    summary: 'what is wrong, why, how bad it is, and what to type next',
    description: [
      'Asks the machine, the daemon, its listeners and its targets all at once (at most ten seconds), walks the triage tree of the runbooks over what it finds, and names the cause with its evidence. Works as well when the daemon is dead, was never started, or accepts and does not answer.',
      'One line a subject: ✓ good, ▲ beyond a threshold, ✗ wrong, ? not known and what was tried. Then the causes, the most likely first, what changed before it began, the way through the tree, the verdict with its severity, how soon to respond and whom to page (`contacts` of the configuration), and at most three commands to type.',
      'Probes read what is there, and open connections to the listeners, targets and name servers of the configuration. Those that others could notice (--intrusive: writing a file, traceroute) run only with consent. Nothing is changed, but that an incident which is open gets what was found, with all facts: it stands in its timeline.',
      'With --daemon HOST:PORT of another machine, what only the machine itself could tell is not known, which is no fault.',
      '--watch repeats it and prints a line for each change of the verdict; --wait repeats it until nothing is wrong. --save-facts keeps all that was found out in a file, which --facts judges later, elsewhere, without asking anybody; --bundle judges those that a snapshot of an incident holds. Secrets are taken out before facts are kept.',
    ],
    arguments: [],
    options: [
      config,
      daemon,
      { flags: '--short', description: 'the verdict in one line, for chats, and only the lines that are not well' },
      {
        flags: '--format <format>',
        description: 'how to print it; slack: mrkdwn to paste; junit: a case for each cause, question and probe',
        choices: ['text', 'json', 'markdown', 'slack', 'junit'],
        defaultValue: 'text',
      },
      {
        flags: '--guided',
        description: 'ask before each probe that opens connections, and go through the tree step by step',
      },
      { flags: '--intrusive', description: 'run the probes too that others could notice' },
      { flags: '--watch', description: 'repeat, and print what changes, until Ctrl-C' },
      { flags: '--wait', description: 'repeat until nothing is wrong, or --timeout is over' },
      { flags: '--interval <duration>', description: 'between two rounds of --watch and --wait', defaultValue: '10s' },
      { flags: '--timeout <duration>', description: 'how long --wait waits', defaultValue: '2m' },
      { flags: '--symptom <procedure>', description: 'begin at a procedure instead of at the root of the tree' },
      { flags: '--facts <file>', description: 'judge the facts of a file; - for standard input' },
      { flags: '--bundle <file>', description: 'judge the facts of a snapshot; or of an incident: of its last one' },
      { flags: '--save-facts <file>', description: 'keep the facts in a file (0600)' },
      joinedIncident,
      json,
    ],
    examples: [
      { command: 'sentinel diagnose', meaning: 'what is wrong here, now' },
      {
        command: 'sentinel diagnose -c sentinel.kdl',
        meaning: 'with the file that the daemon should run, or have run',
      },
      { command: 'sentinel diagnose --short', meaning: 'one line for the chat' },
      { command: 'sentinel diagnose --format slack', meaning: 'with causes and evidence' },
      {
        command: 'sentinel diagnose --wait --timeout 5m',
        meaning: 'after a fix: 0 when all is well, 6 when it is not in time',
      },
      { command: 'sentinel diagnose --save-facts facts.json', meaning: 'now' },
      { command: 'sentinel diagnose --facts facts.json', meaning: 'the same verdict, tomorrow' },
      { command: 'sentinel diagnose --bundle INC-001', meaning: 'as it was when the last snapshot was taken' },
    ],
    exits: [
      [exitCodes.ok, 'nothing is wrong'],
      [exitCodes.problems, 'something is wrong; the verdict says what'],
      [exitCodes.usage, badUsage[1] + ', or --guided where nobody can be asked'],
      [exitCodes.unknown, 'nothing wrong was found, and something could not be found out that the answer needs'],
      [exitCodes.denied, `${denied[1]} know enough for an answer`],
      [exitCodes.deadline, '--wait: the time was over and something was still wrong, or not known'],
      [exitCodes.interrupted, 'ended by Ctrl-C'],
    ],
    load: () => import('../commands/diagnose.ts'),
  },
];
