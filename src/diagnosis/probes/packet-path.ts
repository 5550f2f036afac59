/**
 * What becomes of a new TCP connection on its way to a port of this machine, by the rules of a firewall: which rules stop it. Pure. The
 * readers of nftables and iptables make the chains; nothing here knows their languages.
 */

/** Whether a rule is about a new connection from somewhere else to a port. `some`: of some senders, interfaces or rates alone. */
export type Hit = 'all' | 'some' | 'none';

export type RuleVerdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'stop' }
  /** Into another chain, and back when that has no say; `goto` does not come back. */
  | { readonly kind: 'jump'; readonly chain: string; readonly back: boolean }
  | { readonly kind: 'return' }
  /** Counts, logs, marks: the next rule decides. */
  | { readonly kind: 'none' };

export interface PacketRule {
  /** As the tool prints it. */
  readonly text: string;
  /** Of a port; rules that name ports say `none` of others. */
  readonly hits: (port: number) => Hit;
  /** It names the port, alone or among others. */
  readonly names: (port: number) => boolean;
  readonly verdict: RuleVerdict;
}

export type Family = 4 | 6 | 'both';

export interface PacketChain {
  readonly name: string;
  readonly family: Family;
  /** Of chains that packets come through by themselves, in the order in which they do; null = others jump here. */
  readonly priority: number | null;
  readonly dropsByPolicy: boolean;
  /** The policy as the tool prints it. */
  readonly policyText: string;
  readonly rules: readonly PacketRule[];
}

export interface WatchedPort {
  readonly port: number;
  /** Nothing from outside comes to it: then only rules that name it count. */
  readonly local: boolean;
  readonly family: Family;
}

export interface StoppingRule {
  readonly port: number;
  readonly rule: string;
}

/** Chains that jump to one another in a circle are refused by the kernel; this bounds a text that no kernel has made. */
const deepest = 16;

/**
 * Rules that stop new connections to a port: those that name it, also for some senders alone, and those that stop everything. A policy
 * that drops counts where no rule before lets the port through, were it for some.
 */
export function stoppingRules(chains: readonly PacketChain[], ports: readonly WatchedPort[]): readonly StoppingRule[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const entries = chains
    .filter(({ priority }) => priority !== null)
    .sort((a, b) => (a.priority as number) - (b.priority as number));
  return ports.flatMap(({ port, local, family }) => {
    const found: StoppingRule[] = [];
    for (const entry of entries) {
      if (family !== 'both' && entry.family !== 'both' && family !== entry.family) continue;
      const walk = new Walk(byName, port, local);
      const end = walk.through(entry, 0);
      found.push(...walk.found);
      if (end === 'on' && entry.dropsByPolicy && !walk.accepted && !local) {
        found.push({ port, rule: entry.policyText });
      }
      // What is stopped for all here never comes to the chains after.
      if (end === 'stopped' || (end === 'on' && entry.dropsByPolicy)) break;
    }
    return found;
  });
}

class Walk {
  readonly found: StoppingRule[] = [];
  /** Some rule has let the port through, if only for some. */
  accepted = false;
  readonly #chains: ReadonlyMap<string, PacketChain>;
  readonly #port: number;
  readonly #local: boolean;

  constructor(chains: ReadonlyMap<string, PacketChain>, port: number, local: boolean) {
    this.#chains = chains;
    this.#port = port;
    this.#local = local;
  }

  /** `on`: the end of the chain, and whoever called goes on. @param hit of the way here */
  through(chain: PacketChain, depth: number, within: Hit = 'all', named = false): 'accepted' | 'stopped' | 'on' {
    if (depth > deepest) return 'on';
    for (const rule of chain.rules) {
      const own = rule.hits(this.#port);
      if (own === 'none') continue;
      const hit = own === 'all' && within === 'all' ? 'all' : 'some';
      const names = named || rule.names(this.#port);
      const end = this.#act(rule, hit, names, depth);
      if (end === 'return') return 'on';
      if (end !== 'on') return end;
    }
    return 'on';
  }

  #act(
    { verdict, text }: PacketRule,
    hit: Hit,
    names: boolean,
    depth: number,
  ): 'accepted' | 'stopped' | 'on' | 'return' {
    const all = hit === 'all';
    switch (verdict.kind) {
      case 'none':
        return 'on';
      case 'accept':
        this.accepted = true;
        return all ? 'accepted' : 'on';
      case 'stop':
        if (names || (all && !this.#local)) this.found.push({ port: this.#port, rule: text });
        return all ? 'stopped' : 'on';
      case 'return':
        return all ? 'return' : 'on';
      case 'jump': {
        const chain = this.#chains.get(verdict.chain);
        if (chain === undefined) return 'on';
        const end = this.through(chain, depth + 1, hit, names);
        if (end === 'on') return verdict.back || !all ? 'on' : 'return';
        // Decided for those that came here; the others go on.
        return all ? end : 'on';
      }
    }
  }
}
