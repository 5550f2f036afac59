/**
 * Guards: the rate limits, of the proxy as a whole, of each client, and of the route. Acts on what a limiter says: refuses,
 * makes wait, or counts. Clients on the allow list are never limited; the proxy's own paths do not come here.
 */
import { bump, guardFields, routeFields } from '../../../shared/cells.ts';
import { type RateAnswer, type RateVerdict, rateVerdicts } from '../../../shared/rate-table.ts';
import type { RateLimiter } from '../../rates/limiter.ts';
import type { RouteRuntime } from '../../runtime.ts';
import type { Exchange } from '../exchange.ts';
import { respond } from '../respond.ts';
import { undecided } from './failure-mode.ts';

export function globalRate(x: Exchange): boolean {
  const limiter = x.runtime.globalRate;
  return limiter === null || within(x, limiter, guardFields.globalLimited);
}

export function clientRate(x: Exchange): boolean {
  const limiter = x.runtime.clientRate;
  return limiter === null || within(x, limiter, guardFields.clientLimited);
}

export function routeRate(x: Exchange): boolean {
  const limiter = x.route?.rate ?? null;
  if (limiter === null || x.allowListed) return true;
  if (limiter.store !== null) return askStore(x, limiter);
  return judge(x, limiter, limiter.ask(x, x.startedAt), limiter.answer);
}

/** A limit that only refuses. */
function within(x: Exchange, limiter: RateLimiter, field: number): boolean {
  if (x.allowListed) return true;
  const verdict = limiter.ask(x, x.startedAt);
  if (verdict === rateVerdicts.admitted) return true;
  if (verdict === rateVerdicts.undecided) return undecided(x);
  bump(x.runtime.cells.guards, field);
  refuse(x, limiter, limiter.answer);
  return false;
}

/** What the limit of the route wants done. */
function judge(x: Exchange, limiter: RateLimiter, verdict: RateVerdict, answer: RateAnswer): boolean {
  const { action } = limiter.limit;
  const { counts } = x.route as RouteRuntime;
  if (verdict === rateVerdicts.undecided) return undecided(x);
  if (action === 'log') {
    // Nobody is held to this limit: it is not told to clients.
    if (verdict === rateVerdicts.refused) note(x, limiter);
    return true;
  }
  if (verdict === rateVerdicts.refused) {
    bump(counts, routeFields.limitedBlock);
    x.guardFields += limiter.fields(0, seconds(answer.waitMs));
    refuse(x, limiter, answer);
    return false;
  }
  x.guardFields += limiter.fields(answer.remaining, seconds(answer.resetMs));
  if (verdict === rateVerdicts.admitted) return true;
  bump(counts, routeFields.limitedDelay);
  const turn = x.host.after(Math.ceil(answer.waitMs), () => x.host.proceed(x));
  x.abandon = () => turn.stop();
  return false;
}

/** Counts a request above a limit that only logs; the log has a line of some of them. */
function note(x: Exchange, limiter: RateLimiter): void {
  const { counts, plan } = x.route as RouteRuntime;
  bump(counts, routeFields.limitedLog);
  const requests = limiter.passed(x.startedAt);
  if (requests === 0) return;
  x.host.say({
    kind: 'log',
    level: 'info',
    message: 'Rate limit exceeded, requests let pass',
    fields: {
      event: 'rate_limit_log',
      route: plan.id,
      requests,
      client_ip: x.clientIp,
      path: x.path,
      correlation_id: x.correlationId,
      trace_id: x.traceId,
    },
  });
}

function refuse(x: Exchange, limiter: RateLimiter, answer: RateAnswer): void {
  x.guardFields += `Retry-After: ${Math.max(1, seconds(answer.waitMs))}\r\n`;
  respond(x, 'rate_limited', limiter.limit.statusCode);
}

/** Waits for an answer from elsewhere. */
function askStore(x: Exchange, limiter: RateLimiter): boolean {
  const { store } = limiter;
  const question = store?.ask(limiter.storedKey(x), limiter.limit, (answer) => {
    x.abandon = null;
    const goesOn = answer === null ? undecided(x) : judge(x, limiter, answer.verdict, answer);
    if (goesOn) x.host.proceed(x);
  });
  if (question === null || question === undefined) return undecided(x);
  x.abandon = () => question.stop();
  return false;
}

/** Whole seconds, never too few. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
