/** Whether answers come in time, and where the time goes. */
import { type Case, percent, seen } from '../case.ts';
import { latestTraffic } from '../client-traffic.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { latencyHigh, performanceDegradation } from '../rules/performance-degradation.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const latencyAnswers = {
  'latency-normal': (of: Case): Answer => {
    const slow = latencyHigh(of);
    const limit = of.thresholds.p99Ms;
    if (slow !== null)
      return no(
        `p99 ${Math.round(slow.p99Ms ?? 0)} ms over ${slow.window} (limit ${limit} ms)`,
        seen('traffic', `p99 ${Math.round(slow.p99Ms ?? 0)} ms`, { value: slow.p99Ms ?? 0, threshold: limit }),
      );
    const found = strong(performanceDegradation(of));
    if (found.length > 0) return no(inShort(found), ...evidenceOf(found));
    if (of.traffic === null) return unknown(of, 'traffic');
    const latest = latestTraffic(of);
    if (latest === null) return { answer: 'unknown', words: 'nothing has been counted yet', evidence: [] };
    if (latest.requests === 0 || latest.p99Ms === null) return yes('no requests');
    return yes(
      `p99 ${Math.round(latest.p99Ms)} ms over ${latest.window}`,
      seen('traffic', `p99 ${Math.round(latest.p99Ms)} ms`, { value: latest.p99Ms, threshold: limit }),
    );
  },
  'upstream-is-slow': (of: Case): Answer => {
    const found = strong(performanceDegradation(of)).filter(({ cause }) => cause === 'upstream-slow');
    if (found.length > 0) return yes(inShort(found), ...evidenceOf(found));
    if (of.traffic === null) return unknown(of, 'traffic');
    const { phases } = of.traffic;
    if (phases === null || phases.total_ms === 0) return no('no request is known one by one');
    return no(
      `${percent(Math.min(1, phases.first_byte_ms / phases.total_ms))} of the time is waiting for the upstream`,
      seen('traffic', `first byte ${Math.round(phases.first_byte_ms)} of ${Math.round(phases.total_ms)} ms`),
    );
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
