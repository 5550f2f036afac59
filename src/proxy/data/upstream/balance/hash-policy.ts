/**
 * `ip_hash` and `consistent_hash`: requests with the same key go to the same target. A request without the key (no such
 * field, no such cookie, no address) is balanced in turn. Slow start moves keys over bit by bit.
 */
import type { HashKey } from '../../../../config/model.ts';
import type { Balancer, BalanceRequest, Candidate } from './balancer.ts';
import { cookieValue } from './cookie-value.ts';
import { hashAddress, hashText } from './key-hash.ts';
import { Rendezvous } from './rendezvous.ts';
import { RoundRobin } from './round-robin.ts';

export class HashPolicy implements Balancer {
  readonly #key: HashKey;
  readonly #rendezvous = new Rendezvous();
  readonly #unkeyed: RoundRobin;

  constructor(key: HashKey, offset: number) {
    this.#key = key;
    this.#unkeyed = new RoundRobin(offset);
  }

  pick(targets: readonly Candidate[], request: BalanceRequest): number {
    const key = this.#key;
    let hash: number;
    if (key.kind === 'client_ip') {
      if (request.clientIp === '') return this.#unkeyed.pick(targets, request);
      hash = hashAddress(request.clientIp);
    } else {
      const text = keyText(key, request);
      if (text === undefined || text === '') return this.#unkeyed.pick(targets, request);
      hash = hashText(text);
    }
    return this.#rendezvous.pick(targets, request, hash);
  }
}

function keyText(key: Exclude<HashKey, { kind: 'client_ip' }>, request: BalanceRequest): string | undefined {
  switch (key.kind) {
    case 'path':
      return request.path;
    case 'header':
      return request.header(key.name);
    case 'cookie': {
      const cookies = request.header('cookie');
      return cookies === undefined ? undefined : cookieValue(cookies, key.name);
    }
  }
}
