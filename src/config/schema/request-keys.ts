/** Value types of what a guard or a balancer looks at: who a request counts for, which statuses are meant. Pure. */
import { kdlString } from '../../kdl/text.ts';
import type { HashKey, RateLimitKey, UpstreamConfig } from '../model.ts';
import { Wrong } from './value-type.ts';
import type { ValueType } from './value-type.ts';

/** RFC 9110 §5.6.2; names of cookies are the same (RFC 6265 §4.1.1). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What a rate limit counts by. */
export const rateLimitKey: ValueType<RateLimitKey> = requestKey(
  ['client_ip', 'path', 'route', 'client_ip+path'],
  ['header'],
);

/** What `consistent_hash` hashes. */
export const hashKey: ValueType<HashKey> = requestKey(['client_ip', 'path'], ['header', 'cookie']);

type AnyKey<Word extends string, Named extends string> =
  | { readonly kind: Word }
  | { readonly kind: Named; readonly name: string };

/** One of the words, or one of the prefixes with a name: `header:X-Tenant`. Names of headers come out in lower case. */
function requestKey<const Word extends string, const Named extends string>(
  words: readonly Word[],
  prefixes: readonly Named[],
): ValueType<AnyKey<Word, Named>> {
  const all = [...words.map((word) => `"${word}"`), ...prefixes.map((prefix) => `"${prefix}:NAME"`)];
  return {
    expected: `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`,
    choices: [...words, ...prefixes.map((prefix) => `${prefix}:`)],
    read(value) {
      if (typeof value !== 'string') return new Wrong('SNT-C108');
      const word = words.find((one) => one === value);
      if (word !== undefined) return { kind: word };
      const prefix = prefixes.find((one) => value.startsWith(`${one}:`));
      if (prefix === undefined) return new Wrong('SNT-C163');
      const name = value.slice(prefix.length + 1);
      if (!token.test(name))
        return new Wrong('SNT-C163', { help: `after \`${prefix}:\` stands the name of a ${prefix}` });
      return { kind: prefix, name: prefix === 'header' ? name.toLowerCase() : name };
    },
    write: (key) => kdlString('name' in key ? `${key.kind}:${key.name}` : key.kind),
  };
}

/** The name of a cookie. */
export const cookieName: ValueType<string> = {
  expected: 'the name of a cookie',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    return token.test(value) ? value : new Wrong('SNT-C154');
  },
  write: kdlString,
};

/** `200`, `"2xx"` or `"200-399"`, as an inclusive range. */
export const statusRange: ValueType<readonly [from: number, to: number]> = {
  expected: 'a status such as 200, a class such as "2xx" or a range such as "200-399"',
  read(value) {
    if (typeof value === 'number') return isStatus(value) ? [value, value] : new Wrong('SNT-C109');
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const hundreds = /^([1-5])xx$/i.exec(value)?.[1];
    if (hundreds !== undefined) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99];
    const [, from = '', to = ''] = /^(\d{3})(?:-(\d{3}))?$/.exec(value) ?? [];
    if (from === '') return new Wrong('SNT-C164');
    if (to === '') return new Wrong('SNT-C108', { replacement: from });
    if (!isStatus(Number(from)) || !isStatus(Number(to))) return new Wrong('SNT-C109');
    return Number(from) <= Number(to)
      ? [Number(from), Number(to)]
      : new Wrong('SNT-C164', { guess: kdlString(`${to}-${from}`) });
  },
  write: ([from, to]) => (from === to ? String(from) : kdlString(`${from}-${to}`)),
};

function isStatus(value: number): boolean {
  return Number.isInteger(value) && value >= 100 && value <= 599;
}

/** `2`, or `"50%"` of the targets. */
export const countOrPercent: ValueType<UpstreamConfig['minHealthy']> = {
  expected: 'a whole number from 0 to 65535, or a share such as "50%"',
  read(value) {
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) return new Wrong('SNT-C108');
      return value >= 0 && value <= 65_535 ? { count: value } : new Wrong('SNT-C109');
    }
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const percent = /^(\d{1,3})%$/.exec(value)?.[1];
    if (percent !== undefined) return Number(percent) <= 100 ? { percent: Number(percent) } : new Wrong('SNT-C109');
    return /^\d{1,5}$/.test(value) ? new Wrong('SNT-C108', { replacement: value }) : new Wrong('SNT-C108');
  },
  write: (bound) => ('count' in bound ? String(bound.count) : kdlString(`${bound.percent}%`)),
};

/** More than 0, with decimals. */
export const rate: ValueType<number> = {
  expected: 'a number more than 0, up to 1000000',
  read(value) {
    if (typeof value === 'string' && /^\d{1,7}(?:\.\d{1,3})?$/.test(value))
      return new Wrong('SNT-C108', { replacement: value });
    if (typeof value !== 'number') return new Wrong('SNT-C108');
    return value >= 0.001 && value <= 1_000_000 ? value : new Wrong('SNT-C109');
  },
  write: String,
};

/** Where a Redis listens. A secret: it may contain a password. */
export const redisUrl: ValueType<string> = {
  expected: 'a URL such as "redis://10.0.0.5:6379" or "rediss://user:${REDIS_PASSWORD}@redis.internal:6380/0"',
  secret: true,
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    if (!URL.canParse(value)) return new Wrong('SNT-C165');
    const { protocol, hostname, pathname, search, hash } = new URL(value);
    if (protocol !== 'redis:' && protocol !== 'rediss:')
      return new Wrong('SNT-C165', { help: 'the URL begins with `redis://`, or with `rediss://` for TLS' });
    if (hostname === '') return new Wrong('SNT-C165', { help: 'the URL names no host' });
    if (!/^\/?\d{0,5}$/.test(pathname) || search !== '' || hash !== '')
      return new Wrong('SNT-C165', { help: 'after the host stands at most `/` and the number of a database' });
    return value;
  },
  write: kdlString,
};

/** What a probe asks for: a path, with a query if need be. */
export const probePath: ValueType<string> = {
  expected: 'a path that begins with "/"',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    if (!value.startsWith('/'))
      return new Wrong('SNT-C151', value.includes('://') ? {} : { replacement: kdlString(`/${value}`) });
    if (/[^\x21-\x7e]/.test(value))
      return new Wrong('SNT-C151', { help: 'write spaces and other characters percent-encoded, as in `%20`' });
    return value.includes('#') ? new Wrong('SNT-C151', { help: 'a fragment (`#…`) is never sent' }) : value;
  },
  write: kdlString,
};
