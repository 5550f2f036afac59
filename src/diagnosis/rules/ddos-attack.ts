/** Traffic that hurts: of one sender, or of a crowd that was not there before. One busy client that nobody suffers from is none. */
import { type Case, percent, seen, suspect } from '../case.ts';
import { clientTraffic, countOf } from '../client-traffic.ts';
import { word } from '../command-words.ts';
import type { Evidence, Suspicion } from '../judgement.ts';

/** Below that nobody is attacked. */
const LEAST_PER_S = 20;
const MOST_OF_ALL = 0.5;
const HURT = 0.05;
/** A crowd: so many addresses, most of them new, so many times the usual. */
const CROWD = 200;
const NEW = 0.7;
const TIMES_USUAL = 3;
/** Nearly every request asks for another path. */
const SPREAD = 0.8;
const CROWD_OF_STRANGERS = 1000;

export function ddosAttack(of: Case): readonly Suspicion[] {
  const harm = harmDone(of);
  const many = fromMany(of, harm);
  return many.length > 0 ? many : fromOne(of, harm);
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

function fromOne(of: Case, harm: readonly Evidence[]): readonly Suspicion[] {
  const { clients } = of;
  if (clients === null || harm.length === 0) return [];
  const [top, second] = clients.by_address.clients;
  const [network] = clients.by_network.clients;
  const one =
    top !== undefined && top.share >= MOST_OF_ALL
      ? top
      : network !== undefined && network.share >= MOST_OF_ALL && second !== undefined && second.share < 0.2
        ? null
        : undefined;
  const sender = one === undefined ? undefined : (one ?? network);
  if (sender === undefined || sender.requests_per_s < LEAST_PER_S || sender.blocked === true) return [];
  // Alone it is a client whose limit, or whose upstream, is the matter.
  if (clients.by_address.clients.length < 2) return [];
  const hits = Math.max(sender.client_error_ratio ?? 0, sender.error_ratio ?? 0);
  if (hits < 0.1) return [];
  const refused = (sender.client_error_ratio ?? 0) >= 0.1;
  const kind = one === null ? 'network' : 'address';
  return [
    suspect({
      cause: 'attack-from-one-client',
      strength: refused ? 0.9 : 0.55,
      detail: `${sender.key} sends ${percent(sender.share)} of all requests (${Math.round(sender.requests_per_s)} a second), ${percent(hits)} of them refused or failed`,
      resource: { kind: kind, name: sender.key },
      evidence: [
        seen('clients', `${kind} ${sender.key}: ${sender.requests} requests, the next ${second?.requests ?? 0}`, {
          value: sender.share,
          threshold: MOST_OF_ALL,
        }),
        ...harm,
      ],
      impact: 'degraded',
      since: of.traffic?.error_onset?.at ?? null,
      next: [`sentinel block add ${word(sender.key)} --for 1h --reason "flood"`, 'sentinel clients'],
    }),
  ];
}

function fromMany(of: Case, harm: readonly Evidence[]): readonly Suspicion[] {
  const { clients } = of;
  if (clients === null || clients.requests_per_s < LEAST_PER_S) return [];
  const fresh = clients.new_addresses_ratio;
  const usual = clients.usual_requests_per_s;
  const surge = usual !== null && clients.requests_per_s >= Math.max(usual, 1) * TIMES_USUAL;
  const spread = (clients.path_entropy ?? 0) >= SPREAD;
  const signs = [surge, spread, harm.length > 0].filter(Boolean).length;
  // A daemon that has just started knows nobody: then there have to be very many, of whom none stands out.
  const crowd =
    fresh === null
      ? clients.addresses >= CROWD_OF_STRANGERS && (clients.by_address.clients[0]?.share ?? 0) < 0.05
      : clients.addresses >= CROWD && fresh >= NEW;
  if (!crowd || signs === 0 || (fresh === null && signs < 2)) return [];
  return [
    suspect({
      cause: 'attack-from-many',
      strength: [0, 0.45, 0.8, 0.93][signs] as number,
      detail: `${clients.addresses} addresses${fresh === null ? '' : `, ${percent(fresh)} of them new,`} send ${Math.round(clients.requests_per_s)} requests a second${usual === null ? '' : ` (usually ${Math.round(usual)})`}${spread ? ', nearly each for another path' : ''}`,
      evidence: [
        fresh === null
          ? seen('clients', `${clients.addresses} addresses, none with more than 5 % of the requests`, {
              value: clients.addresses,
              threshold: CROWD_OF_STRANGERS,
            })
          : seen('clients', `${percent(fresh)} of ${clients.addresses} addresses are new`, {
              value: fresh,
              threshold: NEW,
            }),
        ...(usual === null
          ? []
          : [
              seen('clients', `${Math.round(clients.requests_per_s)} requests a second, usually ${Math.round(usual)}`, {
                value: clients.requests_per_s,
                threshold: Math.max(usual, 1) * TIMES_USUAL,
              }),
            ]),
        ...(clients.path_entropy === null
          ? []
          : [
              seen('clients', `spread over paths ${clients.path_entropy}`, {
                value: clients.path_entropy,
                threshold: SPREAD,
              }),
            ]),
        ...harm,
      ],
      impact: 'partial',
      since: of.traffic?.error_onset?.at ?? null,
      next: [
        'sentinel clients --by prefix',
        'sentinel override rate-limit --all-routes requests-per-second=10 --for 30m',
        'sentinel override limits max-connections-per-client=10 --for 30m',
      ],
    }),
  ];
}
