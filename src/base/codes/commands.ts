/** Codes of range P from 040: command lines and what commands read and write. */
import type { CodeFacts } from '../code-facts.ts';

export const commandCodes = {
  'SNT-P040': {
    title: 'command line not understood',
    meaning: 'A command, option or argument does not exist, is missing or has a value that it cannot have.',
    remedy: 'The message says which; `sentinel help COMMAND` shows examples first.',
  },
  'SNT-P041': {
    title: 'no such error code or cause',
    meaning: 'The word given to `sentinel explain` is neither an error code nor a cause of the access log.',
    remedy: '`sentinel explain` without an argument lists them all.',
  },
  'SNT-P042': {
    title: 'file exists already',
    meaning: 'A command was asked to write a file that is already there. It never overwrites one.',
    remedy: 'Name another file, or move the existing one away first.',
  },
  'SNT-P043': {
    title: 'file cannot be written',
    meaning: 'The folder does not exist, or this user may not write there.',
    remedy: 'Create the folder, or name a file that this user may write.',
  },
  'SNT-P044': {
    title: 'daemon not ready',
    meaning: 'The daemon runs and says itself that it should get no new traffic: it drains, or not all of it is up.',
    remedy: 'The reasons stand beside it; `/ready` answers 503 with the same ones.',
  },
  'SNT-P045': {
    title: 'configuration has mistakes',
    meaning: 'A command needs a configuration that checks, and the file does not. Nothing was done.',
    remedy: '`sentinel validate FILE` shows every mistake with its position.',
  },
  'SNT-P046': {
    title: 'no route takes the request',
    meaning:
      'Every route has a condition that the request does not meet, so it would be answered with 404 (cause `no_route`).',
    remedy: '`sentinel route explain` says for each route which condition that is.',
  },
  'SNT-P047': {
    title: 'not confirmed',
    meaning:
      'A command that changes what happens to traffic asks before it does so. Nobody could be asked, or the answer was no. Nothing was done.',
    remedy: 'In a script, give `--yes`.',
  },
  'SNT-P048': {
    title: 'log cannot be read',
    meaning: 'The log file does not exist, may not be read, or is none; or no file is named for it.',
    remedy:
      'Read it as a user who may, or let the daemon answer (`sentinel logs`); under systemd `journalctl -u sentinel` has it.',
  },
  'SNT-P049': {
    title: 'no such series',
    meaning: 'The daemon exposes no series of that name, or beginning like that.',
    remedy: 'See the names with `sentinel metrics`; docs/metrics.md says what each means.',
  },
  'SNT-P050': {
    title: 'nothing known of this request',
    meaning:
      'Neither the records of the daemon, nor the requests under way, nor its log lines, nor the access log know this id. Requests that were good and quick are kept by sample only, and everything that is kept gives way to what comes later.',
    remedy:
      'Check the id: it is the `X-Correlation-Id` of the answer. An access log (`observability { logging { access-log { … } } }`) knows every request; rotated files are not read.',
  },
  'SNT-P051': {
    title: 'route test without an answer',
    meaning:
      'A route test was sent and nobody knows what became of it: the listener did not answer, or the daemon says nothing of the request, as another process listens there. That is no success.',
    remedy:
      'The message says what is missing. Run `sentinel test --live` on the machine of the daemon; `sentinel status` shows where it listens.',
  },
  'SNT-P052': {
    title: 'query cannot be read',
    meaning:
      'The query is not one of the KDL query language: a selector, a matcher in brackets, or an operator is wrong.',
    remedy:
      'Compare it with the examples of `sentinel config query --help`, such as `route > matches` or `upstream[val() = "api"] >> target`.',
  },
  'SNT-P053': {
    title: 'configurations differ',
    meaning:
      'The command was asked to say so by its exit status (`--exit-code`): there are changes, listed in its output.',
    remedy:
      'Nothing is wrong. See the changes with `sentinel config diff`, or what a reload would do with `sentinel config plan`.',
  },
  'SNT-P107': {
    title: 'not known',
    meaning:
      'A probe of a diagnosis that the answer needs could not find out what it looks for, so that nobody can say that all is well.',
    remedy:
      'The message says why, and what was tried. Ask as a user who may (`sudo -u sentinel sentinel diagnose`), or on the machine of the daemon.',
  },
  'SNT-P108': {
    title: 'facts cannot be used',
    meaning: 'The file of facts that a diagnosis was to judge cannot be read, or is not what `--save-facts` writes.',
    remedy: 'Check the path; collect anew with `sentinel diagnose --save-facts FILE`.',
  },
  'SNT-P110': {
    title: 'chart wall is not installed',
    meaning:
      '`sentinel top --charts` is drawn with blessed and blessed-contrib, optional packages that were left out when sentinel was installed (`--omit=optional`). Nothing else needs them.',
    remedy:
      'The message has the command that installs them beside this program. Until then `sentinel top` shows the same, with a table instead of charts.',
  },
} as const satisfies Record<string, CodeFacts>;
