/**
 * Guard: asks clients without a pass to prove that a browser is at work. A page is given to who navigates; everything else is
 * told to come back later. Comes before the rate limits, so that those who fail here use up nobody's quota.
 */
import { acmePrefix } from '../../../../routing/acme.ts';
import { bump, guardFields } from '../../../shared/cells.ts';
import { rateVerdicts } from '../../../shared/rate-table.ts';
import { type Challenge, challengePath, passCookie } from '../../challenge/challenge.ts';
import { challengePage, pageFields } from '../../challenge/page.ts';
import { addressPrefix, type Passes } from '../../challenge/passes.ts';
import { fieldIds } from '../../http1/field-names.ts';
import { cookieAt, valueFrom } from '../../upstream/balance/cookie-value.ts';
import type { Exchange } from '../exchange.ts';
import { respond, respondEmpty, respondPage } from '../respond.ts';
import { undecided } from './failure-mode.ts';

/** When programs that get no page may ask again, where no rate says it. */
const RETRY_SECONDS = 60;
/** Cookies of the pass's name that are looked at: a client may send several, of other paths or made up. */
const MAX_COOKIES = 4;

export function challenge(x: Exchange): boolean {
  const wanted = x.runtime.challenge;
  if (wanted === null || x.allowListed || isExempt(x)) return true;
  const { passes, threshold } = wanted;
  if (passes !== null && hasPass(x, passes)) return true;
  if (threshold !== null) {
    const verdict = threshold.ask(x, x.startedAt);
    if (verdict === rateVerdicts.admitted) return true;
    if (verdict === rateVerdicts.undecided) return undecided(x);
  }
  if (passes === null) return undecided(x);
  if (navigates(x)) give(x, wanted, passes);
  else {
    bump(x.runtime.cells.guards, guardFields.challengeRefused);
    const seconds = threshold === null ? RETRY_SECONDS : Math.max(1, Math.ceil(threshold.answer.waitMs / 1000));
    x.guardFields += `Retry-After: ${seconds}\r\n`;
    respond(x, 'challenged', 429);
  }
  return false;
}

/**
 * Takes a solution, `GET …?puzzle=…&counter=…`, and answers with a pass: 204 and a cookie, or 403. Asked by `admit`, as the
 * path belongs to no route.
 */
export function takeSolution(x: Exchange, { passes, ttlMs }: Challenge): void {
  if (passes === null) {
    undecided(x);
    return;
  }
  const { guards } = x.runtime.cells;
  const wallMs = x.host.wallMs();
  const prefix = addressPrefix(x.clientIp);
  const { puzzle, counter } = solutionOf(x);
  if (x.head.method !== 'GET' || passes.judge(puzzle, counter, prefix, wallMs) !== 'solved') {
    bump(guards, guardFields.challengeFailed);
    respond(x, 'challenged');
    return;
  }
  bump(guards, guardFields.challengePassed);
  const forwarded = x.trustedPeer && x.head.lookup('x-forwarded-proto') === 'https';
  const secure = forwarded || x.client.secured !== null ? '; Secure' : '';
  const age = Math.ceil(ttlMs / 1000);
  const cookie = `${passCookie}=${passes.pass(prefix, wallMs + ttlMs)}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`;
  respondEmpty(x, 204, `Set-Cookie: ${cookie}\r\nCache-Control: no-store\r\n`);
}

function isExempt({ path, route, runtime }: Exchange): boolean {
  const { healthPath, readyPath } = runtime.plan;
  return (
    path === healthPath || path === readyPath || (path.startsWith(acmePrefix) && route !== null && route.takesAcme)
  );
}

function hasPass(x: Exchange, passes: Passes): boolean {
  const cookies = x.head.known(fieldIds.cookie);
  if (cookies === undefined) return false;
  let at = cookieAt(cookies, passCookie, 0);
  for (let seen = 0; at !== -1 && seen < MAX_COOKIES; seen++) {
    if (passes.accepts(valueFrom(cookies, at), addressPrefix(x.clientIp), x.host.wallMs())) return true;
    at = cookieAt(cookies, passCookie, at);
  }
  return false;
}

/** Whether somebody waits for a page: only browsers ask for HTML by name. */
function navigates({ head }: Exchange): boolean {
  return (head.method === 'GET' || head.method === 'HEAD') && head.lookup('accept')?.includes('text/html') === true;
}

function give(x: Exchange, { difficulty }: Challenge, passes: Passes): void {
  bump(x.runtime.cells.guards, guardFields.challengeIssued);
  const puzzle = passes.puzzle(addressPrefix(x.clientIp), x.host.wallMs(), difficulty, x.host.newSpanId());
  const facts = { puzzle, bits: difficulty, path: challengePath, reference: x.correlationId };
  respondPage(x, 'challenged', pageFields, challengePage(facts));
}

function solutionOf({ head }: Exchange): { readonly puzzle: string; readonly counter: string } {
  const found = /^puzzle=([^&]{1,128})&counter=(\d{1,15})$/.exec(head.query);
  return { puzzle: found?.[1] ?? '', counter: found?.[2] ?? '' };
}
