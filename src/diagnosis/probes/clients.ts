/**
 * The probe of who sends: the heaviest addresses, networks, paths and user agents of the last minute, how much that is beside what is
 * usual, how many addresses are new, how evenly requests spread over paths. Asks the daemon alone.
 */
import type { ClientSort, ClientsReply } from '../../admin/contract/client-shapes.ts';
import type { TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import { redactText } from '../../base/redaction.ts';
import { spreadOf } from '../entropy.ts';
import type { ClientsState } from '../facts/traffic.ts';
import { newcomersRatio, surgeBegan, type TrafficPoint } from '../newcomers.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { refusals } from '../request-causes.ts';
import { askDaemon } from './admin-call.ts';

/** What facts keep of each list; the spread over paths is taken from all that the daemon gives. */
const shown = 20;
const most = '256';
/** Of the series: what is usual ends so long ago, and has to be known for so long. */
const recentMs = 120_000;
const leastUsualMs = 120_000;
const recordsSince = '5m';
const mostRecords = '2000';
/** A daemon that is flooded, of which this probe is to tell, takes longer for its workers' lists than for anything else. */
const patienceMs = 5_000;

export const clientsProbe: Probe<'clients'> = {
  name: 'clients',
  title: 'clients: who sends the most, who is new, what is asked for',
  class: 'passive',
  mandatory: false,
  timeoutMs: 7_000,
  async find(context): Promise<ClientsState> {
    const { client } = context;
    const ask = (by: ClientSort, limit: string) =>
      askDaemon(client, 'clients', { query: { by, window: '1m', limit } }, patienceMs);
    const [byAddress, byNetwork, byPath, byAgent, traffic] = await Promise.all([
      ask('ip', most),
      ask('prefix', String(shown)),
      ask('path', most),
      ask('user-agent', String(shown)),
      askDaemon(client, 'traffic', { query: { series: '1' } }, patienceMs),
    ]);
    const minute = traffic.total.windows['1m'] ?? traffic.total.windows['10s'];
    return {
      by_address: shortened(byAddress),
      by_network: shortened(byNetwork),
      by_path: shortened(byPath),
      by_agent: shortened(byAgent),
      requests_per_s: tenth(rateNow(byAddress, minute?.requests_per_s ?? 0)),
      usual_requests_per_s: usualRate(traffic),
      addresses: byAddress.keys,
      new_addresses_ratio: await newRatio(byAddress, traffic, context),
      path_entropy: spreadOfPaths(byPath),
      refused_ratio: refusedRatio(traffic),
    };
  },
};

/** Whole slots of 20 s: just after one begins, and in the first of a daemon, the window of the traffic knows more. */
function rateNow({ requests_per_s: rate, covered_ms: covered }: ClientsReply, traffic: number): number {
  return covered < 1000 ? traffic : Math.max(rate, traffic);
}

/** The daemon has taken secrets out of the keys that it knows of; these go into files that people hand on. */
function shortened(reply: ClientsReply): ClientsReply {
  return { ...reply, clients: reply.clients.slice(0, shown).map((one) => ({ ...one, key: redactText(one.key) })) };
}

function pointsOf({ points, total }: TrafficReply): readonly TrafficPoint[] {
  return (points?.at ?? []).map((at, index) => {
    const toMs = Date.parse(at);
    return {
      fromMs: toMs - (points?.covered_ms[index] ?? 0),
      toMs,
      requests: total.series?.requests[index] ?? 0,
    };
  });
}

/** Median over time, so that a few busy seconds are not what is usual; null = there is too little before the last two minutes. */
function usualRate(reply: TrafficReply): number | null {
  const points = pointsOf(reply);
  const last = points.at(-1)?.toMs ?? 0;
  const first = points.findIndex(({ requests }) => requests > 0);
  const before = points
    .slice(Math.max(0, first))
    .filter(({ fromMs, toMs }) => toMs <= last - recentMs && toMs > fromMs);
  const lengths = before.map(({ fromMs, toMs }) => toMs - fromMs);
  const covered = lengths.reduce((sum, ms) => sum + ms, 0);
  if (first < 0 || covered < leastUsualMs) return null;
  const rates = before
    .map(({ requests }, index) => ({
      rate: (requests / (lengths[index] as number)) * 1000,
      ms: lengths[index] as number,
    }))
    .sort((a, b) => a.rate - b.rate);
  let sum = 0;
  return tenth(rates.find(({ ms }) => (sum += ms) >= covered / 2)?.rate ?? 0);
}

/** As the daemon counts them, once it has run for two minutes; until then by single requests, where they became many more. */
async function newRatio(
  { keys, new_keys: fresh }: ClientsReply,
  traffic: TrafficReply,
  { client }: ProbeContext,
): Promise<number | null> {
  if (fresh !== null) return keys === 0 ? null : Math.round((fresh / keys) * 1000) / 1000;
  const since = surgeBegan(pointsOf(traffic));
  if (since === null) return null;
  const ask = (filter: string) =>
    askDaemon(
      client,
      'requests',
      { query: { kind: 'all', since: recordsSince, limit: mostRecords, filter } },
      patienceMs,
    );
  // A flood that is refused fills a list of the newest by itself: those that went well are a few of every second.
  try {
    const [well, badly] = await Promise.all([ask('!cause~.'), ask('cause~.')]);
    return newcomersRatio([...well.requests, ...badly.requests], since);
  } catch (error) {
    // A flooded daemon may be too slow for lists; what it has said already counts all the same.
    if (error instanceof ProbeFault) return null;
    throw error;
  }
}

function spreadOfPaths({ clients, keys, requests, stride }: ClientsReply): number | null {
  // Of a path that has only just come into the sketch not all that it stands for is its own.
  const counts = clients.map(({ at_least: least }) => least / stride);
  return spreadOf(counts, keys, Math.round(requests / stride));
}

function refusedRatio({ total }: TrafficReply): number | null {
  const window = total.windows['1m'] ?? total.windows['10s'];
  if (window === undefined || window.requests === 0) return null;
  const refused = window.causes.reduce((sum, { cause, count }) => sum + (refusals.includes(cause) ? count : 0), 0);
  return Math.min(1, Math.round((refused / window.requests) * 1000) / 1000);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
