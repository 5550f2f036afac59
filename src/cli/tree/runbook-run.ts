/** Declaration of the command that runs runbooks. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { joinedIncident } from './incident-options.ts';
import { config, daemon, json } from './options.ts';

export const runbookRunCommand: CommandSpec = {
  path: ['runbook', 'run'],
  changes: (invocation) => !invocation.flag('dry-run'),
  summary: 'go through a runbook: facts answer what they can, you agree to what changes something',
  description: [
    'Goes through the runbook from its beginning: shows what probes find and which causes are suspected now, answers its questions by facts and asks you the others, follows where the answers lead, and runs its steps. Before each step it says what it will run and what takes it back. Looking is done at once; a change is agreed to with y; what cannot be taken back needs its name typed.',
    'Where nobody can be asked (a pipe, --no-input) a change needs --yes, what cannot be taken back --confirm=STEP for each, and questions for people --answer QUESTION=yes; else it stops there with status 2 or 3 and names the flag. Checklists and what is done by hand are listed as open then.',
    'Words in braces in its commands ({target}, {upstream}, {config} …) are filled from facts, or by --set; each stays within its argument. Steps of `sentinel` run this very program; `sentinel run` starts a daemon that stays. Fences of bash are shown, and run only when you choose them: by b, or by --step N --bash.',
    'A step that fails is tried again, passed over or taken back, as you say; on a pipe it ends the run. A run that stopped goes on with --resume behind the last step that was done: what was asserted is looked at again, and so are the needs of the next step.',
    'Everything is written down as it happens, without secrets, in the folder `runs` of the state folder, one JSON line for each thing; --transcript keeps a copy for people; the incident that is open gets another, and an entry in its timeline. --dry-run looks for real, and only shows what would be changed.',
  ],
  arguments: [{ name: 'id', required: true, description: 'of the runbook: upstream-failure' }],
  options: [
    {
      flags: '--dry-run',
      description: 'look for real, change nothing: what would be run, and what would take it back',
    },
    { flags: '--step <step>', description: 'just this step, by number or name, with what it needs' },
    { flags: '--bash', description: 'with --step: the fence of bash of that number' },
    { flags: '--from <step>', description: 'begin at this step, by number or name' },
    { flags: '--resume [run]', description: 'go on with a run that stopped (default: the last one of this runbook)' },
    { flags: '--rollback <step>', description: 'just take this step back' },
    {
      flags: '--set <name=value>',
      description: 'what stands in the place of {name}; again for others',
      repeatable: true,
    },
    {
      flags: '--answer <question=yes>',
      description: 'answer a question with yes or no; again for others',
      repeatable: true,
    },
    { flags: '--yes', description: 'agree to every change that can be taken back' },
    {
      flags: '--confirm <step>',
      description: 'agree to this step that cannot be taken back; again for others',
      repeatable: true,
    },
    { flags: '--no-input', description: 'ask nobody, also on a terminal' },
    {
      flags: '--transcript <file>',
      description: 'write the transcript there too: Markdown, or JSON lines for *.ndjson',
    },
    {
      flags: '--format <format>',
      description: 'of standard output; with markdown it is the transcript, at the end',
      choices: ['text', 'markdown', 'json'],
      defaultValue: 'text',
    },
    joinedIncident,
    config,
    daemon,
    { ...json, description: 'print the transcript as it grows: JSON lines, the first names the schema' },
  ],
  examples: [
    { command: 'sentinel runbook run process-crash', meaning: 'be led through it' },
    { command: 'sentinel runbook run upstream-failure --dry-run', meaning: 'what it would do here, now' },
    {
      command: 'sentinel runbook run upstream-failure --step drain --set upstream=api --set target=10.1.1.12:8080',
      meaning: 'one step of it',
    },
    { command: 'sentinel runbook run process-crash --resume', meaning: 'go on where the last run stopped' },
  ],
  streams: true,
  exits: [
    [exitCodes.ok, 'it went through; with --dry-run: it could'],
    [exitCodes.problems, 'a step failed, something asserted does not hold, or you said no'],
    [exitCodes.usage, 'the command line is wrong, or --yes, --confirm or --set is missing; the message names it'],
    [exitCodes.unknown, 'what it hangs on is not known'],
    [exitCodes.deadline, 'what it waits for did not come in time'],
    [exitCodes.interrupted, 'Ctrl-C: it stopped, and can be gone on with'],
  ],
  load: () => import('../commands/runbook-run.ts'),
};
