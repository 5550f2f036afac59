/**
 * Why a target or an upstream stands as it does, in one sentence of what the daemon says: its check, its breaker, its ejection, whose
 * drain it is. Judges nothing; what the daemon does not say is not said here.
 */
import type { TargetDrain } from '../../admin/contract/drain-shapes.ts';
import type { BreakerState, NameReply, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import { percentText } from '../../cli/rates.ts';
import { countText, durationText } from '../../cli/text.ts';
import { ageText, said } from './cells.ts';
import type { Standing } from './row.ts';
import { targetStanding } from './standing.ts';

/**
 * @param failing share of its tries that fail, where that is why; else null
 * @param atMs by the clock of the daemon
 */
export function whyOfTarget(
  target: TargetState,
  breaker: BreakerState | undefined,
  failing: number | null,
  atMs: number,
): string {
  const { drain, why, last_check: check, ejection, share, weight, pending } = target;
  const parts = [
    ...(drain === null ? [] : [drainWords(drain, target.in_flight, atMs)]),
    ...(failing === null ? [] : [`${percentText(failing)}% of its tries fail`]),
    said(drain === null ? why : withoutDrain(why, drain)),
    ...(check === null ? [] : [`checked ${ageText(atMs - Date.parse(check.at))} ago`]),
    ...breakerWords(target, breaker),
    ...(ejection === null
      ? []
      : [`ejected for another ${ageText(ejection.ends_in_ms)}${ejection.times > 1 ? `, time ${ejection.times}` : ''}`]),
    ...(share < 1 ? [`starts slowly, gets ${Math.round(share * 100)} % of its weight`] : []),
    ...(weight === 0 && drain === null && !why.includes('weight 0') ? ['weight 0: it gets no new requests'] : []),
    ...(pending > 0 ? [`${countText(pending)} wait for a connection to it`] : []),
  ];
  return parts.filter((part) => part !== '–').join('; ');
}

/** What the daemon says of a target but for its drain, which is said already. */
function withoutDrain(why: string, { state, actor }: TargetDrain): string {
  const at = why.indexOf(`${state} by ${actor} (`);
  return at === -1 ? why : why.slice(0, at).replace(/; $/, '');
}

function drainWords(
  { state, actor, reason, since, overdue, eta_ms: eta, expires_at: expires }: TargetDrain,
  inFlight: number,
  atMs: number,
): string {
  const because = reason === null ? '' : ` (“${said(reason)}”)`;
  const rest =
    state === 'drained'
      ? ''
      : `, ${countText(inFlight)} left${overdue ? ', its deadline has passed' : eta === null ? '' : `, ~${durationText(Math.max(1000, eta))}`}`;
  const back = expires === null ? '' : `, comes back in ${ageText(Date.parse(expires) - atMs)}`;
  return `${state} since ${ageText(atMs - Date.parse(since))} by ${said(actor)}${because}${rest}${back}`;
}

function breakerWords({ breaker: state }: TargetState, breaker: BreakerState | undefined): readonly string[] {
  if (state === null || state === 'closed') return [];
  if (breaker === undefined) return [`breaker ${state === 'half_open' ? 'half-open' : 'open'}`];
  return [breakerText(breaker)];
}

/** `breaker opened 2m09s ago, half-open in 11s: 5 failures in a row`. */
export function breakerText({
  state,
  open_for_ms: openFor,
  retry_in_ms: retryIn,
  why,
  count,
  success_threshold: needed,
}: BreakerState): string {
  const opened = openFor === null ? '' : ` since ${ageText(openFor)}`;
  const because = why === null ? '' : `: ${said(why)}`;
  switch (state) {
    case 'closed':
      return 'breaker closed';
    case 'half_open':
      return `breaker half-open, ${count} of ${needed} tries went well${because}`;
    case 'forced_open':
      return `breaker held open${opened} until somebody resets it${because}`;
    case 'open':
      return `breaker open${opened}${retryIn === null ? '' : `, half-open in ${ageText(retryIn)}`}${because}`;
  }
}

const MOST_NAMED = 3;

/** @param failing share of its requests that fail, where that is why; else null */
export function whyOfUpstream(
  upstream: UpstreamState,
  standing: Standing,
  failing: number | null,
  atMs: number,
): string {
  const { why, targets, names, kind, available, min_healthy: least, check, load_balancing: balancing } = upstream;
  if (kind === 'static') return 'answers by itself';
  const bad = targets.filter((target) => targetStanding(target) === 'down');
  const gone = targets.filter(({ drain }) => drain !== null).length;
  const parts = [
    ...(why === null ? [] : [said(why)]),
    // Where targets are down, they are why.
    ...(failing === null || bad.length > 0 ? [] : [`${percentText(failing)}% of its requests end with 5xx`]),
    ...(bad.length === 0
      ? []
      : [`${badWords(bad)}${bad.length > MOST_NAMED ? ` and ${bad.length - MOST_NAMED} more` : ''}`]),
    ...(gone === 0 ? [] : [`${gone} drained by order`]),
    ...names.flatMap((name) => nameWords(name, atMs)),
  ];
  if (parts.length > 0) return parts.join('; ');
  const asked = check === null ? 'no check is configured' : said(check);
  const few = standing === 'unknown' ? 'no probe has ended yet; ' : '';
  return `${few}${countText(available)} of ${countText(targets.length)} take requests (at least ${least}); ${asked}; ${said(balancing)}`;
}

function badWords(bad: readonly TargetState[]): string {
  return bad
    .slice(0, MOST_NAMED)
    .map(({ address, why }) => `${said(address)}: ${said(why)}`)
    .join('; ');
}

function nameWords({ name, failure }: NameReply, atMs: number): readonly string[] {
  if (failure === null) return [];
  return [`${said(name)}: ${said(failure.words)} since ${ageText(atMs - Date.parse(failure.since))}`];
}
