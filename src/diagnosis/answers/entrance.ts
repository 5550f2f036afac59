/** Whether clients get in, and whether the proxy itself answers them. */
import { type Case, seen } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { connectionRefused } from '../rules/connection-refused.ts';
import { answeredItself, healthCheckFailure } from '../rules/health-check-failure.ts';
import { isShuttingDown } from '../standstill.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const entranceAnswers = {
  'clients-get-in': (of: Case): Answer => {
    const refused = strong(connectionRefused(of));
    if (refused.length > 0) return no(inShort(refused), ...evidenceOf(refused));
    if (of.endpoints === null) return unknown(of, 'endpoints');
    if (isShuttingDown(of))
      return { answer: 'unknown', words: 'the daemon is shutting down: its listeners close by order', evidence: [] };
    const asked = of.endpoints.listeners.filter(({ health }) => health.asked > 0);
    if (asked.length === 0) return { answer: 'unknown', words: 'no listener could be asked from here', evidence: [] };
    const barred = asked.filter(({ health }) => health.refused === health.asked);
    const [first] = barred;
    if (first !== undefined) {
      return no(
        `listener ${first.id} (${first.address}) takes no connection: ${first.health.why}`,
        seen('endpoints', `${first.health.refused} of ${first.health.asked} connections to ${first.address} refused`, {
          value: first.health.refused,
          threshold: 0,
        }),
      );
    }
    return yes(`${asked.length} listener${asked.length === 1 ? '' : 's'} take connections`);
  },
  'listener-bound': (of: Case): Answer => {
    const away = strong(connectionRefused(of)).filter(({ cause }) => cause === 'listening-elsewhere');
    if (away.length > 0) return no(inShort(away), ...evidenceOf(away));
    if (of.config === null || of.daemon === null) return unknown(of, 'config', 'daemon');
    return yes(`listens on ${of.daemon.status.listeners.map(({ address }) => address).join(', ')}`);
  },
  'health-answers': (of: Case): Answer => {
    const ill = strong(healthCheckFailure(of));
    if (ill.length > 0) return no(inShort(ill), ...evidenceOf(ill));
    if (of.endpoints === null) return unknown(of, 'endpoints');
    const asked = of.endpoints.listeners.filter(({ health }) => health.asked > 0);
    if (asked.length === 0) return { answer: 'unknown', words: 'no listener could be asked from here', evidence: [] };
    const bad = asked.find(({ health }) => answeredItself(health) === 0);
    if (bad !== undefined)
      return no(
        `${bad.health.path} on ${bad.address}: ${bad.health.why}`,
        seen('endpoints', bad.health.why ?? 'no good answer', { value: bad.health.good, threshold: bad.health.asked }),
      );
    const slowest = Math.max(...asked.map(({ health }) => health.max_ms ?? 0));
    const good = asked.reduce((sum, { health }) => sum + answeredItself(health), 0);
    return yes(`${asked[0]?.health.path} answered ${good} times, in ${Math.round(slowest)} ms at most`);
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
