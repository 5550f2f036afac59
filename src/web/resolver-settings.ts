/** What resolv.conf(5) says: which servers are asked, and which names a short name may mean. Pure. */
import { isIP } from 'node:net';

export interface ResolverSettings {
  /** `10.0.0.2`, `10.0.0.2:5353` or `[::1]:53`; as many as the C library takes. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  /** A name with so many dots is first taken for complete. */
  readonly ndots: number;
}

const MAX_SERVERS = 3;
const MAX_NDOTS = 15;

export function parseResolverSettings(text: string): ResolverSettings {
  const servers: string[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word, ...rest] = (line.split(/[#;]/)[0] as string).trim().split(/\s+/);
    const address = rest[0] ?? '';
    if (word === 'nameserver' && isIP(address.split('%')[0] as string) !== 0) servers.push(address);
    // The last of them is in force.
    else if (word === 'search') search = rest.filter((domain) => domain !== '' && domain !== '.');
    else if (word === 'domain') search = rest.slice(0, 1);
    else if (word === 'options') {
      const wanted = rest.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).find((dots) => dots !== undefined);
      if (wanted !== undefined) ndots = Math.min(MAX_NDOTS, Number(wanted));
    }
  }
  // resolv.conf(5): without a server, the one on this machine.
  return { servers: servers.length === 0 ? ['127.0.0.1'] : servers.slice(0, MAX_SERVERS), search, ndots };
}

/** The names to ask for, in order: a final dot says that it is complete. */
export function candidateNames(name: string, { search, ndots }: ResolverSettings): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const longer = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  return dots >= ndots ? [name, ...longer] : [...longer, name];
}
