/**
 * Where the parsers of the data plane mean to differ from llhttp: each entry says which rule of the RFCs it stands on, and
 * recognises its cases by the bytes alone. A difference that no entry explains is a defect of ours or news about llhttp;
 * an entry that explains nothing is out of date.
 */
import { isIPv6 } from 'node:net';
import type { Difference } from './comparison.ts';

export interface KnownDifference {
  readonly name: string;
  /** Where the rule is written. */
  readonly rfc: string;
  /** Explains also that both accept a message but see its end elsewhere. */
  readonly reframes?: true;
  readonly when: (difference: Difference) => boolean;
}

/** Tokens that llhttp knows as methods of HTTP. */
const nodeMethods = new Set(
  (
    'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND ' +
    'UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK ' +
    'UNLINK SOURCE QUERY'
  ).split(' '),
);

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const wellFormed = new RegExp(`^(;${token}(=(${token}|"([^"\\\\]|\\\\.)*"))?)+$`);

/** We refuse, llhttp accepts or waits. */
export const stricter: readonly KnownDifference[] = [
  {
    name: 'more than one empty line before the request line, or one that is not CRLF',
    rfc: 'RFC 9112 §2.2',
    when: ({ head, answering }) => answering === null && /^(\r?\n\r?\n|\n|\r(?!\n))/.test(head),
  },
  {
    name: 'an empty line before the status line',
    rfc: 'RFC 9112 §4',
    when: ({ head, answering }) => answering !== null && /^[\r\n]/.test(head),
  },
  {
    name: 'CONNECT',
    rfc: 'RFC 9110 §9.3.6',
    when: ({ head, answering, ourFault }) =>
      answering === null && ourFault === 'connect_method' && /^(\r\n)?CONNECT /.test(head),
  },
  {
    name: 'a request target in no known form, or with a fragment',
    rfc: 'RFC 9112 §3.2',
    when: (d) => {
      const target = requestTarget(d);
      if (target === null) return false;
      if (target === '*') return !/^(\r\n)?OPTIONS /.test(d.head);
      return target.includes('#') || !/^(\/|https?:\/\/[^/?]+)/i.test(target);
    },
  },
  {
    name: 'an absolute target whose authority is no host and port, or has user information',
    rfc: 'RFC 9110 §4.2.4',
    when: (d) => {
      const authority = /^https?:\/\/([^/?]*)/i.exec(requestTarget(d) ?? '')?.[1];
      return authority !== undefined && !isPlainAuthority(authority);
    },
  },
  {
    name: 'more than one space in the request line, or none before the line end',
    rfc: 'RFC 9112 §3',
    when: ({ head, answering }) => answering === null && /^(\r\n)?[^\r\n]*?(  |\S \r\n)/.test(head),
  },
  {
    name: 'a request line without HTTP/1.0 or HTTP/1.1 after method and target',
    rfc: 'RFC 9112 §2.3',
    when: ({ head, answering }) => answering === null && !/^(\r\n)?[^\r\n ]+ [^\r\n]+ HTTP\/1\.[01]\r\n/.test(head),
  },
  {
    name: 'a version other than HTTP/1.0 and HTTP/1.1 in a response',
    rfc: 'RFC 9112 §2.3',
    when: ({ head, answering }) => answering !== null && !/^HTTP\/1\.[01] /.test(head),
  },
  {
    name: 'a status outside of 100 to 599, or not followed by a space',
    rfc: 'RFC 9110 §15',
    when: ({ head, answering }) => answering !== null && !/^HTTP\/1\.[01] [1-5]\d\d( |\r\n)/.test(head),
  },
  {
    name: 'control characters in a reason phrase',
    rfc: 'RFC 9112 §4',
    when: ({ head, answering }) => answering !== null && /^[^\r\n]*[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(head),
  },
  {
    name: 'no Host, or several',
    rfc: 'RFC 9112 §3.2',
    when: (d) => {
      if (d.answering !== null) return false;
      const hosts = values(d, 'host').length;
      return hosts > 1 || (hosts === 0 && firstLine(d).endsWith(' HTTP/1.1'));
    },
  },
  {
    name: 'a Host that is no host and port',
    rfc: 'RFC 9110 §7.2',
    when: (d) => d.answering === null && values(d, 'host').some((value) => !isPlainAuthority(value)),
  },
  {
    name: 'a name that imitates a framing or forwarding field',
    rfc: 'CWE-444',
    when: ({ head, answering, ourFault }) =>
      answering === null && ourFault === 'underscore' && /\r\n[A-Za-z-]*_[A-Za-z_-]*:/.test(head),
  },
  {
    name: 'Transfer-Encoding other than chunked alone',
    rfc: 'RFC 9112 §6.1',
    when: (d) => {
      const codings = values(d, 'transfer-encoding');
      return codings.length > 0 && (codings.length > 1 || codings[0]!.toLowerCase() !== 'chunked');
    },
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    rfc: 'RFC 9112 §6.1',
    when: (d) => /HTTP\/1\.0( |$)/.test(firstLine(d)) && values(d, 'transfer-encoding').length > 0,
  },
  {
    name: 'a Content-Length of 2^53 or more',
    rfc: 'RFC 9110 §8.6',
    when: (d) => values(d, 'content-length').some((value) => Number(value) > Number.MAX_SAFE_INTEGER),
  },
  {
    name: 'a connection option that is no token',
    rfc: 'RFC 9110 §7.6.1',
    when: (d) =>
      values(d, 'connection').some((value) =>
        value.split(',').some((option) => !/^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]*[ \t]*$/.test(option)),
      ),
  },
  {
    name: 'an expectation other than 100-continue',
    rfc: 'RFC 9110 §10.1.1',
    when: (d) => {
      if (d.answering !== null || d.ourFault !== 'expect') return false;
      const expectations = values(d, 'expect');
      return expectations.length > 1 || expectations.some((value) => value.toLowerCase() !== '100-continue');
    },
  },
  {
    name: 'a chunk size of 2^53 or more, or of more than 16 digits',
    rfc: 'RFC 9112 §7.1',
    when: ({ body, ourFault }) =>
      ourFault === 'chunk' &&
      [...body.matchAll(/(?:^|\n)([0-9a-f]+)/gi)].some(
        ([, size]) => size!.length > 16 || Number(`0x${size}`) >= 2 ** 53,
      ),
  },
  {
    name: 'chunk extensions that are too long',
    rfc: 'RFC 9112 §7.1.1',
    when: ({ body, ourFault }) => {
      if (ourFault !== 'chunk') return false;
      const extensions = [...body.matchAll(/(?:^|\n)[0-9a-f]+(;[^\r\n]*)/gi)].map(([, extension]) => extension!.length);
      return extensions.some((length) => length > 256) || extensions.reduce((sum, length) => sum + length, 0) > 4096;
    },
  },
  {
    name: 'chunk extensions that are not names with one token or quoted string each',
    rfc: 'RFC 9112 §7.1.1',
    when: ({ body, ourFault }) =>
      ourFault === 'chunk' &&
      [...body.matchAll(/(?:^|\n)[0-9a-f]+(;[^\r\n]*)/gi)].some(([, extensions]) => !wellFormed.test(extensions!)),
  },
  {
    name: 'more than 64 trailers',
    rfc: 'RFC 6585 §5',
    when: ({ body, ourFault }) => ourFault === 'headers_too_large' && /0\r\n([^\r\n]+\r\n){65}/.test(body),
  },
];

