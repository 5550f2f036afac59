/** How an answer is made: of words and evidence, of what rules suspect, or of a section that is not known. Judges nothing itself. */
import { CERTAIN_ENOUGH, type Case } from '../case.ts';
import type { SectionName } from '../facts.ts';
import type { Answer, Evidence, Suspicion } from '../judgement.ts';

export function yes(words: string, ...evidence: readonly Evidence[]): Answer {
  return { answer: 'yes', words, evidence };
}

export function no(words: string, ...evidence: readonly Evidence[]): Answer {
  return { answer: 'no', words, evidence };
}

/** Because a section is missing: what is not known is neither well nor ill. */
export function unknown(of: Case, ...sections: readonly SectionName[]): Answer {
  const missing = sections.filter((section) => of[section] === null);
  const words = (missing.length === 0 ? sections : missing).map(
    (section) => `${section} is not known${of.why(section) === null ? '' : `: ${of.why(section)}`}`,
  );
  return { answer: 'unknown', words: words.join('; '), evidence: [] };
}

/** The causes among suspicions, the strongest first. */
export function strong(suspicions: readonly Suspicion[]): readonly Suspicion[] {
  return suspicions.filter(({ strength }) => strength >= CERTAIN_ENOUGH).sort((a, b) => b.strength - a.strength);
}

/** `detail of the first, and 2 more` */
export function inShort(suspicions: readonly Suspicion[]): string {
  const [first, ...others] = suspicions;
  if (first === undefined) return '';
  return others.length === 0 ? first.detail : `${first.detail}, and ${others.length} more`;
}

export function evidenceOf(suspicions: readonly Suspicion[]): readonly Evidence[] {
  return suspicions.flatMap(({ evidence }) => evidence);
}
