/**
 * The admin API as data: one table of endpoints with method, path, danger and role, which the daemon's router, the typed
 * client and the docs are made from. Shapes of requests and replies are in `shapes.ts`. Does nothing itself.
 */
import type { AlertsReply, AlertsRequest } from './alert-shapes.ts';
import type { CertsReloadReply, CertsReply } from './cert-shapes.ts';
import type { ClientsQuery, ClientsReply } from './client-shapes.ts';
import { type HistoryEndpointShapes, historyEndpoints } from './history-endpoints.ts';
import { type CommitEndpointShapes, commitEndpoints } from './commit-endpoints.ts';
import { type DrainEndpointShapes, drainEndpoints } from './drain-endpoints.ts';
import type { EventsQuery, EventsReply } from './event-shapes.ts';
import type {
  LogLevelQuery,
  LogLevelReply,
  LogLevelRequest,
  LogLevelResetReply,
  LogLevelsReply,
  LogsQuery,
  LogsReopenReply,
  LogsReply,
} from './log-shapes.ts';
import type { InflightQuery, InflightReply, KillReply, RequestsQuery, RequestsReply } from './request-shapes.ts';
import type { IdentityReply } from './identity-shapes.ts';
import { type OverrideEndpointShapes, overrideEndpoints } from './override-endpoints.ts';
import { type PlanEndpointShapes, planEndpoints } from './plan-endpoints.ts';
import type { Role } from './roles.ts';
import type { RuntimeReply } from './runtime-shapes.ts';
import type { BlockQuery, BlockReply, BlockRequest, BlocksReply, UnblockReply } from './security-shapes.ts';
import type {
  ConfigQuery,
  ConfigReply,
  ExplainRequest,
  ExplainReply,
  ReloadReply,
  RoutesReply,
  StatusReply,
} from './shapes.ts';
import type { StreamQuery } from './stream-shapes.ts';
import type { TrafficQuery, TrafficReply } from './traffic-shapes.ts';
import type { UpgradeReply, UpgradeRequest } from './upgrade-shapes.ts';
import type {
  BreakerReply,
  BreakersReply,
  CheckReply,
  HealthReply,
  UpstreamState,
  UpstreamsReply,
} from './upstream-shapes.ts';

import type { RestartRequest, WorkersReply } from './worker-shapes.ts';

/** What an endpoint may do, from looking to cutting traffic. Everything above `check` is a mutation. */
export type Danger = 'read' | 'check' | 'mild' | 'moderate' | 'severe';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Endpoint {
  readonly method: Method;
  /** With places for what it is about: `{name}` (`path-templates.ts`). */
  readonly path: string;
  readonly danger: Danger;
  readonly role: Role;
  /** One sentence, for the docs. */
  readonly summary: string;
  /** Its body may hold a whole configuration, or all alerts of an outage. */
  readonly takesText?: true;
  /** Done also while the daemon hands over to a new process: what it changes belongs to neither. */
  readonly anyPhase?: true;
  /** Tells who asks: through the socket the user has to be proven for it, as for a change. */
  readonly provesUser?: true;
}

