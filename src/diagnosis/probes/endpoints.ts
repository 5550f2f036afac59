/**
 * The probe of what clients meet: health and ready path of every listener over sockets, each several times so that every worker
 * has its turn, then the metrics address and the admin API. Asks the configured addresses too when no daemon is there: somebody
 * else may answer.
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { OutboundFault, sendOutbound } from '../../web/outbound-request.ts';
import type { EndpointAnswers, EndpointsState } from '../facts/network.ts';
import type { RunRecord } from '../facts/process.ts';
import type { Probe, ProbeContext } from '../probe.ts';
import { silenceMs } from './admin-call.ts';
import { type AppliedConfig, appliedConfig } from './applied-config.ts';
import { type Asked, askListener, summed, unasked } from './endpoint-answers.ts';
import { addressText, type ListenerPlace, nearAddress, parseAddress } from './listener-place.ts';

/** Connections to one listener at once at most. */
const mostConnections = 64;
/** A listener that is well answers in milliseconds; one whose worker is busy for a second or two is slow, and answers. */
const patienceMs = 2_500;
/** Where the daemon as a whole does not answer, nobody has to be told apart. */
const shortPatienceMs = 1_500;
/** Readiness is the same from every worker. */
const readyTimes = 4;
/** How long what the last daemon wrote down is waited for. */
const recordPatienceMs = 1_500;

export const endpointsProbe: Probe<'endpoints'> = {
  name: 'endpoints',
  title: 'endpoints: health and ready paths of every listener, metrics address, admin API',
  class: 'active',
  mandatory: true,
  timeoutMs: 7_500,
  async find(context): Promise<EndpointsState> {
    const [applied, admin, daemon] = await Promise.all([
      appliedConfig(context),
      askAdmin(context),
      context.of('daemon'),
    ]);
    const status = daemon.state === 'known' ? daemon.value.status : null;
    const record = status === null ? await lastRun(context) : null;
    // Ports that the start chooses stand in no file.
    const told =
      status?.listeners ?? (applied === null || choosesPorts(applied) ? record?.listeners : undefined) ?? null;
    const places = placesOf(context, applied, told);
    const workers = status?.workers.length ?? (applied?.config.server.workerThreads || availableParallelism());
    const healthPath = applied?.config.server.healthPath ?? '/health';
    const readyPath = applied?.config.server.readyPath ?? '/ready';
    const times = timesFor(workers, applied);
    const waitMs = admin.reached ? patienceMs : shortPatienceMs;
    const [listeners, metrics] = await Promise.all([
      Promise.all(
        places.map(async ({ id, address, place, unasked: why }) => {
          const common = { id, address, tls: place?.tls ?? false };
          if (place === null) return { ...common, health: unasked(healthPath, why), ready: unasked(readyPath, why) };
          const [health, ready] = await Promise.all([
            askTimes(place, healthPath, 'health', times, waitMs, context),
            askTimes(place, readyPath, 'ready', Math.min(times, readyTimes), waitMs, context),
          ]);
          return { ...common, health, ready };
        }),
      ),
      askMetrics(
        context,
        status === null ? (record?.admin_address ?? metricsOf(context, applied)) : status.admin.address,
      ),
    ]);
    const untold = listeners.some(({ health }, index) => places[index]?.place !== null && health.asked === 0);
    // Nobody waited for the answers: that there were none says nothing. What was refused meanwhile does.
    if (untold && !listeners.some(({ health }) => health.asked > health.good)) context.signal.throwIfAborted();
    return { listeners, admin, metrics };
  },
};

/** What the last daemon wrote down of itself, unless that is found out too late. */
async function lastRun({ of, clock }: ProbeContext): Promise<RunRecord | null> {
  const late = Promise.withResolvers<null>();
  const limit = clock.after(recordPatienceMs, () => late.resolve(null));
  const death = await Promise.race([of('death'), late.promise]);
  limit.stop();
  return death?.state === 'known' ? death.value.last_run : null;
}

function choosesPorts({ config }: AppliedConfig): boolean {
  return config.listeners.some(({ address }) => address.kind === 'tcp' && address.port === 0);
}

interface Place {
  readonly id: string;
  readonly address: string;
  /** Null = cannot be asked from here. */
  readonly place: ListenerPlace | null;
  readonly unasked: string;
}

