/**
 * What all workers saw of those who send the most, as one list, with bounds that hold. Pure: the answers come from
 * `Supervisor.ask`, the views of the admin API show the result.
 */
import { mergedRegisters } from '../../shared/distinct.ts';
import { compareTalkers, type Talker, type TalkersSeen } from '../../shared/talkers.ts';

/** Standard deviations that bounds of sampled counts are wide: outside of them lies one in 15 000. */
const deviations = 4;

/** Each `least` and `most` is the sum over workers, without what sampling leaves open. */
export function mergeTalkers(answers: readonly TalkersSeen[]): TalkersSeen {
  const unlisted = answers.reduce((sum, answer) => sum + answer.unlisted, 0);
  const merged = new Map<string, Talker>();
  for (const answer of answers) {
    for (const talker of answer.talkers) {
      // Where it is not listed it may have as many as the lightest there; here that is known better.
      const before = merged.get(talker.key) ?? { ...nobody, key: talker.key, most: unlisted };
      merged.set(talker.key, {
        key: talker.key,
        least: before.least + talker.least,
        most: before.most - answer.unlisted + talker.most,
        errors: before.errors + talker.errors,
        clientErrors: before.clientErrors + talker.clientErrors,
        bytesOut: before.bytesOut + talker.bytesOut,
      });
    }
  }
  return {
    coveredMs: answers.reduce((most, { coveredMs }) => Math.max(most, coveredMs), 0),
    requests: answers.reduce((sum, { requests }) => sum + requests, 0),
    stride: answers.reduce((most, { stride }) => Math.max(most, stride), 1),
    unlisted,
    talkers: [...merged.values()].sort(compareTalkers),
    distinct: mergedRegisters(answers.map(({ distinct }) => distinct)),
    distinctBefore: mergedRegisters(answers.map(({ distinctBefore }) => distinctBefore)),
    beforeMs: answers.reduce((most, { beforeMs }) => Math.max(most, beforeMs), 0),
  };
}

const nobody = { least: 0, most: 0, errors: 0, clientErrors: 0, bytesOut: 0 };

/**
 * What the true number lies between when each request that was looked at stood for up to `stride`. With a stride of 1 as
 * certain as the sketch; else within four standard deviations (score bounds of a Poisson count).
 */
export function boundsOf(
  { least, most }: Pick<Talker, 'least' | 'most'>,
  stride: number,
  requests: number,
): { readonly atLeast: number; readonly atMost: number } {
  if (stride <= 1) return { atLeast: least, atMost: Math.min(most, requests) };
  const half = (deviations ** 2 * stride) / 2;
  const spread = (count: number): number => deviations * Math.sqrt(stride * count + (deviations * stride) ** 2 / 4);
  // What was looked at is certain, whatever it stood for.
  const looked = least / stride;
  return {
    atLeast: Math.floor(Math.max(looked, least + half - spread(least))),
    atMost: Math.ceil(Math.min(requests, most + half + spread(most))),
  };
}
