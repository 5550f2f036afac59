/** Traffic that hurts: of a few senders, or of a crowd that was not there before. One busy client that nobody suffers from is none. */
import { attackShape } from '../attack-shape.ts';
import { type Case, percent, seen, suspect } from '../case.ts';
import { clientTraffic, countOf } from '../client-traffic.ts';
import { word } from '../command-words.ts';
import type { ClientsState } from '../facts/traffic.ts';
import type { Evidence, Suspicion } from '../judgement.ts';
import { refusals } from '../request-causes.ts';

/** So much of what clients send is refused or fails before anybody is said to suffer. */
const HURT = 0.05;
const FEWEST_ERRORS = 20;
/** A daemon that has just started knows nobody: then there have to be very many, of whom none stands out, each for other paths. */
const STRANGERS = 1000;
const STANDING_OUT = 0.05;
const SPREAD = 0.8;
const LEAST_PER_S = 20;

export function ddosAttack(of: Case): readonly Suspicion[] {
  const { clients } = of;
  if (clients === null) return [];
  const harm = harmDone(of);
  const shape = attackShape(clients, harm.length > 0);
  if (shape.kind === 'one') return [fromFew(of, clients, shape, harm)];
  if (shape.kind === 'many') return [fromMany(of, clients, shape, harm)];
  return strangers(of, clients, harm);
}

/** What clients suffer: refusals, errors, waiting. */
function harmDone(of: Case): readonly Evidence[] {
  const traffic = clientTraffic(of, '1m') ?? clientTraffic(of, '10s');
  if (traffic === null || traffic.requests === 0) return [];
  const { window, requests, errors, p99Ms } = traffic;
  const refused = countOf(traffic, refusals) / requests;
  const evidence: Evidence[] = [];
  if (refused > HURT)
    evidence.push(
      seen('traffic', `${percent(refused)} of the requests refused in ${window}`, { value: refused, threshold: HURT }),
    );
  if (traffic.ratio > Math.max(HURT, of.thresholds.errorRatio) && errors >= FEWEST_ERRORS)
    evidence.push(
      seen('traffic', `${percent(traffic.ratio)} errors in ${window}`, { value: traffic.ratio, threshold: HURT }),
    );
  if (p99Ms !== null && p99Ms > of.thresholds.p99Ms && requests >= FEWEST_ERRORS)
    evidence.push(
      seen('traffic', `p99 ${Math.round(p99Ms)} ms in ${window}`, { value: p99Ms, threshold: of.thresholds.p99Ms }),
    );
  return evidence;
}

interface Shape {
  readonly strength: number;
  readonly words: string;
  readonly who: readonly { readonly kind: string; readonly key: string; readonly share: number }[];
}

function fromFew(of: Case, clients: ClientsState, shape: Shape, harm: readonly Evidence[]): Suspicion {
  const [first] = shape.who;
  const share = shape.who.reduce((sum, one) => sum + one.share, 0);
  return suspect({
    cause: 'attack-from-one-client',
    strength: shape.strength,
    detail: shape.words,
    resource: first === undefined ? null : { kind: first.kind, name: first.key },
    evidence: [seen('clients', shape.words, { value: share, threshold: 0.5 }), ...refusedBy(clients), ...harm],
    impact: 'degraded',
    since: of.traffic?.error_onset?.at ?? null,
    next: [
      ...(first === undefined ? [] : [`sentinel block add ${word(first.key)} --for 1h --reason "flood"`]),
      'sentinel clients',
    ],
  });
}

function fromMany(of: Case, clients: ClientsState, shape: Shape, harm: readonly Evidence[]): Suspicion {
  return suspect({
    cause: 'attack-from-many',
    strength: shape.strength,
    detail: shape.words,
    evidence: [
      seen('clients', shape.words, { value: clients.addresses }),
      ...(clients.path_entropy === null
        ? []
        : [
            seen('clients', `spread over paths ${clients.path_entropy}`, {
              value: clients.path_entropy,
              threshold: SPREAD,
            }),
          ]),
      ...refusedBy(clients),
      ...harm,
    ],
    impact: 'partial',
    since: of.traffic?.error_onset?.at ?? null,
    next: [
      'sentinel clients --by prefix',
      'sentinel override rate-limit --all-routes requests-per-second=10 --for 30m',
      'sentinel override limits max-connections-per-client=10 --for 30m',
    ],
  });
}

function strangers(of: Case, clients: ClientsState, harm: readonly Evidence[]): readonly Suspicion[] {
  const { addresses, new_addresses_ratio: fresh, path_entropy: entropy, requests_per_s: rate } = clients;
  const top = clients.by_address.clients[0]?.share ?? 1;
  if (fresh !== null || rate < LEAST_PER_S || addresses < STRANGERS || top >= STANDING_OUT) return [];
  if ((entropy ?? 0) < SPREAD || harm.length === 0) return [];
  const words = `${addresses} addresses, of which nothing is known from before, send ${Math.round(rate)} requests a second, nearly each for another path`;
  return [fromMany(of, clients, { strength: 0.8, words, who: [] }, harm)];
}

function refusedBy({ refused_ratio: ratio }: ClientsState): readonly Evidence[] {
  return ratio === null || ratio < HURT
    ? []
    : [seen('clients', `the proxy refuses ${percent(ratio)}`, { value: ratio, threshold: HURT })];
}
