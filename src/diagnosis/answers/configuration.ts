/** Whether what runs is what the file says. */
import type { Case } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { configReloadFailure } from '../rules/config-reload-failure.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const configurationAnswers = {
  'config-in-force': (of: Case): Answer => {
    const wrong = strong(configReloadFailure(of));
    if (wrong.length > 0) return no(inShort(wrong), ...evidenceOf(wrong));
    if (of.daemon === null) return unknown(of, 'daemon');
    const { config, generation } = of.daemon.status;
    if (config.source !== 'file') return yes(`runs without a file (${config.source})`);
    if (config.disk_matches_running === null)
      return { answer: 'unknown', words: 'the file cannot be compared with what runs', evidence: [] };
    return yes(`generation ${generation}, disk = running`);
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
