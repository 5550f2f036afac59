/**
 * `sticky`: a cookie names the target that a client stays with. Its value is a keyed digest of the target's identity
 * (HMAC-SHA256, 128 bits): it says no address, and nobody without the key can make one up. Who brings none, an unknown
 * one, or that of a target that takes nothing now, is balanced in turn and gets a new one.
 */
import { createHmac } from 'node:crypto';
import type { LoadBalancingConfig } from '../../../../config/model.ts';
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';
import { cookieAt, valueFrom } from './cookie-value.ts';
import { RoundRobin } from './round-robin.ts';

const TOKEN_BYTES = 16;

export class Sticky implements Balancer {
  readonly #name: string;
  readonly #attributes: string;
  readonly #key: Uint8Array;
  readonly #fresh: RoundRobin;
  #targets: readonly Candidate[] | null = null;
  #tokens: readonly string[] = [];
  #byToken: ReadonlyMap<string, number> = new Map();

  constructor(cookie: LoadBalancingConfig['cookie'], key: Uint8Array, offset: number) {
    this.#name = cookie.name;
    this.#key = key;
    const age = cookie.ttlMs === 0 ? '' : `; Max-Age=${Math.ceil(cookie.ttlMs / 1000)}`;
    this.#attributes = `; Path=/${age}; HttpOnly; SameSite=Lax`;
    this.#fresh = new RoundRobin(offset);
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    if (targets !== this.#targets) this.#label(targets);
    const known = this.#named(request);
    if (known !== -1 && !request.skips(known) && (targets[known] as Candidate).weight > 0) return known;
    const at = this.#fresh.pick(targets, request);
    if (at !== -1) request.stick(`Set-Cookie: ${this.#name}=${this.#tokens[at]}${this.#attributes}\r\n`);
    return at;
  }

  /** The target that the request's cookie names. A client may send several of that name, of other paths or made up. */
  #named(request: BalanceRequest): number {
    const cookies = request.header('cookie');
    if (cookies === undefined) return -1;
    for (let at = cookieAt(cookies, this.#name, 0); at !== -1; at = cookieAt(cookies, this.#name, at)) {
      const known = this.#byToken.get(valueFrom(cookies, at));
      if (known !== undefined) return known;
    }
    return -1;
  }

  #label(targets: readonly Candidate[]): void {
    this.#tokens = targets.map(({ id }) =>
      createHmac('sha256', this.#key).update(`sticky\0${id}`).digest().subarray(0, TOKEN_BYTES).toString('base64url'),
    );
    this.#byToken = new Map(this.#tokens.map((token, at) => [token, at]));
    this.#targets = targets;
  }
}