/** Addresses as the daemon, or the last one, really had them; else as the configuration has them. */
function placesOf(
  context: ProbeContext,
  applied: AppliedConfig | null,
  told: readonly { readonly id: string; readonly address: string; readonly tls?: boolean }[] | null,
): readonly Place[] {
  const configured = new Map((applied?.config.listeners ?? []).map((listener) => [listener.id, listener]));
  const list =
    told ??
    [...configured.values()].map(({ id, address, tls }) => ({ id, address: addressText(address), tls: tls !== null }));
  return list.map(({ id, address, tls }) => {
    const listener = configured.get(id);
    const found = parseAddress(address);
    const to = found === null ? null : nearAddress(found, context);
    if (to === null) return { id, address, place: null, unasked: `${address} cannot be asked from this machine` };
    if (to.kind === 'tcp' && to.port === 0)
      return { id, address, place: null, unasked: 'its port is chosen when it starts' };
    const secured = listener?.tls ?? null;
    return {
      id,
      address,
      unasked: '',
      place: {
        to,
        tls: listener === undefined ? (tls ?? false) : secured !== null,
        // One without a pair of its own refuses those who name no host.
        servername:
          secured === null || secured.pair !== null
            ? null
            : (secured.sni[0]?.hostnames[0]?.replace(/^\*/, 'sentinel-diagnose') ?? null),
        proxyProtocol: listener?.proxyProtocol ?? false,
        demandsCertificate: secured?.clientAuth === 'require',
      },
    };
  });
}

/** The kernel chooses a worker for each connection: with four for each, one in fifty is missed. A small limit is not used up. */
function timesFor(workers: number, applied: AppliedConfig | null): number {
  const { maxTotalConnections = 0, maxConnectionsPerClient = 0 } = applied?.config.limits ?? {};
  const room = [maxTotalConnections, maxConnectionsPerClient].filter((limit) => limit > 0).map((limit) => limit >> 3);
  return Math.max(1, Math.min(4 * workers + 2, mostConnections, ...room));
}

async function askTimes(
  place: ListenerPlace,
  path: string,
  what: 'health' | 'ready',
  times: number,
  waitMs: number,
  { clock, signal }: ProbeContext,
): Promise<EndpointAnswers> {
  const asked = await Promise.all(
    Array.from({ length: times }, (): Promise<Asked> => askListener(place, path, what, waitMs, clock, signal)),
  );
  return summed(path, asked);
}

async function askAdmin({ client, clock }: ProbeContext): Promise<EndpointsState['admin']> {
  const began = clock.now();
  const took = (): number => Math.round((clock.now() - began) * 10) / 10;
  try {
    const { daemon } = await client.call('workers', { timeoutMs: silenceMs });
    return { reached: true, by: daemon, took_ms: took(), why: null };
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    return { reached: false, by: null, took_ms: took(), why: error.message };
  }
}

function metricsOf({ run }: ProbeContext, applied: AppliedConfig | null): string | null {
  const named = variable(run.environment, 'SENTINEL_METRICS_ADDR');
  if (named !== undefined) return named;
  const metrics = applied?.config.observability.metrics;
  return metrics === undefined || !metrics.enabled ? null : addressText(metrics.address);
}

async function askMetrics(context: ProbeContext, address: string | null): Promise<EndpointsState['metrics']> {
  const found = address === null ? null : parseAddress(address);
  const to = found === null ? null : nearAddress(found, context);
  if (to === null) {
    const why = address === null ? 'no metrics address is configured' : `${address} cannot be asked from this machine`;
    return { address, status: null, took_ms: 0, why };
  }
  return { address, ...(await askHealth(to, context.clock, context.signal)) };
}

async function askHealth(
  to: ListenerPlace['to'],
  clock: Clock,
  signal: AbortSignal,
): Promise<Omit<EndpointsState['metrics'], 'address'>> {
  const began = clock.now();
  const took = (): number => Math.round((clock.now() - began) * 10) / 10;
  try {
    const headers = { host: 'localhost', 'user-agent': 'sentinel-diagnose' };
    const { status } = await sendOutbound(
      { to, method: 'GET', path: '/health', headers, timeoutMs: shortPatienceMs, bodyBytes: 0, signal },
      clock,
    );
    return { status, took_ms: took(), why: status === 200 ? null : `GET /health answered ${status}` };
  } catch (error) {
    if (!(error instanceof OutboundFault)) throw error;
    const why = error.timedOut
      ? `no answer within ${shortPatienceMs} ms`
      : error.code === ''
        ? error.message
        : error.code;
    return { status: null, took_ms: took(), why };
  }
}
