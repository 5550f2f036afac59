/**
 * Answers the questions of runbooks by facts: the table from each question to who answers it, and which answer is the good one.
 * Called by the walk, and by whoever runs a runbook; decides nothing about where an answer leads.
 */
import { attackAnswers } from './answers/attack.ts';
import { certificateAnswers } from './answers/certificates.ts';
import { configurationAnswers } from './answers/configuration.ts';
import { entranceAnswers } from './answers/entrance.ts';
import { errorAnswers } from './answers/errors.ts';
import { latencyAnswers } from './answers/latency.ts';
import { machineAnswers } from './answers/machine.ts';
import { processAnswers } from './answers/process.ts';
import { upstreamAnswers } from './answers/upstreams.ts';
import { type Case, caseOf } from './case.ts';
import type { Facts } from './facts.ts';
import type { Answer } from './judgement.ts';
import { type QuestionName, questions } from './questions.ts';
import type { Thresholds } from './thresholds.ts';

type Answers = Readonly<Record<QuestionName, (of: Case) => Answer>>;

const answers: Answers = {
  ...processAnswers,
  ...entranceAnswers,
  ...attackAnswers,
  ...machineAnswers,
  ...upstreamAnswers,
  ...certificateAnswers,
  ...errorAnswers,
  ...configurationAnswers,
  ...latencyAnswers,
};

/** Questions that are well when the answer is no. */
const wellWhenNo: ReadonlySet<QuestionName> = new Set([
  'under-attack',
  'errors-by-upstream-answers',
  'errors-502',
  'errors-503',
  'errors-504',
  'errors-500',
  'refusals-high',
  'upstream-is-slow',
]);

/** Null = it is a question for people. */
export function questionNamed(name: string): QuestionName | null {
  return Object.hasOwn(questions, name) ? (name as QuestionName) : null;
}

export function wellAnswer(question: QuestionName): 'yes' | 'no' {
  return wellWhenNo.has(question) ? 'no' : 'yes';
}

export function answerOf(question: QuestionName, facts: Facts, thresholds: Thresholds): Answer {
  return answerFor(question, caseOf(facts, thresholds));
}

export function answerFor(question: QuestionName, of: Case): Answer {
  return answers[question](of);
}
