/** Reads what `iptables-save` and `ip6tables-save` print (iptables-save(8)) into chains of `packet-path.ts`. Pure. */
import type { Hit, PacketChain, PacketRule, RuleVerdict } from './packet-path.ts';

/** The way of a packet to a process of this machine; `nat` decides nothing, and FORWARD is for other machines. */
const entries: Readonly<Record<string, number>> = {
  'raw PREROUTING': 1,
  'mangle PREROUTING': 2,
  'mangle INPUT': 3,
  'filter INPUT': 4,
  'security INPUT': 5,
};

const decided: ReadonlySet<string> = new Set(['raw', 'mangle', 'filter', 'security']);

/** @param family 4 of `iptables-save`, 6 of `ip6tables-save` */
export function parseIptables(text: string, family: 4 | 6): readonly PacketChain[] {
  const policies = new Map<string, string>();
  const rules = new Map<string, PacketRule[]>();
  let table = '';
  for (const line of text.split('\n')) {
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (!decided.has(table)) continue;
    else if (chain !== null) policies.set(`${table} ${chain[1]}`, chain[2] ?? '-');
    else if (line.startsWith('-A ')) {
      const [, name = ''] = line.split(' ', 2);
      const key = `${table} ${name}`;
      rules.set(key, [...(rules.get(key) ?? []), ruleOf(line, table)]);
    }
  }
  return [...new Set([...policies.keys(), ...rules.keys()])].map((name) => ({
    name,
    family,
    priority: entries[name] ?? null,
    dropsByPolicy: policies.get(name) === 'DROP',
    policyText: `-P ${name.split(' ')[1]} ${policies.get(name) ?? 'ACCEPT'}`,
    rules: rules.get(name) ?? [],
  }));
}

function ruleOf(line: string, table: string): PacketRule {
  const match = matchOf(words(line).slice(2));
  return {
    text: line,
    hits: (port) => (match.hit === 'none' || !match.port(port) ? 'none' : match.hit),
    names: (port) => match.named && match.port(port),
    verdict: verdictOf(match.target, match.goes, table),
  };
}

interface Match {
  hit: Hit;
  port: (port: number) => boolean;
  named: boolean;
  target: string | null;
  goes: string | null;
}

/** Extensions that only load the match whose options follow, or say nothing of the packet. */
const neutral: ReadonlySet<string> = new Set(['tcp', 'multiport', 'conntrack', 'state', 'comment']);

function matchOf(options: readonly string[]): Match {
  const match: Match = { hit: 'all', port: () => true, named: false, target: null, goes: null };
  const narrow = (hit: Hit): void => {
    if (match.hit !== 'none') match.hit = hit;
  };
  for (let at = 0; at < options.length; at++) {
    const negated = options[at] === '!';
    if (negated) at++;
    const option = options[at] ?? '';
    const value = options[at + 1] ?? '';
    at++;
    switch (option) {
      case '-p':
      case '--protocol':
        if (negated ? value === 'tcp' || value === 'all' : !['tcp', '6', 'all', '0'].includes(value)) narrow('none');
        break;
      case '--dport':
      case '--dports':
      case '--destination-port':
      case '--destination-ports':
      case '--ports': {
        const inSet = portsOf(value);
        match.named = !negated;
        match.port = (port) => inSet(port) !== negated;
        break;
      }
      case '--ctstate':
      case '--state':
        if (value.split(',').includes('NEW') === negated) narrow('none');
        break;
      case '--tcp-flags': {
        // Two lists: of the flags that are looked at, those that must be set. The first packet has SYN alone.
        const must = options[++at] ?? '';
        const mask = value === 'ALL' ? ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] : value.split(',');
        const first = mask.includes('SYN') ? 'SYN' : 'NONE';
        if ((must === first) === negated) narrow('none');
        break;
      }
      case '--syn':
        at--;
        if (negated) narrow('none');
        break;
      case '-i':
      case '--in-interface':
        narrow(value === 'lo' && !negated ? 'none' : value === 'lo' ? match.hit : 'some');
        break;
      case '-s':
      case '-d':
      case '--source':
      case '--destination':
        if (value !== '0.0.0.0/0' && value !== '::/0') narrow('some');
        break;
      case '-m':
      case '--match':
        if (value === 'udp' || value === 'icmp' || value === 'icmp6') narrow('none');
        else if (!neutral.has(value)) narrow('some');
        break;
      case '-j':
      case '--jump':
        match.target = value;
        return match;
      case '-g':
      case '--goto':
        match.goes = value;
        return match;
      case '--comment':
        break;
      default:
        // Of an extension that is not known here: it may match some.
        if (!option.startsWith('-')) at--;
        else narrow('some');
    }
  }
  return match;
}

/** `80`, `80:90`, `80,443,8000:8010`. */
function portsOf(text: string): (port: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const [from = '', to = from] = part.split(':');
    return { from: from === '' ? 0 : Number(from), to: to === '' ? 65_535 : Number(to) };
  });
  return (port) => ranges.some(({ from, to }) => port >= from && port <= to);
}

function verdictOf(target: string | null, goes: string | null, table: string): RuleVerdict {
  if (goes !== null) return { kind: 'jump', chain: `${table} ${goes}`, back: false };
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
    case 'TARPIT':
      return { kind: 'stop' };
    case 'RETURN':
      return { kind: 'return' };
    default:
      // LOG, MARK and the like are no chains, and nothing is found under their names.
      return target === null ? { kind: 'none' } : { kind: 'jump', chain: `${table} ${target}`, back: true };
  }
}

/** As a shell would take them apart: comments stand in double quotes. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
