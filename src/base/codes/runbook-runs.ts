/** Codes of range R from 20 on: how a run of a runbook stops. */
import type { CodeFacts } from '../code-facts.ts';

export const runbookRunCodes = {
  'SNT-R020': {
    title: 'no such step in the runbook',
    meaning: 'A step, a bash fence or a way back was named that the runbook does not have.',
    remedy: 'Take a number or a name of the message; `sentinel runbook show ID` prints them all.',
  },
  'SNT-R021': {
    title: 'value for a step missing',
    meaning:
      'A command of the runbook has a word in braces, and neither the facts nor the command line say what stands in its place. The run stopped before the step.',
    remedy: 'Give it: `sentinel runbook run ID --set target=10.1.1.10:8080`. On a terminal you are asked.',
  },
  'SNT-R022': {
    title: 'step not agreed to',
    meaning:
      'A step changes something, nobody can be asked (no terminal, or `--no-input`), and the command line does not agree to it. The step was not run.',
    remedy:
      'Give `--yes` for steps that can be taken back and `--confirm=NAME` for each that cannot, or run it on a terminal.',
  },
  'SNT-R023': {
    title: 'step failed',
    meaning:
      'The program of a step ended with a status that does not count as done, did not end in time, or could not be run.',
    remedy:
      'What it printed stands above and in the transcript. Go on with `sentinel runbook run ID --resume`, or take the step back with `sentinel runbook run ID --rollback STEP`.',
  },
  'SNT-R024': {
    title: 'precondition does not hold',
    meaning:
      'The runbook asserts something, or a step needs something, and facts say that it is not so. The run stopped there.',
    remedy: 'Find out why with `sentinel diagnose`, mend it, and go on with `sentinel runbook run ID --resume`.',
  },
  'SNT-R025': {
    title: 'runbook hangs on what is not known',
    meaning:
      'The way of the runbook, or an assertion, depends on a question that facts do not answer and that nobody was there to answer.',
    remedy: 'Answer it with `--answer QUESTION=yes` or `no`, or run the runbook on a terminal, where you are asked.',
  },
  'SNT-R026': {
    title: 'wait timed out',
    meaning: 'What the runbook waits for did not come, or did not last, within its time.',
    remedy:
      'Look at what the message was judged by; go on with `sentinel runbook run ID --resume`, which waits once more.',
  },
  'SNT-R027': {
    title: 'no run to go on with',
    meaning:
      'There is no transcript of an unfinished run of this runbook, or the one that was named cannot be read as one.',
    remedy: 'Begin anew with `sentinel runbook run ID`; `--from STEP` begins further down.',
  },
  'SNT-R028': {
    title: 'runbook changed since the run began',
    meaning: 'The text of the runbook is another than when the run began, so that its steps may be others too.',
    remedy: 'Read it again and begin anew, with `--from STEP` where the first steps are done.',
  },
  'SNT-R029': {
    title: 'run goes in a circle',
    meaning: 'The runbook was sent from section to section again and again without coming to its end.',
    remedy: 'Look at the answers in the transcript: one of them leads back each time.',
  },
  'SNT-R030': {
    title: 'transcript cannot be written',
    meaning:
      'What a run does is written down before the next thing is done, and the file could not be written. Nothing more was done.',
    remedy:
      'See whether the disk is full; name another file with `--transcript`, or another state folder with `XDG_STATE_HOME`.',
  },
  'SNT-R031': {
    title: 'runbook leads to what is not there',
    meaning: 'A `goto` names a runbook or a section that does not exist.',
    remedy: '`sentinel runbook lint` finds every such place.',
  },
  'SNT-R032': {
    title: 'value cannot be used in a step',
    meaning:
      'A value for a word in braces is empty, holds control characters, or would be taken for an option by the program.',
    remedy: 'Give another one with `--set NAME=VALUE`.',
  },
  'SNT-R033': {
    title: 'run declined',
    meaning: 'Somebody was asked and said no, or ended the input. What was done before stands in the transcript.',
    remedy: 'Go on with `sentinel runbook run ID --resume`.',
  },
  'SNT-R034': {
    title: 'condition cannot be read',
    meaning: 'A `wait` has a condition that is no field, operator and value, and no question.',
    remedy:
      'Write it as `err<1%`, `p99<1s`, `healthy=all` or the name of a question; `sentinel runbook lint` finds it.',
  },
} as const satisfies Record<string, CodeFacts>;
