/**
 * The probe of the firewall: rules that stop new connections to the ports of our listeners. Reads what `nft`, or else `iptables-save`
 * and `ip6tables-save`, print; not to be read by this user is not known, which is not the same as none.
 */
import type { FirewallState } from '../facts/machine.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { askTool, toolFailure } from '../tool-call.ts';
import { parseIptables } from './iptables.ts';
import { parseAddress } from './listener-place.ts';
import { parseNftables } from './nftables.ts';
import { type Family, type PacketChain, stoppingRules, type WatchedPort } from './packet-path.ts';
import { demandHere } from './subject.ts';

const toolMs = 2_500;
/** A hundred thousand rules are of a machine whose block list lives in the firewall; those that name ports come first or not at all. */
const mostBytes = 8 << 20;

export const firewallProbe: Probe<'firewall'> = {
  name: 'firewall',
  title: 'firewall: rules that stop what comes to our ports',
  class: 'passive',
  mandatory: false,
  timeoutMs: 4_500,
  async find(context): Promise<FirewallState> {
    demandHere(context);
    const [ports, nft, v4, v6] = await Promise.all([
      portsOf(context),
      printed(context, 'nft', ['list', 'ruleset']),
      printed(context, 'iptables-save', []),
      printed(context, 'ip6tables-save', []),
    ]);
    const ruleset = nft.text === null ? [] : parseNftables(nft.text);
    const tables = [
      ...(v4.text === null ? [] : [parseIptables(v4.text, 4)]),
      ...(v6.text === null ? [] : [parseIptables(v6.text, 6)]),
    ];
    // Rules of iptables are most often kept by nftables underneath; then both print the same.
    if (ruleset.length > 0) return { source: 'nft', rules: stoppingRules(ruleset, ports) };
    if (tables.some((chains) => chains.length > 0)) {
      return { source: 'iptables-save', rules: distinct(tables, ports) };
    }
    if (nft.text !== null || tables.length > 0) {
      return { source: nft.text === null ? 'iptables-save' : 'nft', rules: [] };
    }
    const tried = [nft, v4, v6].map(({ command, why }) => `${command}: ${why}`);
    throw new ProbeFault('the rules of the firewall cannot be read', tried);
  },
};

interface Printed {
  readonly command: string;
  /** Null = nothing that counts. */
  readonly text: string | null;
  readonly why: string | null;
}

async function printed(context: ProbeContext, program: string, args: readonly string[]): Promise<Printed> {
  const result = await askTool(context, program, args, { timeoutMs: toolMs, maxBytes: mostBytes });
  const why = toolFailure(result);
  const text = result.kind === 'ran' && why === null ? result.stdout : null;
  return { command: [program, ...args].join(' '), text, why };
}

/** Both families may stop the same in the same words. */
function distinct(tables: readonly (readonly PacketChain[])[], ports: readonly WatchedPort[]): FirewallState['rules'] {
  const all = tables.flatMap((chains) => stoppingRules(chains, ports));
  return [...new Map(all.map((one) => [`${one.port} ${one.rule}`, one])).values()];
}

/** Where the daemon listens, or would. */
async function portsOf({ of }: ProbeContext): Promise<readonly WatchedPort[]> {
  const [daemon, config] = await Promise.all([of('daemon'), of('config')]);
  const listeners =
    daemon.state === 'known' ? daemon.value.status.listeners : config.state === 'known' ? config.value.listeners : [];
  const ports = new Map<number, WatchedPort>();
  for (const { address } of listeners) {
    const place = parseAddress(address);
    if (place === null || place.kind !== 'tcp' || place.port === 0) continue;
    const local = /^(?:127\.|::1$|localhost$)/.test(place.host);
    const { host, port } = place;
    // Sockets on every address of IPv6 take IPv4 too.
    const family: Family = host === '::' || host === 'localhost' ? 'both' : host.includes(':') ? 6 : 4;
    const before = ports.get(port) ?? { port, local, family };
    ports.set(port, { port, local: before.local && local, family: before.family === family ? family : 'both' });
  }
  return [...ports.values()];
}
