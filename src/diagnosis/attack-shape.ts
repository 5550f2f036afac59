/**
 * Whether traffic has the shape of an attack: one sender, or a few, beside whom the others are nothing; or a crowd of new addresses. Pure.
 * Called by the rules of the procedure against attacks. A shape alone is none: somebody has to suffer, or nearly everything is unusual.
 */
import type { ClientState, ClientsReply } from '../admin/contract/client-shapes.ts';
import type { ClientsState } from './facts/traffic.ts';

export interface AttackShape {
  readonly kind: 'one' | 'many' | null;
  /** 0–1; below 0.5 it is something to look at, not a cause. */
  readonly strength: number;
  /** A sentence without its full stop; empty without a shape. */
  readonly words: string;
  /** The senders of `one`, the heaviest first; empty for a crowd, which has no names worth a rule. */
  readonly who: readonly { readonly kind: 'address' | 'network'; readonly key: string; readonly share: number }[];
}

const none: AttackShape = { kind: null, strength: 0, words: '', who: [] };

/** Requests a second; less hurts nobody that is not broken already. */
const leastRate = 20;
/** Together they send at least half of everything, and each at least so many times as much as who comes next. */
const mostOfAll = 0.5;
const stepsOut = 5;
const farOut = 20;
/** More senders than that are a crowd. */
const fewSenders = 5;
/** The proxy refuses so much, or so much of what the others send fails, that somebody suffers. */
const suffering = 0.05;
/** A crowd: so many addresses, such a share of them new. */
const crowd = 200;
const fresh = 0.7;
/** Times the usual rate; nearly every request for another path. */
const surge = 3;
/** Times the usual rate that no page becomes popular with at once. */
const overwhelming = 10;
const spread = 0.8;

/** @param hurt Clients suffer by other measures: errors or latency above their thresholds */
export function attackShape(clients: ClientsState, hurt: boolean): AttackShape {
  const many = crowdShape(clients, hurt);
  return many.kind === null ? fewShape(clients, hurt) : many;
}

function fewShape(clients: ClientsState, hurt: boolean): AttackShape {
  const refusing = (clients.refused_ratio ?? 0) >= suffering;
  const byAddress = standingOut(clients.by_address);
  const found = byAddress ?? standingOut(clients.by_network);
  if (found === null) return none;
  const { senders, factor, rate, others } = found;
  if (rate < leastRate || senders.every(({ blocked }) => blocked === true)) return none;
  // What fails at its target (a scanner's 404s) is not refused; what fails for others is their harm.
  const harmed = others !== null && others >= suffering;
  if (!refusing && !harmed && !hurt) return none;
  const kind = byAddress === null ? 'network' : 'address';
  const share = senders.reduce((sum, one) => sum + one.share, 0);
  // That everybody's requests fail may have any cause; it is this sender's doing where limits refuse, or more comes than ever.
  const surges = timesUsual(clients) >= surge;
  const far = factor >= farOut;
  const strength = refusing ? (far ? 0.9 : 0.6) : surges ? (far ? 0.7 : 0.5) : 0.4;
  const names = senders.map(({ key }) => key).join(', ');
  return {
    kind: 'one',
    strength,
    words: `${names} ${senders.length === 1 ? 'sends' : 'send'} ${Math.round(share * 100)} % of all requests (${Math.round(rate)} a second), ${factorWords(factor)} as many as the next ${kind}`,
    who: senders.map(({ key, share: own }) => ({ kind, key, share: own })),
  };
}

interface Standing {
  readonly senders: readonly ClientState[];
  /** How many times as much as the next one the least of them sends. */
  readonly factor: number;
  /** Requests a second, of all of them. */
  readonly rate: number;
  /** Share of what the others send that fails; null = not known. */
  readonly others: number | null;
}

/** Null where nobody stands out, or nobody else is there: a load test of an idle proxy, and the only client there is, attack nobody. */
function standingOut({ clients }: ClientsReply): Standing | null {
  let share = 0;
  for (let count = 1; count <= fewSenders && count < clients.length; count++) {
    const [last, next] = [clients[count - 1], clients[count]] as [ClientState, ClientState];
    share += last.share;
    const factor = last.requests / Math.max(1, next.requests);
    if (share < mostOfAll || factor < stepsOut) continue;
    const senders = clients.slice(0, count);
    return {
      senders,
      factor,
      rate: senders.reduce((sum, one) => sum + one.requests_per_s, 0),
      others: failing(clients.slice(count)),
    };
  }
  return null;
}

function failing(clients: readonly ClientState[]): number | null {
  const known = clients.filter(({ error_ratio: ratio }) => ratio !== null);
  const requests = known.reduce((sum, one) => sum + one.requests, 0);
  if (requests === 0) return null;
  return known.reduce((sum, one) => sum + one.requests * (one.error_ratio ?? 0), 0) / requests;
}

function crowdShape(clients: ClientsState, hurt: boolean): AttackShape {
  const { requests_per_s: rate, usual_requests_per_s: usual, addresses, refused_ratio: refused } = clients;
  const newOnes = clients.new_addresses_ratio ?? 0;
  if (rate < leastRate || addresses < crowd || newOnes < fresh) return none;
  const times = timesUsual(clients);
  const surges = times >= surge;
  const spreads = (clients.path_entropy ?? 0) >= spread;
  const suffers = hurt || (refused ?? 0) >= suffering;
  const signs = [surges, spreads, suffers].filter(Boolean).length;
  // Many who all want the same is how a page becomes popular: without the spread it takes far more than the usual.
  const popular = !spreads && !(suffers && times >= overwhelming);
  const strength = popular ? Math.min(0.45, 0.2 * signs) : ([0, 0.3, 0.8, 0.93][signs] as number);
  if (signs === 0) return none;
  const said = [
    `${addresses} addresses, ${Math.round(newOnes * 100)} % of them new, send ${Math.round(rate)} requests a second`,
    ...(usual === null ? [] : [`usually ${Math.round(usual)}`]),
    ...(spreads ? ['nearly each for another path'] : []),
  ];
  return { kind: 'many', strength, words: said.join(', '), who: [] };
}

/** 0 where the usual rate is not known. */
function timesUsual({ requests_per_s: rate, usual_requests_per_s: usual }: ClientsState): number {
  return usual === null ? 0 : rate / Math.max(usual, 1);
}

function factorWords(factor: number): string {
  return `${factor >= 10 ? Math.round(factor) : Math.round(factor * 10) / 10} times`;
}
