/** Whether every certificate can be used, and is the one that is served. */
import { type Case, seen } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { tlsCertificates } from '../rules/tls-certificates.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const certificateAnswers = {
  'certificates-usable': (of: Case): Answer => {
    const bad = strong(tlsCertificates(of)).filter(({ cause }) => cause !== 'clock-wrong');
    if (bad.length > 0) return no(inShort(bad), ...evidenceOf(bad));
    if (of.certificates === null) return unknown(of, 'certificates');
    const { certificates } = of.certificates;
    if (certificates.length === 0) return yes('none are used');
    const days = certificates.flatMap(({ days_left }) => (days_left === null ? [] : [days_left]));
    if (days.length === 0) return { answer: 'unknown', words: 'no certificate could be read', evidence: [] };
    const first = Math.min(...days);
    return yes(
      `${certificates.length} usable, the first ends in ${first} days`,
      seen('certificates', `${first} days left`, { value: first, threshold: of.thresholds.certCriticalDays }),
    );
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
