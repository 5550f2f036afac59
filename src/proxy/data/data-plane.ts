/**
 * One worker's data plane: listeners, connections and pools under the runtime in force. Changes in two steps: `prepare`
 * does all that can fail and changes nothing, `commit` cannot fail. Knows nothing of threads: `worker.ts` gives it its
 * messages, tests drive it directly.
 */
import type { Socket } from 'node:net';
import { type Clock, type Stoppable, threadCpuMs } from '../../base/clock.ts';
import type { Filter } from '../../filter/filter.ts';
import { bump, type Cell, type CellSegment, proxyFields } from '../shared/cells.ts';
import { LogFile, newsWords } from '../shared/log-file.ts';
import type { LogRing } from '../shared/log-ring.ts';
import { type LogTarget, openLogTarget, stdoutName } from '../shared/log-target.ts';
import type { BoundListener, DrainOrder, WorkerSaid } from '../shared/messages.ts';
import type { Plan, PlanTarget } from '../shared/plan.ts';
import type { RecordRings } from '../shared/record-rings.ts';
import { methodLabel, type RequestCounter } from '../shared/request-counts.ts';
import { answerOf, type PlaneQuestion } from './answers.ts';
import { DebugLines } from './debug-lines.ts';
import { Drain } from './drain.ts';
import type { Arrival } from './client/arrival.ts';
import type { ClientHost } from './client/client-host.ts';
import { ClientConnection } from './client/connection.ts';
import { Http2Connection } from './client/http2/connection.ts';
import type { OpenConnection } from './client/open-connection.ts';
import { Reception, type ReceptionHost } from './client/reception.ts';
import { IdleShedder } from './client/shed-idle.ts';
import { Ledger } from './ledger.ts';
import { InFlight } from './records/in-flight.ts';
import { type Listener, listenerKey, openListeners, type SocketSources } from './listener.ts';
import { RateStores } from './rates/rate-stores.ts';
import type { Departing, Exchange } from './request/exchange.ts';
import { RetryBudgets } from './request/retry-budget.ts';
import { proceed } from './request/lifecycle.ts';
import { type ListenerRuntime, Runtime } from './runtime.ts';
import { meetsDemands } from './tls/demands.ts';
import type { TraceIds } from './trace-ids.ts';
import { type Pool, type PoolHost, poolKey, type PoolSettings } from './upstream/channel.ts';
import { SessionPool } from './upstream/http2/session-pool.ts';
import { TargetPool } from './upstream/pool.ts';

/** How often deadlines are looked at: the grain of every timeout. */
const SWEEP_MS = 100;

export interface DataPlaneOptions {
  readonly worker: number;
  /** The worker's own (`workerFields`). */
  readonly cell: Cell;
  /** Where finished requests are kept. */
  readonly records: RecordRings;
  /** Ring of trace records. */
  readonly spans: SharedArrayBuffer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ids: TraceIds;
  readonly counter: RequestCounter;
  readonly logRing: LogRing;
  /** What stands before each access-log line on standard output: under the journal its priority. */
  readonly stdoutPrefix: string;
  /** What the main thread should know: lines for its log, and what happened to targets and breakers. */
  readonly report: (said: WorkerSaid) => void;
}

interface Prepared {
  readonly runtime: Runtime;
  /** Listeners that this plan needs and that were not open yet. */
  readonly opened: readonly Listener[];
  readonly settings: ReadonlyMap<Pool, PoolSettings>;
  readonly logTarget: LogTarget | null | undefined;
}

