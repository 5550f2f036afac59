/** Declarations of the commands that explain. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, json } from './options.ts';

export const learnCommands: readonly CommandSpec[] = [
  {
    path: ['explain'],
    changes: false,
    summary: 'what an error code or a cause means and what to do',
    description: [
      'Prints the page of an error code (SNT-C001) or of a cause of the access log (no_healthy_target). Where a runbook has a section on the code, the section stands below it, as `sentinel runbook show` prints it, with the command that shows it. The id of a runbook prints the runbook.',
      'Works without a daemon and without a network. Without an argument it lists all codes and causes.',
    ],
    arguments: [{ name: 'code', required: false, description: 'SNT-…, a cause, or the id of a runbook' }],
    options: [json],
    examples: [
      { command: 'sentinel explain SNT-C001', meaning: 'an error code' },
      { command: 'sentinel explain SNT-P082', meaning: 'one that a runbook deals with: its section too' },
      { command: 'sentinel explain no_healthy_target', meaning: 'a cause from the access log' },
      { command: 'sentinel explain process-crash', meaning: 'a runbook' },
    ],
    exits: [
      [exitCodes.ok, 'explained'],
      [exitCodes.usage, 'there is no such code, cause or runbook'],
    ],
    load: () => import('../commands/explain.ts'),
  },
  {
    path: ['man'],
    changes: false,
    summary: 'the manual, without a network and without a `man`',
    description: [
      'Prints a page of the manual: of a command, of the configuration language (`kdl`), or of a topic (metrics, signals, exit codes, filters, runbooks, card). On a terminal it is shown by PAGER, else less, where there is one. Without a topic it lists all pages.',
      '`sentinel help card` prints the quick reference card.',
    ],
    arguments: [
      {
        name: 'topic',
        required: false,
        variadic: true,
        description: 'a command, kdl, metrics, signals, exit-codes, filters, runbooks, card',
      },
    ],
    options: [json],
    examples: [
      { command: 'sentinel man config apply', meaning: 'a command' },
      { command: 'sentinel man kdl', meaning: 'every key of the configuration' },
      { command: 'sentinel man exit-codes', meaning: 'what an exit status says' },
      { command: 'sentinel help card', meaning: 'the quick reference card' },
    ],
    exits: [
      [exitCodes.ok, 'shown'],
      [exitCodes.usage, 'there is no such page'],
    ],
    load: () => import('../commands/man.ts'),
  },
  {
    path: ['completion'],
    changes: false,
    summary: 'the script that makes a shell complete commands, options and names',
    description: [
      'Prints the script for bash, zsh or fish. It completes commands, options and their values, and names as they are now: upstreams, targets, routes, breakers, drains, requests in flight, generations, incidents, error codes, runbooks. Names are asked of the daemon that the line names (`--daemon`, else as every command does), for a third of a second at most; where nothing answers there are none, and nothing is said.',
      '`completion words` is what the scripts ask: what may come next after WORDS, of which the last one is being typed; or, with --line, on a command line as a shell has it. First line: `words`, `files` or `folders`, a tab, and the word so far; then a candidate and its meaning a line.',
    ],
    arguments: [
      { name: 'shell', required: true, description: 'bash, zsh or fish; or words' },
      {
        name: 'words',
        required: false,
        variadic: true,
        description: 'of `completion words`: what was typed so far, behind `--`',
      },
    ],
    options: [{ flags: '--line <text>', description: 'of `completion words`: the command line up to the cursor' }],
    examples: [
      { command: 'eval "$(sentinel completion bash)"', meaning: 'in ~/.bashrc' },
      { command: 'eval "$(sentinel completion zsh)"', meaning: 'in ~/.zshrc, behind compinit' },
      { command: 'sentinel completion fish | source', meaning: 'in ~/.config/fish/config.fish' },
    ],
    exits: [[exitCodes.ok, 'printed'], badUsage],
    load: () => import('../commands/completion.ts'),
  },
];
