/**
 * Fifth phase: the tries of one request, from the first target to the answer. Chooses, tries, and when a try fails goes to
 * another target, tries again by the route's policy, hands over to the fallback upstream, or answers. Tells breakers and
 * passive health how each try ended, once. What a try does on the wire is `attempt.ts`.
 */
import { isTrial } from '../../shared/breaker.ts';
import { bump, recordDuration, routeFields, upstreamFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { RouteRuntime, UpstreamRuntime } from '../runtime.ts';
import type { TargetRuntime } from '../target-runtime.ts';
import type { BalanceRequest } from '../upstream/balance/balancer.ts';
import type { Channel } from '../upstream/channel.ts';
import { Attempt, type AttemptOwner, type Progress } from './attempt.ts';
import { breakOff } from './break-off.ts';
import { anyEligible, whyNone } from './choose.ts';
import type { Exchange, TryPhase } from './exchange.ts';
import { nextTry, tryFailed } from './failed-try.ts';
import { HeldBody, TOTAL_HELD_BYTES } from './held-body.ts';
import { isIdempotent } from './idempotent.ts';
import { cutResponse, relayInterim } from './relay.ts';
import { respond, respondStatic } from './respond.ts';
import { Retries } from './retries.ts';
import { isLocal, tellBreaker, type Verdict, watchTrial } from './verdict.ts';

/** Body bytes kept for sending a request again, unless the route takes bodies whole anyway. */
const HELD_BYTES = 64 * 1024;
/** For that, no more of what all requests together may hold: the rest is for routes that cannot do without. */
const ALL_HELD_BYTES = TOTAL_HELD_BYTES / 2;

export class Tries implements AttemptOwner, BalanceRequest {
  /** When the present try was chosen. */
  now: number;
  readonly #x: Exchange;
  readonly #route: RouteRuntime;
  /** Null = the route has no policy for them. */
  readonly #retries: Retries | null;
  #attempt: Attempt | null = null;
  /** What its breaker gave for the present try; the outcome is awaited while `#asked`. */
  #ticket = 0;
  #asked = false;
  #routeTicket = 0;
  #routeAsked = false;
  /** Tries whose request went out. */
  #sent = 0;
  /** Not taken again while there are others. */
  #tried: Set<TargetRuntime> | null = null;
  /** Not taken again at all: they did not even take the request. */
  #unreached: Set<TargetRuntime> | null = null;
  /** A try is being begun: who refuses it at once lets `#go` take the next target. */
  #beginning = false;
  /** Why the last try failed. */
  #failure: Cause | null = null;
  /** When the exchange as a whole is overdue; 0 = not yet known. */
  #due = 0;
  /** Some of the body has passed and was not kept. */
  #bodyLost = false;
  /** An interim response has gone out. */
  #hinted = false;

  constructor(x: Exchange, route: RouteRuntime, now: number) {
    this.#x = x;
    this.#route = route;
    this.now = now;
    const policy = route.plan.retry;
    this.#retries = policy === null ? null : new Retries(policy, x.head.method);
  }

  /** Takes the exchange to its first target, or answers it. */
  start(): void {
    const x = this.#x;
    x.tries = this;
    x.upstream = this.#route.upstream;
    if (this.#retries !== null) x.upstream.retryBudget.count(this.now);
    const breaker = this.#route.breaker;
    if (breaker !== null) {
      this.#routeTicket = breaker.admit(this.now);
      if (this.#routeTicket === -1) {
        if (!this.#fallBack()) respond(x, 'breaker_open');
        return;
      }
      this.#routeAsked = true;
    }
    this.#go();
  }

  /** Lets go of whatever the request holds: it ends, or goes on otherwise. */
  abandon(): void {
    this.#attempt?.abandon();
    this.#attempt = null;
    // Who leaves in the middle of a good answer says nothing bad of the target, and that it answers is known. A bad one is
    // bad whoever reads it; its target has been judged by its head.
    const { begun, status } = this.#x;
    const verdict = begun && status < 500 ? 'succeeded' : 'withdrawn';
    if (verdict === 'withdrawn' && this.#asked) (this.#x.target as TargetRuntime).left();
    this.#judge(verdict, '');
    this.#judgeRoute(begun && status >= 500 ? 'failed' : verdict, `status ${status}`);
    this.#retries?.stop();
  }

  get phase(): TryPhase {
    return this.#attempt?.phase ?? 'pause';
  }

  get clientIp(): string {
    return this.#x.clientIp;
  }

  get path(): string {
    return this.#x.path;
  }

  header(name: string): string | undefined {
    return this.#x.head.lookup(name);
  }

  stick(line: string): void {
    this.#x.stickyField = line;
  }

  /** @inheritdoc */
  skips(at: number): boolean {
    const target = (this.#x.upstream as UpstreamRuntime).targets[at] as TargetRuntime;
    if (this.#tried?.has(target) === true || this.#unreached?.has(target) === true) return true;
    return target.breaker !== null && !target.breaker.allows(this.now);
  }

  /** @inheritdoc */
  keep(buffer: Buffer, from: number, to: number, framed: boolean, { mayRefuse, uses }: Channel): void {
    if (this.#bodyLost) return;
    const x = this.#x;
    const stale = uses > 1 && isIdempotent(x.head.method);
    const wanted = mayRefuse || stale || this.#retries?.repeatable === true;
    if (wanted && (x.held?.bytes ?? 0) + to - from <= HELD_BYTES) {
      x.held ??= new HeldBody(x.runtime.cells.guards);
      if (x.held.add(buffer, from, to, framed, ALL_HELD_BYTES)) return;
    }
    this.#letBodyGo();
  }

  #letBodyGo(): void {
    this.#bodyLost = true;
    this.#x.held?.drop();
    this.#x.held = null;
  }

  /** @inheritdoc */
  resendable(unprocessed: boolean): boolean {
    return !this.#bodyLost && (unprocessed || isIdempotent(this.#x.head.method));
  }

  /** @inheritdoc */
  responseDue(): number {
    const x = this.#x;
    const route = this.#route;
    if (this.#due === 0) {
      const home = x.upstream === route.upstream;
      this.#due = x.host.due(home ? route.responseMs : route.fallbackResponseMs);
    }
    return this.#retries === null ? this.#due : Math.min(this.#due, x.host.due(this.#retries.perTryMs));
  }

  /** @inheritdoc */
  interim(head: ResponseHead): void {
    if (head.status !== 100) this.#hinted = true;
    relayInterim(this.#x, head);
  }

  /** @inheritdoc */
  takes(head: ResponseHead, now: number): boolean {
    const x = this.#x;
    const { status } = head;
    const bad = status >= 500;
    this.#sent++;
    const { durations, latency } = x.target as TargetRuntime;
    recordDuration(durations, (now - x.sentAt) / 1000);
    if ((x.upstream as UpstreamRuntime).timesAnswers) {
      if (bad) latency.failed(now - x.sentAt, now);
      else latency.record(now - x.sentAt, now);
    }
    if (bad) this.#judge('failed', `status ${status}`);
    const listed = this.#retries?.lists(status) === true;
    this.#retries?.ended(!bad && !listed);
    if (listed && this.#mayRetry(now)) {
      tryFailed(x, now, 'upstream_status', status);
      nextTry(x, 'retry');
      return false;
    }
    this.#letBodyGo();
    if (status === 101) {
      // It has shown that it works; how and when its WebSocket ends says nothing of it.
      this.#judge('succeeded', '');
      this.#judgeRoute('succeeded', '');
    } else if (!bad && (isTrial(this.#ticket) || isTrial(this.#routeTicket))) this.#watchTrials();
    return true;
  }

  /** Judges by time what may never end. After its end, or once its client has gone, it is judged already. */
  #watchTrials(): void {
    const { host, target } = this.#x;
    if (this.#asked) {
      watchTrial((target as TargetRuntime).breaker, this.#ticket, host, () => this.#judge('succeeded', ''));
    }
    if (this.#routeAsked) {
      watchTrial(this.#route.breaker, this.#routeTicket, host, () => this.#judgeRoute('succeeded', ''));
    }
  }

  /** @inheritdoc */
  discarded(): void {
    this.#attempt = null;
    // A listed status below 500 is the target's answer all the same.
    this.#judge('succeeded', '');
    this.#failure = 'upstream_status';
    if (!this.#x.received) this.#x.client.pauseBody();
  }

  /** @inheritdoc */
  ended(): void {
    this.#attempt = null;
    this.#judge('succeeded', '');
    const { status } = this.#x;
    if (status >= 500) this.#judgeRoute('failed', `status ${status}`);
    else this.#judgeRoute('succeeded', '');
  }

  /** @inheritdoc */
  failed(progress: Progress, cause: Cause): void {
    this.#guarded(() => this.#settle(progress, cause));
  }

  /** What follows a failure. */
  #settle(progress: Progress, cause: Cause): void {
    const x = this.#x;
    const now = x.host.now();
    this.#attempt = null;
    this.#failure = cause;
    const local = isLocal(cause);
    if (!local && (x.upstream as UpstreamRuntime).timesAnswers) (x.target as TargetRuntime).latency.failed(0, now);
    this.#judge(local ? 'withdrawn' : 'failed', cause);
    if (progress === 'broken') {
      const why = cause === 'upstream_reset' ? 'upstream_truncated' : cause;
      this.#judgeRoute(local ? 'withdrawn' : 'failed', why);
      cutResponse(x, why);
    } else if (progress === 'unsent' && cause !== 'internal' && !this.#overdue(now)) {
      (this.#unreached ??= new Set()).add(x.target as TargetRuntime);
      this.now = now;
      nextTry(x, 'failover');
      if (this.#beginning) this.#beginning = false;
      else this.#go();
    } else {
      this.#sent++;
      this.#retries?.ended(false);
      if (cause === 'internal' || !this.#mayRetry(now)) this.#giveUp(cause);
      else {
        nextTry(x, 'retry');
        if (!x.received) x.client.pauseBody();
      }
    }
  }

  /** Begins a try against the next target; where there is none, the fallback upstream takes over, or the end is answered. */
  #go(): void {
    // A loop, as hundreds of targets may refuse at once, one after the other.
    do {
      const x = this.#x;
      const upstream = x.upstream as UpstreamRuntime;
      if (upstream.plan.static !== null) {
        this.#judgeRoute('withdrawn', '');
        respondStatic(x, upstream.plan.static, upstream.staticBody as Buffer);
        return;
      }
      const target = this.#choose(upstream);
      if (target === null) {
        if (this.#fallBack()) return;
        this.#giveUp(this.#failure ?? whyNone(upstream, this.now));
        return;
      }
      if (this.#unreached?.has(x.target as TargetRuntime) === true) bump(upstream.counts, upstreamFields.failovers);
      x.target = target;
      const attempt = new Attempt(x, target, this);
      this.#attempt = attempt;
      this.#beginning = true;
      attempt.begin(this.now);
    } while (!this.#beginning);
    this.#beginning = false;
  }

  /** A target that takes the request now, let in by its breaker. */
  #choose(upstream: UpstreamRuntime): TargetRuntime | null {
    for (;;) {
      this.#x.stickyField = '';
      let at = upstream.balance.pick(upstream.targets, this);
      if (at === -1 && this.#tried !== null) {
        this.#tried = null;
        at = upstream.balance.pick(upstream.targets, this);
      }
      if (at === -1) return null;
      const target = upstream.targets[at] as TargetRuntime;
      const ticket = target.breaker === null ? 0 : target.breaker.admit(this.now);
      if (ticket !== -1) {
        this.#ticket = ticket;
        this.#asked = true;
        return target;
      }
      // Another request took the last place of a half-open breaker in between.
      (this.#unreached ??= new Set()).add(target);
    }
  }

  /** Hands over to the fallback upstream, once. */
  #fallBack(): boolean {
    const x = this.#x;
    const { fallback, counts } = this.#route;
    if (fallback === null || x.upstream === fallback) return false;
    this.#retries?.ended(false);
    this.#judgeRoute(this.#failure === null || isLocal(this.#failure) ? 'withdrawn' : 'failed', this.#failure ?? '');
    bump(counts, routeFields.failovers);
    x.upstream = fallback;
    x.target = null;
    x.stickyField = '';
    this.#tried = null;
    this.#unreached = null;
    this.#failure = null;
    nextTry(x, 'fallback');
    this.#go();
    return true;
  }

  /** Nothing more is tried. */
  #giveUp(cause: Cause): void {
    this.#retries?.ended(false);
    this.#judgeRoute(isLocal(cause) ? 'withdrawn' : 'failed', cause);
    // An answer was discarded in the hope of a better one, and now there is nobody to ask.
    const none = cause === 'upstream_status';
    respond(this.#x, none ? whyNone(this.#x.upstream as UpstreamRuntime, this.now) : cause);
  }

  /** Whether the request that has just failed is tried again; if so, its place in the budget is taken and its pause begins. */
  #mayRetry(now: number): boolean {
    const retries = this.#retries;
    if (retries === null || this.#bodyLost || this.#hinted || !retries.allows(this.#sent)) return false;
    const x = this.#x;
    const upstream = x.upstream as UpstreamRuntime;
    const pauseMs = retries.pauseMs(this.#sent, x.host.random());
    if (this.#overdue(now + pauseMs) || !anyEligible(upstream, this.#unreached, now)) return false;
    if (!retries.begin(upstream, now)) return false;
    (this.#tried ??= new Set()).add(x.target as TargetRuntime);
    retries.pause(x.host, pauseMs, () => {
      this.now = x.host.now();
      this.#guarded(() => this.#go());
    });
    return true;
  }

  #overdue(now: number): boolean {
    return this.#due !== 0 && now >= this.#due;
  }

  /** Runs what nobody up the stack would catch. */
  #guarded(task: () => void): void {
    try {
      task();
    } catch (error) {
      breakOff(this.#x, error);
    }
  }

  /** Tells those who watch the target how its try ended. */
  #judge(verdict: Verdict, why: string): void {
    if (!this.#asked) return;
    this.#asked = false;
    const target = this.#x.target as TargetRuntime;
    if (target.breaker !== null) tellBreaker(target.breaker, this.#ticket, verdict, this.#x.host, why);
    if (verdict !== 'withdrawn') target.ended(verdict === 'failed');
  }

  /** Tells the route's breaker how the request ended for its upstream: all tries of it are one to the breaker. */
  #judgeRoute(verdict: Verdict, why: string): void {
    const { breaker } = this.#route;
    if (!this.#routeAsked || breaker === null) return;
    this.#routeAsked = false;
    tellBreaker(breaker, this.#routeTicket, verdict, this.#x.host, why);
  }
}