/** llhttp refuses, we accept or wait. */
export const narrower: readonly KnownDifference[] = [
  {
    name: 'bytes after a message that closes the connection',
    rfc: 'RFC 9112 §9.6',
    when: ({ nodeFault, detail }) => detail === 'after the last message' && nodeFault !== null,
  },
  {
    name: 'requests after one with Proxy-Connection: close, which says nothing about this connection',
    rfc: 'RFC 9112 §C.2.2',
    when: ({ before, nodeFault }) =>
      nodeFault === 'HPE_CLOSED_CONNECTION' && /\r\nproxy-connection:[^\r\n]*close/i.test(before),
  },
  {
    name: 'requests after one with Connection: close among its trailers, which is dropped',
    rfc: 'RFC 9110 §6.5.1',
    when: ({ before, nodeFault }) =>
      nodeFault === 'HPE_CLOSED_CONNECTION' &&
      /\n0+(;[^\r\n]*)?\r\n([^\r\n]+\r\n)*connection:[^\r\n]*close/i.test(before),
  },
  {
    name: 'chunked with a HTAB after it, which llhttp takes for another coding',
    rfc: 'RFC 9110 §5.5',
    reframes: true,
    when: ({ head }) => /\r\ntransfer-encoding:[ \t]*chunked *\t[ \t]*\r\n/i.test(head),
  },
  {
    name: 'the final response after an interim one in HTTP/1.0 or with Connection: close',
    rfc: 'RFC 9110 §15.2',
    when: ({ before, answering, nodeFault }) =>
      answering !== null &&
      nodeFault === 'HPE_CLOSED_CONNECTION' &&
      /(?:^|\n)HTTP\/1\.(0 1\d\d|1 1\d\d[^]*\r\nconnection:[^\r\n]*close)/i.test(before),
  },
  {
    name: 'methods that llhttp does not know',
    rfc: 'RFC 9110 §16.1.1',
    when: ({ head, answering }) => answering === null && !nodeMethods.has(/^(?:\r\n)?([^ ]*)/.exec(head)![1]!),
  },
  {
    name: 'framing fields in trailers, which are dropped',
    rfc: 'RFC 9110 §6.5.1',
    when: ({ body, nodeFault }) =>
      /^HPE_INVALID_(CONTENT_LENGTH|TRANSFER_ENCODING)$/.test(nodeFault ?? '') &&
      /\n0+(;[^\r\n]*)?\r\n([^\r\n]+\r\n)*(content-length|transfer-encoding):/i.test(`\n${body}`),
  },
];

/** The entry that explains `difference`, or null. */
export function explain(difference: Difference): KnownDifference | null {
  const entries = difference.kind === 'stricter' ? stricter : narrower;
  const reframing = narrower.filter((entry) => entry.reframes);
  const candidates = difference.kind === 'framing' ? reframing : [...reframing, ...entries];
  return candidates.find((entry) => entry.when(difference)) ?? null;
}

function firstLine({ head }: Difference): string {
  return /^(?:\r\n)?([^\r\n]*)/.exec(head)![1]!;
}

function requestTarget(difference: Difference): string | null {
  if (difference.answering !== null) return null;
  return /^\S+ (\S+) HTTP\/1\.[01]$/.exec(firstLine(difference))?.[1] ?? null;
}

/** The values of the fields `name` in the head. */
function values({ head }: Difference, name: string): string[] {
  const found: string[] = [];
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (line.slice(0, colon).toLowerCase() === name) found.push(line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, ''));
  }
  return found;
}

function isPlainAuthority(text: string): boolean {
  const parts = /^(?:[A-Za-z0-9._~-]+|\[([0-9A-Fa-f:.]+)\])(?::(\d{0,5}))?$/.exec(text);
  return parts !== null && (parts[1] === undefined || isIPv6(parts[1])) && Number(parts[2] ?? 0) <= 65_535;
}
