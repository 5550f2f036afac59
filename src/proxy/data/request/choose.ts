/** Fourth phase: a static upstream answers at once, any other offers a target. */
import type { RouteRuntime, TargetRuntime } from '../runtime.ts';
import type { BalanceRequest } from '../upstream/balance/balancer.ts';
import type { Exchange } from './exchange.ts';
import { respond, respondStatic } from './respond.ts';

/** The target, or null when the exchange has been answered. */
export function choose(x: Exchange): TargetRuntime | null {
  const upstream = (x.route as RouteRuntime).upstream;
  if (upstream.plan.static !== null) {
    respondStatic(x, upstream.plan.static, upstream.staticBody as Buffer);
    return null;
  }
  asked.exchange = x;
  const at = upstream.balance.pick(upstream.targets, asked);
  asked.exchange = null;
  if (at === -1) {
    respond(x, 'no_healthy_target');
    return null;
  }
  return upstream.targets[at] as TargetRuntime;
}

/** An exchange as policies see it. A pick never waits, so one object serves all exchanges. */
class AskedExchange implements BalanceRequest {
  exchange: Exchange | null = null;

  get clientIp(): string {
    return this.#x.clientIp;
  }

  get path(): string {
    return this.#x.path;
  }

  get now(): number {
    return this.#x.host.tick;
  }

  header(name: string): string | undefined {
    return this.#x.head.lookup(name);
  }

  skips(): boolean {
    return false;
  }

  stick(line: string): void {
    this.#x.stickyField = line;
  }

  get #x(): Exchange {
    return this.exchange as Exchange;
  }
}

const asked = new AskedExchange();
