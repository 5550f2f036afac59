/** Value types of TLS: names in certificates, protocol versions, cipher suites. Pure; reads no certificate. */
import { isIP } from 'node:net';
import { getCiphers } from 'node:tls';
import { kdlString } from '../../kdl/text.ts';
import { nearestWord } from '../../base/near-miss.ts';
import { editableFieldName } from './http-types.ts';
import { isHostname } from './network-types.ts';
import { choice, text, Wrong } from './value-type.ts';
import type { ValueType } from './value-type.ts';

const versions = choice('TLS1.2', 'TLS1.3');

/** Versions of TLS that are spoken at all. */
export const tlsVersion: ValueType<'TLS1.2' | 'TLS1.3'> = {
  ...versions,
  read(value, directory) {
    const version = typeof value === 'number' ? String(value) : value;
    const known = typeof version === 'string' ? /^(?:TLS)?[ v_-]{0,2}(1\.[23])$/i.exec(version)?.[1] : undefined;
    const read = versions.read(value, directory);
    if (!(read instanceof Wrong)) return read;
    if (known !== undefined) return new Wrong(read.code, { replacement: kdlString(`TLS${known}`) });
    if (typeof version !== 'string' || !/^(?:SSL|TLS)|^1\.[01]$/i.test(version)) return read;
    return new Wrong(read.code, { help: 'SSL, TLS 1.0 and TLS 1.1 are broken (RFC 8996) and not spoken here' });
  },
};

/** A name that a client asks for: exact, or `*.` for one label in front. Read in lower case. */
export const serverName: ValueType<string> = {
  expected: 'a host name such as "a.example" or "*.b.example"',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const name = value.toLowerCase().replace(/\.$/, '');
    if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0)
      return new Wrong('SNT-C152', {
        help: 'clients send names, never addresses (RFC 6066 §3); put the certificate for an address into `cert-file` of `tls`',
      });
    if (isHostname(name.startsWith('*.') ? name.slice(2) : name)) return name;
    if (/\P{ASCII}/u.test(value))
      return new Wrong('SNT-C152', { help: 'write an international name in its `xn--` form' });
    if (/:\d+$/.test(name)) return new Wrong('SNT-C152', { help: 'a name stands without its port' });
    if (name.includes('*'))
      return new Wrong('SNT-C152', { help: '`*` stands for one whole label, once and in front: "*.example.com"' });
    return new Wrong('SNT-C152');
  },
  write: kdlString,
};

/** One host name that is asked for, without wildcard. */
export const exactServerName: ValueType<string> = {
  ...serverName,
  expected: 'a host name such as "api.internal"',
  read(value, directory) {
    const name = serverName.read(value, directory);
    if (name instanceof Wrong || !name.startsWith('*.')) return name;
    return new Wrong('SNT-C152', { help: 'one name is asked for; `*` cannot be' });
  },
};

/** Fields by which the proxy itself says who the client is, or what belongs to a request as a whole. Any that has a meaning in `data/http1/field-names.ts` is among them. */
const ownFields =
  /^(?:x-forwarded-.*|forwarded|x-real-ip|x-correlation-id|trace(?:parent|state)|cookie|(?:proxy-)?auth.*|user-agent|referer|server|content-.*|accept.*|expect|trailer|via|date)$/;

/** A field that no client may send any more, as it speaks for the proxy. */
export const identityFieldName: ValueType<string> = text(
  'the name of a header field such as "X-Client-Subject"',
  (value) => {
    const name = editableFieldName.read(value, '');
    if (name instanceof Wrong) return name;
    return ownFields.test(value.toLowerCase())
      ? new Wrong('SNT-C156', { help: 'every client request loses this field; choose one that means nothing else' })
      : null;
  },
);

/** Names of OpenSSL by the names of IANA, for the suites of TLS 1.2 that can be agreed on. */
const ianaNames = new Map(
  ['ECDHE-ECDSA', 'ECDHE-RSA', ''].flatMap((exchange) =>
    [
      ['AES128-GCM-SHA256', 'AES_128_GCM_SHA256'],
      ['AES256-GCM-SHA384', 'AES_256_GCM_SHA384'],
      ['CHACHA20-POLY1305', 'CHACHA20_POLY1305_SHA256'],
      ['AES128-SHA256', 'AES_128_CBC_SHA256'],
      ['AES256-SHA384', 'AES_256_CBC_SHA384'],
      ['AES256-SHA256', 'AES_256_CBC_SHA256'],
      ['AES128-SHA', 'AES_128_CBC_SHA'],
      ['AES256-SHA', 'AES_256_CBC_SHA'],
    ].map(([suite = '', iana = '']): [string, string] => [
      `TLS_${exchange === '' ? 'RSA' : exchange.replace('-', '_')}_WITH_${iana}`,
      exchange === '' ? suite : `${exchange}-${suite}`,
    ]),
  ),
);

/**
 * Suites that need what nobody can configure here (shared secrets, SRP verifiers, Diffie-Hellman parameters), or whose short
 * tags the security level of Node rules out.
 */
const unusable = /^(?:.*PSK|SRP|DHE-|ADH|AECDH)|CCM_8/;

let usable: ReadonlySet<string> | null = null;

/** What this build of OpenSSL offers and a listener can agree on. */
export function usableSuites(): ReadonlySet<string> {
  usable ??= new Set(
    getCiphers()
      .map((name) => name.toUpperCase())
      .filter((name) => !unusable.test(name)),
  );
  return usable;
}

/** One suite, or several with `:`, `,` or spaces between them. Read as names of OpenSSL. */
export const cipherSuites: ValueType<readonly string[]> = {
  expected: 'cipher suites such as "TLS_AES_128_GCM_SHA256" or "ECDHE-RSA-AES128-GCM-SHA256"',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const names = value.split(/[\s:,]+/).filter((name) => name !== '');
    if (names.length === 0) return new Wrong('SNT-C118');
    const suites: string[] = [];
    for (const name of names) {
      const suite = suiteOf(name);
      if (suite instanceof Wrong) return suite.guess === undefined ? suite : withReplacement(value, name, suite);
      suites.push(suite);
    }
    return suites;
  },
  write: (suites) => kdlString(suites.join(':')),
};

function suiteOf(name: string): string | Wrong {
  const upper = name.toUpperCase();
  const known = ianaNames.get(upper) ?? upper;
  if (usableSuites().has(known)) return known;
  const shown = name.length > 60 ? `${name.slice(0, 57)}…` : name;
  if (/^[!+@-]|^(?:DEFAULT|ALL|HIGH|MEDIUM|LOW|COMPLEMENTOF)/.test(upper))
    return new Wrong('SNT-C167', {
      help: `\`${shown}\` is a class of suites; name each suite, so that what is written is what runs`,
    });
  if (/^DHE-|_DHE_/.test(upper))
    return new Wrong('SNT-C167', {
      help: `\`${shown}\` needs Diffie-Hellman parameters; every client speaks the ECDHE suites instead`,
    });
  const near = nearestWord(upper, usableSuites()) ?? nearestWord(upper, ianaNames.keys());
  const help = `this OpenSSL has no suite \`${shown}\``;
  return near === null ? new Wrong('SNT-C167', { help }) : new Wrong('SNT-C167', { help, guess: near });
}

/** The whole text, with the one name put right. */
function withReplacement(value: string, name: string, { code, help = '', guess = '' }: Wrong): Wrong {
  const parts = value.split(/([\s:,]+)/);
  return new Wrong(code, {
    help,
    replacement: kdlString(parts.map((part) => (part === name ? guess : part)).join('')),
  });
}