/** Request and reply of each endpoint. `void` = none; `params` where its path has places. */
export interface EndpointShapes
  extends OverrideEndpointShapes,
    CommitEndpointShapes,
    DrainEndpointShapes,
    PlanEndpointShapes,
    HistoryEndpointShapes {
  status: { query: void; body: void; reply: StatusReply };
  identity: { query: void; body: void; reply: IdentityReply };
  traffic: { query: TrafficQuery | void; body: void; reply: TrafficReply };
  routes: { query: void; body: void; reply: RoutesReply };
  'routes-explain': { query: void; body: ExplainRequest; reply: ExplainReply };
  upstreams: { query: void; body: void; reply: UpstreamsReply };
  upstream: { params: { readonly name: string }; query: void; body: void; reply: UpstreamState };
  'upstream-health': { params: { readonly name: string }; query: void; body: void; reply: HealthReply };
  'upstream-check': { params: { readonly name: string }; query: void; body: void; reply: CheckReply };
  'health-check': { query: void; body: void; reply: CheckReply };
  breakers: { query: void; body: void; reply: BreakersReply };
  'breaker-reset': { params: { readonly id: string }; query: void; body: void; reply: BreakerReply };
  'breaker-open': { params: { readonly id: string }; query: void; body: void; reply: BreakerReply };
  blocks: { query: void; body: void; reply: BlocksReply };
  'block-add': { query: void; body: BlockRequest; reply: BlockReply };
  'block-remove': { query: BlockQuery; body: void; reply: UnblockReply };
  requests: { query: RequestsQuery | void; body: void; reply: RequestsReply };
  inflight: { query: InflightQuery | void; body: void; reply: InflightReply };
  'inflight-kill': { params: { readonly id: string }; query: void; body: void; reply: KillReply };
  clients: { query: ClientsQuery | void; body: void; reply: ClientsReply };
  runtime: { query: void; body: void; reply: RuntimeReply };
  'log-levels': { query: void; body: void; reply: LogLevelsReply };
  'log-level-set': { query: void; body: LogLevelRequest; reply: LogLevelReply };
  'log-level-reset': { query: LogLevelQuery | void; body: void; reply: LogLevelResetReply };
  logs: { query: LogsQuery | void; body: void; reply: LogsReply };
  'logs-reopen': { query: void; body: void; reply: LogsReopenReply };
  certs: { query: void; body: void; reply: CertsReply };
  'certs-reload': { query: void; body: void; reply: CertsReloadReply };
  config: { query: ConfigQuery | void; body: void; reply: ConfigReply };
  'config-reload': { query: void; body: void; reply: ReloadReply };
  'alerts-receive': { query: void; body: AlertsRequest; reply: AlertsReply };
  events: { query: EventsQuery | void; body: void; reply: EventsReply };
  workers: { query: void; body: void; reply: WorkersReply };
  'workers-restart': { query: void; body: RestartRequest; reply: WorkersReply };
  upgrade: { query: void; body: void; reply: UpgradeReply };
  'upgrade-begin': { query: void; body: UpgradeRequest; reply: UpgradeReply };
  /** Has no end (`stream-shapes.ts`); the client has a way of its own to follow it. */
  stream: { query: StreamQuery; body: void; reply: never };
}

export type EndpointId = keyof EndpointShapes;

/** What stands in the places of an endpoint's path. */
export type ParamsOf<K extends EndpointId> = EndpointShapes[K] extends { params: infer P } ? P : Record<never, string>;

