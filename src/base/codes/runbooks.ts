/** Codes of range R: runbooks, their files and what is wrong in them. */
import type { CodeFacts } from '../code-facts.ts';

export const runbookCodes = {
  'SNT-R001': {
    title: 'runbook cannot be read',
    meaning:
      'The file or folder of runbooks that was named does not exist, may not be read, is too large, or is no text in UTF-8.',
    remedy:
      'Check the path and its permissions; `SENTINEL_RUNBOOKS` names the folder of your own runbooks when it is not `/etc/sentinel/runbooks`.',
  },
  'SNT-R002': {
    title: 'front matter missing or not readable',
    meaning:
      'A runbook begins with a line `---`, its `id`, `title`, `severity` and `symptoms` in YAML, and another line `---`. This one has none, or none that YAML can read.',
    remedy: 'Begin the file as `docs/runbooks.md` shows.',
  },
  'SNT-R003': {
    title: 'front matter says something wrong',
    meaning:
      'A field is missing, unknown, or has a value that it cannot have: the id differs from the name of the file, or the severity is none of SEV1 to SEV4.',
    remedy: 'Correct the marked field; `man sentinel-runbooks` lists them all.',
  },
  'SNT-R004': {
    title: 'fence that cannot be read',
    meaning:
      'What stands between ` ```kdl ` and its end is not KDL at this place, or the fence is of a kind that runbooks do not have.',
    remedy:
      'Look at the marked place and just before it. A piece of configuration that is only shown stands in ` ```kdl example `.',
  },
  'SNT-R005': {
    title: 'unknown part in a runbook',
    meaning:
      'A machine fence has a node or a property that runbooks do not have there. It would do nothing, so that it is refused rather than ignored.',
    remedy: 'Correct the spelling; `man sentinel-runbooks` lists every node with its arguments.',
  },
  'SNT-R006': {
    title: 'wrong argument in a runbook',
    meaning: 'A node of a machine fence lacks an argument, has one too many, or has one of the wrong kind.',
    remedy: 'Write the node as `man sentinel-runbooks` shows it.',
  },
  'SNT-R007': {
    title: 'name given twice',
    meaning: 'Two runbooks have the same id, or two steps or causes of one runbook the same name.',
    remedy: 'Rename one of them, and what refers to it.',
  },
  'SNT-R008': {
    title: 'way that leads nowhere',
    meaning: 'A `goto` or a link names a runbook or a heading that does not exist.',
    remedy:
      'Name a runbook by its id and a heading as GitHub does: lower case, spaces as `-`, other signs left out. `sentinel runbook list` prints the ids.',
  },
  'SNT-R009': {
    title: 'name that the diagnosis does not know',
    meaning:
      'A `probe`, `ask`, `assert`, `needs` or `cause` names something that no diagnosis gathers, answers or finds.',
    remedy: 'Take one of the names of `man sentinel-runbooks`. A question for a person has its words behind the name.',
  },
  'SNT-R010': {
    title: 'cause at odds with the diagnosis',
    meaning:
      'A cause has another code than the diagnosis gives it, stands in another runbook than the one that deals with it, or in none.',
    remedy: 'Give it the code and the runbook that the message names.',
  },
  'SNT-R011': {
    title: 'runbook that nothing leads to',
    meaning: 'No `goto` and no link leads from the triage to this runbook, neither directly nor through others.',
    remedy:
      'Lead to it from where it is needed, or say `entry: true` in its front matter: people open it by themselves.',
  },
  'SNT-R012': {
    title: 'command that the program does not take',
    meaning:
      'The runbook prints or runs a command of `sentinel` that does not exist, or with an option or argument that it does not take.',
    remedy: 'Compare it with `sentinel --help` and the help of the command.',
  },
  'SNT-R013': {
    title: 'name that the program does not have',
    meaning: 'The runbook names a metric, an endpoint, an error code or an event that does not exist.',
    remedy:
      'Look it up: `sentinel metrics`, `docs/admin-api.md`, `sentinel explain` and `docs/events.md` list what there is.',
  },
  'SNT-R014': {
    title: 'piece of configuration that would be refused',
    meaning: 'What a ` ```kdl example ` fence shows is not a configuration that the program takes.',
    remedy: 'Correct it as `sentinel validate` would have it; `man sentinel.kdl` lists every key.',
  },
  'SNT-R015': {
    title: 'question without a way out',
    meaning: 'Whatever is answered, the runbook does not go on, or it comes back to the same question for ever.',
    remedy:
      'Give `yes` or `no` a `goto` that leads somewhere else, or leave one of them out to go on behind the question.',
  },
  'SNT-R016': {
    title: 'change without a way back',
    meaning:
      'A step of the kind `change` runs a command and does not say what takes it back, or a `rollback` names a step that does not exist or has no way back.',
    remedy:
      'Add `undo` with a command, `no-undo` with the reason, or make the step one of the kind `destroy` when nothing takes it back.',
  },
  'SNT-R017': {
    title: 'condition that cannot be waited for',
    meaning: 'A `wait` has a condition that is no field, operator and value, and no question.',
    remedy: 'Write it as `err<1%`, `p99<1s`, `healthy=all` or the name of a question.',
  },
  'SNT-R018': {
    title: 'unknown placeholder',
    meaning: 'A command has a word in braces that nothing is put in the place of.',
    remedy: 'Take one of the placeholders of `man sentinel-runbooks`, or write the word without braces.',
  },
  'SNT-R019': {
    title: 'no such runbook',
    meaning: 'There is no runbook with this id, or it has no section of this name.',
    remedy: 'List them with `sentinel runbook list`, and the sections of one with `sentinel runbook show ID`.',
  },
} as const satisfies Record<string, CodeFacts>;
