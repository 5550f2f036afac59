/** What the machine has left for the daemon: memory, open files, the right time. */
import { type Case, percent, seen } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { connectionRefused } from '../rules/connection-refused.ts';
import { memoryExhaustion } from '../rules/memory-exhaustion.ts';
import { tlsCertificates } from '../rules/tls-certificates.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

/** From here on somebody should look, before connections are refused. */
const FILES_SHORT = 0.8;

export const machineAnswers = {
  'memory-enough': (of: Case): Answer => {
    const short = strong(memoryExhaustion(of));
    if (short.length > 0) return no(inShort(short), ...evidenceOf(short));
    if (of.memory === null) return unknown(of, 'memory');
    const { used_ratio: used } = of.memory;
    if (used === null) return { answer: 'unknown', words: 'what the daemon uses is not known', evidence: [] };
    return yes(
      `${percent(used)} used`,
      seen('memory', `${percent(used)} used`, { value: used, threshold: of.thresholds.memoryRatio }),
    );
  },
  'descriptors-enough': (of: Case): Answer => {
    const short = strong(connectionRefused(of)).filter(({ cause }) => cause === 'descriptor-limit');
    if (short.length > 0) return no(inShort(short), ...evidenceOf(short));
    if (of.descriptors === null) return unknown(of, 'descriptors');
    const { open, soft_limit: most } = of.descriptors;
    if (open === null || most === null) return { answer: 'unknown', words: 'open files are not known', evidence: [] };
    const evidence = seen('descriptors', `${open} of ${most} open`, {
      value: open,
      threshold: Math.round(most * FILES_SHORT),
    });
    return open > most * FILES_SHORT
      ? no(`${open} of ${most} files open`, evidence)
      : yes(`${open} of ${most} files open`, evidence);
  },
  'clock-right': (of: Case): Answer => {
    const wrong = strong(tlsCertificates(of)).filter(({ cause }) => cause === 'clock-wrong');
    if (wrong.length > 0) return no(inShort(wrong), ...evidenceOf(wrong));
    if (of.clock === null) return unknown(of, 'clock');
    if (of.clock.synchronized === false) return no('nobody keeps the clock right', seen('clock', 'not synchronized'));
    return yes(
      of.clock.synchronized === true ? `kept by ${of.clock.source ?? 'the machine'}` : 'nothing speaks against it',
    );
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