export const endpoints: Readonly<Record<EndpointId, Endpoint>> = {
  status: {
    method: 'GET',
    path: '/admin/status',
    danger: 'read',
    role: 'viewer',
    summary: 'Process, generation, configuration on disk and running, workers, listeners, counts, standing warnings.',
  },
  identity: {
    method: 'GET',
    path: '/admin/identity',
    danger: 'read',
    role: 'viewer',
    provesUser: true,
    summary:
      'Who a change would be recorded under if it came the same way, and with which role; through the socket the user is proven for it, as for a change.',
  },
  traffic: {
    method: 'GET',
    path: '/admin/traffic',
    danger: 'read',
    role: 'viewer',
    summary:
      'Requests, error ratio by cause and source, and percentiles of the last 10 s, 1 m and 5 m (`?window=`), in all and by route, upstream and target (`?route=`, `?upstream=`); with `?series=1` the last 15 minutes point by point (`&since=`: only the points that ended after); without targets (`?targets=0`).',
  },
  routes: {
    method: 'GET',
    path: '/admin/routes',
    danger: 'read',
    role: 'viewer',
    summary: 'The routes in match order, each with its windows.',
  },
  'routes-explain': {
    method: 'POST',
    path: '/admin/routes/explain',
    danger: 'check',
    role: 'viewer',
    summary: 'Which route a request would take, and why not the others.',
  },
  upstreams: {
    method: 'GET',
    path: '/admin/upstreams',
    danger: 'read',
    role: 'viewer',
    summary:
      'Every upstream with its targets: verdict and why, last check, breaker, weight, requests in flight, connections, windows.',
  },
  upstream: {
    method: 'GET',
    path: '/admin/upstreams/{name}',
    danger: 'read',
    role: 'viewer',
    summary: 'The same of one upstream.',
  },
  'upstream-health': {
    method: 'GET',
    path: '/admin/upstreams/{name}/health',
    danger: 'read',
    role: 'viewer',
    summary: 'Verdicts of one upstream and its targets, or of all (`*`).',
  },
  'upstream-check': {
    method: 'POST',
    path: '/admin/upstreams/{name}/check',
    danger: 'check',
    role: 'viewer',
    summary: 'Probes the targets of one upstream now (`*`: of all) and returns the results.',
  },
  'health-check': {
    method: 'POST',
    path: '/admin/health-check',
    danger: 'check',
    role: 'viewer',
    summary: 'Probes every target now and returns the results.',
  },
  breakers: {
    method: 'GET',
    path: '/admin/breakers',
    danger: 'read',
    role: 'viewer',
    summary: 'Every circuit breaker: state, why, failures in a row, trips.',
  },
  'breaker-reset': {
    method: 'POST',
    path: '/admin/breakers/{id+}/reset',
    danger: 'moderate',
    role: 'operator',
    summary: 'Closes a breaker, whatever state it is in.',
  },
  'breaker-open': {
    method: 'POST',
    path: '/admin/breakers/{id+}/open',
    danger: 'moderate',
    role: 'operator',
    summary: 'Opens a breaker and holds it open until it is reset.',
  },
  blocks: {
    method: 'GET',
    path: '/admin/overrides/block',
    danger: 'read',
    role: 'viewer',
    summary: 'Who is blocked: run-time entries with reason, actor and expiry, and what the file says.',
  },
  'block-add': {
    method: 'PUT',
    path: '/admin/overrides/block',
    danger: 'mild',
    role: 'operator',
    summary:
      'Blocks an address or network, for a while or until it is taken back; everybody, or this machine, only with `confirm`.',
  },
  'block-remove': {
    method: 'DELETE',
    path: '/admin/overrides/block',
    danger: 'mild',
    role: 'operator',
    summary: 'Takes a run-time block back (`?address=`).',
  },
  requests: {
    method: 'GET',
    path: '/admin/requests',
    danger: 'read',
    role: 'viewer',
    summary:
      'Finished requests, newest first: every error, every slow one and a sample of the rest (`?kind=errors|slow|all`, `?filter=`, `?since=`, `?limit=`), and how far back they are kept.',
  },
  inflight: {
    method: 'GET',
    path: '/admin/inflight',
    danger: 'read',
    role: 'viewer',
    summary: 'Requests under way, oldest first, each with what it is at (`?filter=`, `?limit=`).',
  },
  'inflight-kill': {
    method: 'DELETE',
    path: '/admin/inflight/{id}',
    danger: 'moderate',
    role: 'operator',
    summary: 'Ends one request under way, by its id or its correlation id: its client is cut off.',
  },
  clients: {
    method: 'GET',
    path: '/admin/clients',
    danger: 'read',
    role: 'viewer',
    summary:
      'Who sends the most (`?by=ip`, `prefix`, `path` or `user-agent`) in the last minute or five (`?window=1m`, `5m`), with bounds, share, rate and error ratios (`?limit=`, `?filter=`).',
  },
  runtime: {
    method: 'GET',
    path: '/admin/runtime',
    danger: 'read',
    role: 'viewer',
    summary:
      'The process and its threads: event-loop utilisation and delay, heap, garbage collection, descriptors, cgroup limits with what is used of them, pressure. What could not be read is null, with the reason under `unknown`.',
  },
  'log-levels': {
    method: 'GET',
    path: '/admin/overrides/log-level',
    danger: 'read',
    role: 'viewer',
    summary: 'The log level of each module, and which were set at run time, by whom, why and until when.',
  },
  'log-level-set': {
    method: 'PUT',
    path: '/admin/overrides/log-level',
    danger: 'mild',
    role: 'operator',
    summary: 'Sets the log level of one module or of all, for a while.',
  },
  'log-level-reset': {
    method: 'DELETE',
    path: '/admin/overrides/log-level',
    danger: 'mild',
    role: 'operator',
    summary: 'Takes a log level back that was set at run time (`?module=`), or all of them.',
  },
  logs: {
    method: 'GET',
    path: '/admin/logs',
    danger: 'read',
    role: 'viewer',
    summary:
      'The latest lines of the log, from memory: `?since=` (RFC 3339, or back from now), `?level=`, `?filter=`, `?limit=`.',
  },
  'logs-reopen': {
    method: 'POST',
    path: '/admin/logs/reopen',
    danger: 'mild',
    role: 'operator',
    summary: 'Opens all log files anew, after a rotation; the configuration is not read.',
  },
  certs: {
    method: 'GET',
    path: '/admin/certs',
    danger: 'read',
    role: 'viewer',
    summary: 'Every loaded certificate: names, fingerprint, dates, who serves it, and whether the files still hold it.',
  },
  'certs-reload': {
    method: 'POST',
    path: '/admin/certs/reload',
    danger: 'mild',
    role: 'operator',
    summary:
      'Reads the certificate files of the running configuration again and serves what they hold, or says why not and changes nothing.',
  },
  config: {
    method: 'GET',
    path: '/admin/config',
    danger: 'read',
    role: 'viewer',
    summary: 'The configuration in force as KDL: includes in place, defaults filled in, secrets as they were written.',
  },
  'config-reload': {
    method: 'POST',
    path: '/admin/config/reload',
    danger: 'mild',
    role: 'operator',
    summary: 'Reads the configuration again and applies it, or says why not and changes nothing.',
  },
  'alerts-receive': {
    method: 'POST',
    path: '/admin/alerts',
    danger: 'mild',
    role: 'operator',
    takesText: true,
    anyPhase: true,
    summary:
      'Webhook of Alertmanager (version 4): the first alert opens an incident, the others join it, and when all are over it is marked as resolved. 5xx = nothing is lost, send it again.',
  },
  events: {
    method: 'GET',
    path: '/admin/events',
    danger: 'read',
    role: 'viewer',
    summary:
      'What happened: health flips, breaker transitions, reloads, worker deaths, certificate swaps, admin actions, with who did it.',
  },
  workers: {
    method: 'GET',
    path: '/admin/workers',
    danger: 'read',
    role: 'viewer',
    summary:
      'The worker threads, and how far the restart of all of them is: who has finished, what the others wait for.',
  },
  'workers-restart': {
    method: 'POST',
    path: '/admin/workers/restart',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Restarts the workers one by one: a new one serves before an old one finishes what it has (`timeout_ms`, `on_timeout`: `wait` or `close`).',
  },
  upgrade: {
    method: 'GET',
    path: '/admin/upgrade',
    danger: 'read',
    role: 'viewer',
    summary: 'How far the hand-over to a new process is; while the old one drains, the new one answers.',
  },
  'upgrade-begin': {
    method: 'POST',
    path: '/admin/upgrade',
    danger: 'moderate',
    role: 'admin',
    summary:
      'Starts a new process that takes over the listening sockets and then the place of this one, or says why not and changes nothing; another program (`binary`) only by way of the socket.',
  },
  stream: {
    method: 'GET',
    path: '/admin/stream',
    danger: 'read',
    role: 'viewer',
    summary:
      'News as server-sent events (`?topics=`), until the client goes; `Last-Event-ID` goes on where it broke off.',
  },
  ...overrideEndpoints,
  ...commitEndpoints,
  ...drainEndpoints,
  ...historyEndpoints,
  ...planEndpoints,
};

/** Paths that everybody may read, on the socket and on the metrics address. */
export const openPaths = { health: '/health', ready: '/ready' } as const;

/** Fields that every reply carries, and fields that a request may carry. Lower case, as Node gives them. */
export const fields = {
  /** Server time, RFC 3339 with milliseconds. */
  time: 'x-sentinel-time',
  generation: 'x-sentinel-generation',
  /** SHA-256 of the running configuration. */
  digest: 'x-sentinel-digest',
  version: 'x-sentinel-version',
  /** Why a mutation is made; goes into the audit log. */
  reason: 'x-sentinel-reason',
} as const;

/**
 * The scheme by which a user of the unix socket proves who they are. The daemon answers a mutation without proof with 401
 * and `WWW-Authenticate: Sentinel-Peer nonce="…"`; the client creates an empty file of that name in the folder `auth`
 * beside the socket and repeats the request with `Authorization: Sentinel-Peer …`; the owner of the file is the actor.
 */
export const peerScheme = 'Sentinel-Peer';
export const peerFolder = 'auth';

/** True for what changes the daemon: it needs the socket or a token, and is audited. */
export function isMutation(danger: Danger): boolean {
  return danger !== 'read' && danger !== 'check';
}
