/** Whether upstreams can answer, as the daemon says and as asking their targets has shown. */
import { type Case, seen } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { upstreamFailure } from '../rules/upstream-failure.ts';
import { answers, standings } from '../target-standing.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const upstreamAnswers = {
  'any-upstream-up': (of: Case): Answer => {
    if (of.daemon === null && of.targets === null) return unknown(of, 'daemon', 'targets');
    const used = standings(of).filter((upstream) => upstream.used);
    if (used.length === 0) return yes('no route needs an upstream');
    const up = used.filter((upstream) => answers(upstream));
    const words = `${up.length} of ${used.length} upstreams can answer`;
    const evidence = seen(of.daemon === null ? 'targets' : 'daemon', words, { value: up.length, threshold: 1 });
    return up.length === 0
      ? no(`none of ${used.length} upstream${used.length === 1 ? '' : 's'} can answer`, evidence)
      : yes(words, evidence);
  },
  'upstreams-healthy': (of: Case): Answer => {
    const ill = strong(upstreamFailure(of));
    if (ill.length > 0) return no(inShort(ill), ...evidenceOf(ill));
    if (of.daemon === null || of.targets === null) return unknown(of, 'daemon', 'targets');
    const all = standings(of);
    const targets = all.reduce((sum, one) => sum + one.targets.length, 0);
    const down = all.filter((one) => one.used && one.state?.state === 'down');
    if (down.length > 0) return no(`${down.map(({ name, state }) => `${name}: ${state?.why ?? 'down'}`).join('; ')}`);
    return yes(`${all.length} upstreams, ${targets} targets`);
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
