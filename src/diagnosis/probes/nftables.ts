/** Reads what `nft list ruleset` prints (nft(8)) into chains of `packet-path.ts`. Pure. What is not understood matches some. */
import type { Hit, PacketChain, PacketRule, RuleVerdict } from './packet-path.ts';

/** Families whose chains a TCP connection over IP comes through. */
const families: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet', 'netdev']);
const hooks: Readonly<Record<string, number>> = { ingress: -10_000, prerouting: -5_000, input: 0 };
const named: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};

type Sets = ReadonlyMap<string, readonly PortRange[]>;

interface PortRange {
  readonly from: number;
  readonly to: number;
}

export function parseNftables(text: string): readonly PacketChain[] {
  const chains: PacketChain[] = [];
  for (const table of blocks(text, 'table')) {
    const [family = '', name = ''] = table.head.split(/\s+/);
    if (!families.has(family)) continue;
    const place = `${family} ${name}`;
    const sets: Sets = new Map(blocks(table.body, 'set').map(({ head, body }) => [head, elementsOf(body)]));
    for (const { head, body } of blocks(table.body, 'chain')) chains.push(chainOf(place, head, body, sets));
  }
  return chains;
}

function chainOf(place: string, name: string, body: string, sets: Sets): PacketChain {
  const lines = wholeLines(body)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('comment '));
  const base = lines.find((line) => /^type \w+ hook /.test(line)) ?? '';
  const [, type = '', hook = '', priority = ''] =
    /^type (\w+) hook (\w+) (?:device .*?)?priority ([^;]+);/.exec(base) ?? [];
  const at = hooks[hook];
  return {
    name: `${place} ${name}`,
    family: place.startsWith('ip6 ') ? 6 : place.startsWith('ip ') ? 4 : 'both',
    // Chains of `nat` see the first packet too, and drop nothing that counts here.
    priority: at === undefined || type === 'nat' ? null : at + priorityOf(priority),
    dropsByPolicy: /policy drop;/.test(base),
    policyText: `chain ${name} { ${base} }`,
    rules: lines.filter((line) => line !== base).flatMap((line) => rulesOf(line, place, sets)),
  };
}

/** `filter`, `-150`, `filter + 10`. */
function priorityOf(text: string): number {
  const [, name = '', sign = '', by = '0'] = /^([a-z]+)?\s*([+-])?\s*(\d+)?$/.exec(text.trim()) ?? [];
  const offset = Number(by) * (sign === '-' ? -1 : 1);
  return (named[name] ?? 0) + offset;
}

/** Long lists are printed over several lines. */
function wholeLines(body: string): readonly string[] {
  const lines: string[] = [];
  let open = '';
  for (const line of body.split('\n')) {
    const whole = open === '' ? line : `${open} ${line.trim()}`;
    const depth = whole.split('{').length - whole.split('}').length;
    if (depth <= 0) lines.push(whole);
    open = depth > 0 ? whole : '';
  }
  return open === '' ? lines : [...lines, open];
}

/** `tcp dport vmap { 22 : accept, 8080 : drop }` is a rule for each. */
function rulesOf(line: string, place: string, sets: Sets): readonly PacketRule[] {
  const [all, before = '', list = ''] = /^(.*\bdport )vmap \{([^}]*)\}/.exec(line) ?? [];
  if (all === undefined) return [ruleOf(line, line, place, sets)];
  return list.split(',').map((element) => {
    const [ports = '', verdict = ''] = element.split(' : ').map((part) => part.trim());
    return ruleOf(line, `${before}${ports} ${verdict}`, place, sets);
  });
}

