/** Traffic that hurts: of one sender, or of a crowd that was not there before. One busy client that nobody suffers from is none. */
import { type AttackShape, attackShape } from '../attack-shape.ts';
import { type Case, percent, seen, suspect } from '../case.ts';
import { clientTraffic, countOf } from '../client-traffic.ts';
import { word } from '../command-words.ts';
import type { Evidence, Suspicion } from '../judgement.ts';

/** Share of requests that are refused, from which on clients suffer. */
const HURT = 0.05;

type Clients = NonNullable<Case['clients']>;

export function ddosAttack(of: Case): readonly Suspicion[] {
  const { clients } = of;
  if (clients === null) return [];
  const harm = harmDone(of);
  const shape = attackShape(clients, harm.length > 0);
  switch (shape.kind) {
    case 'one':
      return [fromOne(of, clients, shape, harm)];
    case 'many':
      return [fromMany(of, clients, shape, harm)];
    case null:
      return [];
  }
}

/** What clients suffer: refusals and errors. */
function harmDone(of: Case): readonly Evidence[] {
  const traffic = clientTraffic(of, '1m') ?? clientTraffic(of, '10s');
  if (traffic === null || traffic.requests === 0) return [];
  const refused = countOf(traffic, [
    'rate_limited',
    'challenged',
    'blocked',
    'connection_limit',
    'in_flight_limit',
    'memory_shed',
    'queue_full',
    'queue_timeout',
  ]);
  const evidence: Evidence[] = [];
  if (refused / traffic.requests > HURT)
    evidence.push(
      seen('traffic', `${percent(refused / traffic.requests)} of the requests refused in ${traffic.window}`, {
        value: refused / traffic.requests,
        threshold: HURT,
      }),
    );
  if (traffic.ratio > of.thresholds.errorRatio && traffic.errors >= 20)
    evidence.push(
      seen('traffic', `${percent(traffic.ratio)} errors in ${traffic.window}`, {
        value: traffic.ratio,
        threshold: of.thresholds.errorRatio,
      }),
    );
  if (traffic.p99Ms !== null && traffic.p99Ms > of.thresholds.p99Ms)
    evidence.push(
      seen('traffic', `p99 ${Math.round(traffic.p99Ms)} ms`, { value: traffic.p99Ms, threshold: of.thresholds.p99Ms }),
    );
  return evidence;
}

function fromOne(
  of: Case,
  { by_address: byAddress }: Clients,
  { strength, words, who }: AttackShape,
  harm: readonly Evidence[],
): Suspicion {
  const [first] = who;
  const next = byAddress.clients.find(({ key }) => who.every((sender) => sender.key !== key));
  return suspect({
    cause: 'attack-from-one-client',
    strength,
    detail: words,
    resource: first === undefined ? null : { kind: first.kind, name: first.key },
    evidence: [
      ...who.map(({ kind, key, share }) =>
        seen('clients', `${kind} ${key}: ${percent(share)} of the requests`, { value: share }),
      ),
      ...(next === undefined
        ? []
        : [seen('clients', `the next one ${next.key}: ${percent(next.share)}`, { value: next.share })]),
      ...harm,
    ],
    impact: 'degraded',
    since: of.traffic?.error_onset?.at ?? null,
    next: [
      ...who.slice(0, 2).map(({ key }) => `sentinel block add ${word(key)} --for 1h --reason "flood"`),
      'sentinel clients',
    ],
  });
}

function fromMany(of: Case, clients: Clients, { strength, words }: AttackShape, harm: readonly Evidence[]): Suspicion {
  const {
    addresses,
    new_addresses_ratio: fresh,
    usual_requests_per_s: usual,
    requests_per_s: rate,
    path_entropy: spread,
  } = clients;
  return suspect({
    cause: 'attack-from-many',
    strength,
    detail: words,
    evidence: [
      ...(fresh === null
        ? []
        : [seen('clients', `${percent(fresh)} of ${addresses} addresses are new`, { value: fresh })]),
      ...(usual === null
        ? []
        : [seen('clients', `${Math.round(rate)} requests a second, usually ${Math.round(usual)}`, { value: rate })]),
      ...(spread === null ? [] : [seen('clients', `spread over paths ${spread}`, { value: spread })]),
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