export class DataPlane implements ClientHost, PoolHost, ReceptionHost {
  readonly connections: ReadonlySet<OpenConnection>;
  readonly tunnels = new Set<Departing>();
  draining = false;
  /** What only debugging needs is told. */
  debugging = false;
  tick: number;
  readonly #options: DataPlaneOptions;
  readonly #sweeper: Stoppable;
  readonly #logFile: LogFile;
  readonly #ledger: Ledger;
  readonly #inFlight: InFlight;
  readonly #debugLines: DebugLines;
  readonly #connections = new Set<OpenConnection>();
  readonly #reception: Reception;
  readonly #shedder: IdleShedder;
  readonly #drain: Drain;
  readonly #rateStores: RateStores;
  readonly #retryBudgets = new RetryBudgets();
  /** By `poolKey`, for plans to find. */
  readonly #pools = new Map<string, Pool>();
  /** All that have connections or may get some: those of `#pools`, and retired ones that an old plan's request came back to. */
  readonly #watched = new Set<Pool>();
  #listeners: readonly Listener[] = [];
  #runtime: Runtime | null = null;
  #prepared: Prepared | null = null;
  #readiness = { ready: true, body: '{"ready":true}\n' };

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.tick = options.clock.now();
    this.connections = this.#connections;
    this.#reception = new Reception(this);
    this.#shedder = new IdleShedder(this.#connections, (closed) => options.report({ kind: 'shed_idle', closed }));
    this.#drain = new Drain({
      clock: options.clock,
      connections: this.#connections,
      tunnels: this.tunnels,
      reception: this.#reception,
    });
    this.#rateStores = new RateStores(options.clock, options.report);
    this.#logFile = new LogFile({
      ring: options.logRing,
      clock: options.clock,
      onDropped: (lines) => this.#dropped(lines),
      onNews: (news) => options.report({ kind: 'log', ...newsWords(news) }),
    });
    this.#ledger = new Ledger(options);
    this.#inFlight = new InFlight(this.#connections, this.#ledger.ids, threadCpuMs);
    this.#debugLines = new DebugLines(options.report);
    this.#sweeper = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /**
   * Gets a plan ready: binds its new listeners, opens its log, builds its runtime. Nothing changes for clients.
   * @throws the system error of what failed; nothing is left behind
   */
  async prepare(
    plan: Plan,
    segments: readonly CellSegment[],
    sockets: SocketSources = { sole: true, inherited: [] },
  ): Promise<readonly BoundListener[]> {
    await this.abandon();
    const settings = new Map<Pool, PoolSettings>();
    const runtime = new Runtime(plan, {
      worker: this.#options.worker,
      clock: this.#options.clock,
      random: this.#options.random,
      rateStores: this.#rateStores,
      terminatorBefore: (listener) => this.#runtime?.listeners.get(listener)?.terminator ?? null,
      retryBudget: (upstream) => this.#retryBudgets.of(upstream),
      segments,
      say: (said) => this.#options.report(said),
      poolFor: (target, cell, proxyCell, wanted) => {
        const pool = this.#poolFor(target, cell, proxyCell, wanted);
        settings.set(pool, wanted);
        return pool;
      },
    });
    const opened: Listener[] = [];
    let logTarget: LogTarget | null | undefined;
    try {
      const open = new Set(this.#listeners.map(({ key }) => key));
      const missing = plan.listeners.filter(
        (listener) => (listener.address.kind === 'tcp' || sockets.sole) && !open.has(listenerKey(listener)),
      );
      const onConnection = (socket: Socket, id: string) => this.#accepted(socket, id, runtime);
      for await (const listener of openListeners(missing, sockets.inherited, onConnection)) opened.push(listener);
      this.#tellMissed(sockets, opened);
      const path = plan.accessLog.enabled ? plan.accessLog.file : null;
      if (path !== this.#logFile.path) logTarget = path === null ? null : openLogTarget(path);
    } catch (error) {
      for (const listener of opened) listener.drop();
      this.#keepStores(this.#runtime);
      throw error;
    }
    this.#prepared = { runtime, opened, settings, logTarget };
    const kept = this.#listeners.filter((listener) =>
      plan.listeners.some((wanted) => listenerKey(wanted) === listener.key),
    );
    return [...kept, ...opened].map(({ bound }) => bound);
  }

  /** Puts the prepared plan in force. Requests under way keep the old one. */
  commit(): void {
    const prepared = this.#prepared;
    if (prepared === null) return;
    this.#prepared = null;
    const { runtime, opened, settings, logTarget } = prepared;
    const keys = new Set(runtime.plan.listeners.map(listenerKey));
    for (const listener of this.#listeners) {
      if (!keys.has(listener.key)) void listener.close();
    }
    for (const listener of opened) listener.open();
    this.#listeners = [...this.#listeners.filter((listener) => keys.has(listener.key)), ...opened];
    for (const [pool, wanted] of settings) {
      pool.configure(wanted);
      // One that had retired may have been forgotten since `prepare` found it.
      this.#pools.set(pool.key, pool);
      this.#watched.add(pool);
    }
    for (const pool of this.#watched) if (!settings.has(pool)) pool.retire();
    this.#runtime = runtime;
    this.#reception.adopt(runtime);
    this.#keepStores(runtime);
    this.#shedder.begin(runtime, this.#options.clock.now());
    this.#retireOrphans();
    this.#retireStrangers(runtime);
    if (logTarget !== undefined) void this.#logFile.use(logTarget);
    const { accessLog } = runtime.plan;
    this.#ledger.writeAs(accessLog, accessLog.file === stdoutName ? this.#options.stdoutPrefix : '');
  }

  /** Forgets a prepared plan. */
  async abandon(): Promise<void> {
    const prepared = this.#prepared;
    if (prepared === null) return;
    this.#prepared = null;
    for (const listener of prepared.opened) listener.drop();
    this.#keepStores(this.#runtime);
    this.#retireOrphans();
  }

  /** Takes no more connections; resolves with the number of requests that the deadline cut, when nothing is open any more. */
  async drain(order: DrainOrder): Promise<number> {
    this.draining = true;
    if (order.ending) this.#readiness = { ready: false, body: '{"ready":false,"reasons":["draining"]}\n' };
    const listeners = this.#listeners;
    this.#listeners = [];
    const closed = Promise.all(listeners.map((listener) => listener.close(order.handedOn)));
    const cut = await this.#drain.begin(order, closed);
    for (const pool of this.#watched) pool.destroy();
    this.#keepStores(null);
    await this.#logFile.flush();
    return cut;
  }

  setReadiness(ready: boolean, body: string): void {
    this.#readiness = { ready, body };
  }

  /** Whether the main thread wants to be told what only debugging needs. */
  setDebug(on: boolean): void {
    this.debugging = on;
  }

  async reopenLogs(): Promise<void> {
    await this.#logFile.reopen();
  }

  /** Shows the finished requests that match one of these from now on; none = nobody watches. */
  tap(filters: readonly Filter[]): void {
    this.#ledger.tap(filters);
  }

  /** What the main thread asks for people: plain data of the shape that `QuestionShapes` gives for the kind. */
  answer(question: PlaneQuestion): unknown {
    return answerOf(question, {
      inFlight: this.#inFlight,
      talkers: this.#ledger.talkers,
      now: this.#options.clock.now(),
    });
  }

  /** Closes everything at once. */
  async close(): Promise<void> {
    this.#sweeper.stop();
    await this.abandon();
    for (const listener of this.#listeners) listener.drop();
    this.#reception.close();
    for (const connection of [...this.#connections]) connection.destroy();
    for (const pool of this.#watched) pool.destroy();
    this.#keepStores(null);
    await this.#logFile.close();
  }

  due(ms: number): number {
    return ms === 0 ? Infinity : this.tick + SWEEP_MS + ms;
  }

  now(): number {
    return this.#options.clock.now();
  }

  wallMs(): number {
    return this.#options.clock.wallMs();
  }

  newCorrelationId(): string {
    return this.#options.ids.correlationId();
  }

  newTraceId(): string {
    return this.#options.ids.traceId();
  }

  newSpanId(): string {
    return this.#options.ids.spanId();
  }

  readiness(): { readonly ready: boolean; readonly body: string } {
    return this.#readiness;
  }

  record(x: Exchange, now: number, bytesOut: number): void {
    this.#ledger.record(x, now, bytesOut);
    if (this.debugging && x.cause !== null) this.#debugLines.failed(x, now);
  }

  tellSpans(x: Exchange, end: number): void {
    this.#ledger.tracer.tell(x, end);
  }

  proceed(x: Exchange): void {
    proceed(x);
  }

  after(ms: number, task: () => void): Stoppable {
    return this.#options.clock.after(ms, task);
  }

  say(said: WorkerSaid): void {
    this.#options.report(said);
  }

  random(): number {
    return this.#options.random();
  }

  countRequest(route: number, upstream: number, method: string, status: number): void {
    this.#options.counter.count(route, upstream, methodLabel(method), status);
  }

  defect(error: unknown, x?: Exchange): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const of = x === undefined ? {} : { correlation_id: x.correlationId, trace_id: x.traceId, route: x.route?.plan.id };
    this.#options.report({
      kind: 'log',
      level: 'error',
      message: 'request failed inside the proxy',
      fields: { ...of, stack },
    });
  }

  /** @inheritdoc */
  revived(pool: Pool): void {
    this.#watched.add(pool);
  }

  /** @inheritdoc */
  starved(): void {
    for (const pool of this.#watched) pool.dropIdle();
  }

  current(id: string): { readonly runtime: Runtime; readonly listener: ListenerRuntime } | null {
    const runtime = this.#runtime;
    const listener = runtime?.listeners.get(id);
    return runtime === null || listener === undefined ? null : { runtime, listener };
  }

  forget(connection: OpenConnection): void {
    this.#connections.delete(connection);
    this.#reception.left(connection);
  }

  serve(arrival: Arrival): void {
    const multiplexed = arrival.secured?.protocol === 'h2';
    const connection = multiplexed ? new Http2Connection(this, arrival) : new ClientConnection(this, arrival);
    this.#connections.add(connection);
    // Its listener may have gone while it was in its handshake, or it was taken from the queue when the drain had begun.
    const { runtime, listener } = arrival;
    const expected = this.#prepared?.runtime === runtime || this.current(listener.plan.id) !== null;
    if (!expected || this.draining) connection.retire(this.#drain.idleUntil);
  }

  /** `bound` is the runtime that the listener was opened for, which may not be in force yet. */
  #accepted(socket: Socket, id: string, bound: Runtime): void {
    const runtime = this.#runtime?.listeners.has(id) ? this.#runtime : bound;
    this.#reception.accept(socket, runtime, runtime.listeners.get(id) as ListenerRuntime);
  }

  /** Connections of listeners that the plan in force does not have take no further request. */
  #retireOrphans(): void {
    for (const connection of this.#connections) {
      if (this.#runtime?.listeners.has(connection.listenerId) !== true) connection.retire();
    }
  }

  /** Connections that were let in under other demands than those in force take no further request. */
  #retireStrangers(runtime: Runtime): void {
    for (const connection of [...this.#connections]) {
      const listener = runtime.listeners.get(connection.listenerId);
      if (listener === undefined || meetsDemands(connection.secured, listener)) continue;
      if (connection.idle) connection.destroy();
      else connection.retire();
    }
  }

  #poolFor(target: PlanTarget, cell: Cell, proxyCell: Cell, settings: PoolSettings): Pool {
    const key = poolKey(target.id, settings);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const parts = { key, cell, proxyCell, clock: this.#options.clock, host: this };
      pool = settings.httpVersion === '2' ? new SessionPool(parts, settings) : new TargetPool(parts, settings);
      this.#pools.set(key, pool);
      this.#watched.add(pool);
    }
    return pool;
  }

  #tellMissed({ inherited }: SocketSources, opened: readonly Listener[]): void {
    const missed = opened.filter(
      (own) => !own.inherited && inherited.some(({ key, fd }) => key === own.key && fd !== -1),
    );
    const listeners = missed.flatMap(({ id, address }) => (address.startsWith('unix:') ? [] : [id]));
    if (listeners.length === 0) return;
    const message = 'listening sockets were bound anew: what waits in the queues of the old ones may be reset';
    this.#options.report({ kind: 'log', level: 'warn', message, fields: { listeners } });
  }

  /** Lets go of the stores of rates that no plan but that of `runtime` named. */
  #keepStores(runtime: Runtime | null): void {
    this.#rateStores.keep(runtime?.rateStores ?? new Set());
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    // What came while this worker could not look still lies unread: that time counts against nobody.
    const blind = now - this.tick - 2 * SWEEP_MS;
    this.tick = now;
    for (const connection of this.#connections) {
      if (blind > 0) connection.deadline += blind;
      if (now >= connection.deadline) connection.expire();
    }
    this.#reception.sweep(now, blind);
    this.#shedder.sweep(now);
    for (const pool of this.#watched) {
      if (blind > 0) pool.postpone(blind);
      pool.sweep(now);
      if (pool.finished) this.#forgetPool(pool);
    }
    this.#drain.sweep(now);
  }

  #forgetPool(pool: Pool): void {
    this.#watched.delete(pool);
    if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
  }

  #dropped(lines: number): void {
    if (this.#runtime !== null) bump(this.#runtime.cells.proxy, proxyFields.logDropped, lines);
  }
}
