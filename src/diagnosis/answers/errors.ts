/** Whether too many requests fail or are refused, and by what. */
import { type Case, percent, seen } from '../case.ts';
import { type ClientTraffic, latestTraffic } from '../client-traffic.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { causeShares, statusSeen } from '../request-origin.ts';
import { errorsHigh, highErrorRate, REFUSALS } from '../rules/high-error-rate.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const errorAnswers = {
  'error-rate-normal': (of: Case): Answer => {
    if (of.traffic === null) return unknown(of, 'traffic');
    const high = errorsHigh(of);
    const latest = latestTraffic(of);
    if (high !== null) {
      const { traffic, ratio } = high;
      return no(
        `5xx ${percent(ratio)} over ${traffic.window} (limit ${percent(of.thresholds.errorRatio)}): ${causeShares(errorCauses(of, traffic), traffic.errors)}`,
        seen('traffic', `${traffic.errors} of ${traffic.requests} requests in ${traffic.window}`, {
          value: ratio,
          threshold: of.thresholds.errorRatio,
        }),
      );
    }
    const broken = strong(highErrorRate(of)).filter(
      ({ cause }) => !REFUSALS.has(cause) && cause !== 'override-left-on',
    );
    if (broken.length > 0) return no(inShort(broken), ...evidenceOf(broken));
    if (latest === null) return { answer: 'unknown', words: 'nothing has been counted yet', evidence: [] };
    return yes(
      latest.requests === 0 ? 'no requests' : `5xx ${percent(latest.ratio)} over ${latest.window}`,
      seen('traffic', `${latest.errors} of ${latest.requests} requests in ${latest.window}`, {
        value: latest.ratio,
        threshold: of.thresholds.errorRatio,
      }),
    );
  },
  'errors-by-upstream-answers': (of: Case) => mostlyOf(of, 'upstream'),
  'errors-502': (of: Case) => mostlyOf(of, 502),
  'errors-503': (of: Case) => mostlyOf(of, 503),
  'errors-504': (of: Case) => mostlyOf(of, 504),
  'errors-500': (of: Case) => mostlyOf(of, 500),
  'refusals-high': (of: Case): Answer => {
    if (of.traffic === null) return unknown(of, 'traffic');
    const refused = strong(highErrorRate(of)).filter(
      ({ cause, evidence }) =>
        REFUSALS.has(cause) ||
        (cause === 'override-left-on' && evidence.some(({ words }) => words.includes('rate_limited'))),
    );
    if (refused.length > 0) return yes(inShort(refused), ...evidenceOf(refused));
    return no('few requests are refused');
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;

function errorCauses(of: Case, { causes }: ClientTraffic) {
  return causes.filter(({ cause }) => cause === 'upstream_status' || (statusSeen(of, cause) ?? 0) >= 500);
}

/** The largest group of the errors: answers of upstreams themselves, or one status of the proxy's own. */
function mostlyOf(of: Case, group: 'upstream' | number): Answer {
  if (of.traffic === null) return unknown(of, 'traffic');
  const traffic = errorsHigh(of)?.traffic ?? latestTraffic(of);
  if (traffic === null) return { answer: 'unknown', words: 'nothing has been counted yet', evidence: [] };
  const groups = new Map<'upstream' | number, number>();
  for (const { cause, count } of errorCauses(of, traffic)) {
    const name = cause === 'upstream_status' ? 'upstream' : (statusSeen(of, cause) ?? 0);
    groups.set(name, (groups.get(name) ?? 0) + count);
  }
  const [first] = [...groups].sort((a, b) => b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1));
  const count = groups.get(group) ?? 0;
  const words = `${count} of ${traffic.errors} errors`;
  const evidence = seen('traffic', `${words}: ${causeShares(errorCauses(of, traffic), traffic.errors) || 'none'}`, {
    value: count,
  });
  return first?.[0] === group && count > 0 ? yes(words, evidence) : no(words, evidence);
}