/** @param shown As the tool prints it; @param line What it means */
function ruleOf(shown: string, line: string, place: string, sets: Sets): PacketRule {
  // What people write beside a rule decides nothing, nor do its counters.
  const plain = line
    .replace(/\s*comment "(?:[^"\\]|\\.)*"/g, '')
    .replace(/\s*# handle \d+$/, '')
    .replace(/\bcounter(?: packets \d+ bytes \d+)?/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const { verdict, rest } = verdictOf(plain, place);
  const match = matchOf(rest, sets);
  return {
    text: shown,
    hits: (port) => (match.ports !== null && !match.ports(port) ? 'none' : match.hit),
    names: (port) => match.named && match.ports !== null && match.ports(port),
    verdict,
  };
}

/** The verdict stands at the end of a rule; what stands before it are conditions and what is done by the way. */
function verdictOf(text: string, place: string): { readonly verdict: RuleVerdict; readonly rest: string } {
  const found = /(?:^|\s)(accept|drop|return|continue|reject(?: with .*)?|(?:jump|goto) \S+|queue\b.*)$/.exec(text);
  if (found === null) return { verdict: { kind: 'none' }, rest: text };
  const [word = '', chain = ''] = (found[1] ?? '').split(' ');
  const rest = text.slice(0, found.index).trim();
  switch (word) {
    case 'accept':
      return { verdict: { kind: 'accept' }, rest };
    case 'drop':
    case 'reject':
      return { verdict: { kind: 'stop' }, rest };
    case 'return':
      return { verdict: { kind: 'return' }, rest };
    case 'jump':
    case 'goto':
      return { verdict: { kind: 'jump', chain: `${place} ${chain}`, back: word === 'jump' }, rest };
    default:
      return { verdict: { kind: 'none' }, rest };
  }
}

interface Match {
  hit: Hit;
  ports: ((port: number) => boolean) | null;
  named: boolean;
}

const value = String.raw`(?:\{[^}]*\}|"[^"]*"|\S+)`;
const portMatch = new RegExp(String.raw`(?:^|\s)(?:tcp|th) dport (!= )?(${value})`, 'g');
/** What says nothing of whether a rule is about a connection. */
const beside = [
  /\blog(?: (?:prefix "[^"]*"|level \w+|flags \w+(?: \w+)*|group \d+))*/g,
  /\bmeta mark set \S+/g,
  /\b(?:meta l4proto|ip protocol|ip6 nexthdr) (?:tcp|6)\b/g,
  /\bmeta nfproto (?:ipv4|ipv6)\b/g,
  /\bct state \S*\bnew\b\S*/g,
  /\bip6? saddr (?:0\.0\.0\.0\/0|::\/0)/g,
  /\biif(?:name)? != "?lo"?/g,
];

function matchOf(text: string, sets: Sets): Match {
  const match: Match = { hit: 'all', ports: null, named: false };
  let rest = text.replaceAll(portMatch, (_, negated: string | undefined, said: string) => {
    const ranges = said.startsWith('@') ? (sets.get(said.slice(1)) ?? []) : rangesOf(said);
    const inSet = (port: number) => ranges.some(({ from, to }) => port >= from && port <= to);
    match.ports = (port) => inSet(port) === (negated === undefined);
    match.named = negated === undefined;
    return ' ';
  });
  rest = withoutStates(rest);
  for (const words of beside) rest = rest.replaceAll(words, ' ');
  rest = rest.trim();
  if (rest === '') return match;
  match.hit = isOther(rest) ? 'none' : 'some';
  return match;
}

/** `ct state { established, related }` and the like: lists are written as words without blanks. */
function withoutStates(text: string): string {
  return text.replaceAll(/\bct state (?:\{([^}]*)\}|vmap \{[^}]*\})/g, (all, list: string | undefined) =>
    list === undefined ? all : `ct state ${list.replaceAll(' ', '')}`,
  );
}

/** It is never about a new TCP connection from another machine. */
function isOther(rest: string): boolean {
  return (
    /\biif(?:name)? "?lo"?(?:\s|$)/.test(rest) ||
    /\bct state (?!vmap)(?!\S*\bnew\b)(?!!=)\S+/.test(rest) ||
    /\b(?:udp|icmp|icmpv6|igmp|sctp|dccp) /.test(rest) ||
    /\b(?:meta l4proto|ip protocol|ip6 nexthdr) (?!tcp|6\b|\{)\S+/.test(rest) ||
    /\btcp flags (?!syn\b|& \([^)]*\) == syn\b)\S/.test(rest)
  );
}

/** `8080`, `8000-8010`, `{ 22, 80, 8000-8010 }`, `http`. */
function rangesOf(text: string): readonly PortRange[] {
  return text
    .replaceAll(/[{}\s]/g, '')
    .split(',')
    .flatMap((part) => {
      const [from = '', to = from] = part.split('-').map((one) => services[one] ?? one);
      const range = { from: Number(from), to: Number(to) };
      return part === '' || Number.isNaN(range.from) || Number.isNaN(range.to) ? [] : [range];
    });
}

/** Names that `nft` writes for ports unless it is told otherwise. */
const services: Readonly<Record<string, string>> = {
  http: '80',
  https: '443',
  'http-alt': '8080',
  ssh: '22',
  domain: '53',
};

function elementsOf(body: string): readonly PortRange[] {
  const list = /elements = \{([^}]*)\}/s.exec(body)?.[1] ?? '';
  return rangesOf(list.replaceAll(/\b(?:timeout|expires|counter)\b[^,]*/g, ''));
}

/** `table inet filter { … }` at the level of the text, with what is inside. */
function blocks(text: string, kind: string): readonly { readonly head: string; readonly body: string }[] {
  const found: { head: string; body: string }[] = [];
  const opening = new RegExp(`(?:^|\\n)\\s*${kind} ([^{\\n]+?)\\s*\\{`, 'g');
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const from = match.index + match[0].length;
    let depth = 1;
    let at = from;
    for (; at < text.length && depth > 0; at++) {
      if (text[at] === '{') depth++;
      else if (text[at] === '}') depth--;
    }
    found.push({ head: match[1] ?? '', body: text.slice(from, at - 1) });
    opening.lastIndex = at;
  }
  return found;
}
