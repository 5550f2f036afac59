/** Value types of HTTP: paths, methods, fields, statuses, priorities. Pure. */
import { isSecretHeader } from '../../base/redaction.ts';
import { kdlScalar, kdlString } from '../../kdl/text.ts';
import { isAbsolute, resolve } from 'node:path';
import { isIPv4, isIPv6 } from 'node:net';
import { isHostname } from './network-types.ts';
import { text, Wrong } from './value-type.ts';
import type { ValueType } from './value-type.ts';

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Fields that frame a message or belong to one hop: the proxy alone writes them (RFC 9110 §7.6.1, RFC 9112 §6). */
const framingFields = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A path as a client would send it: `/` first, no query, no fragment. */
export const urlPath: ValueType<string> = text('a path that begins with "/"', (value) => {
  if (!value.startsWith('/'))
    return new Wrong('SNT-C151', value.includes('://') ? {} : { replacement: kdlString(`/${value}`) });
  if (/[?#]/.test(value))
    return new Wrong('SNT-C151', {
      help: 'a path is compared without query (`?…`) and fragment (`#…`); see `query-param`',
    });
  if (/[^\x21-\x7e]/.test(value))
    return new Wrong('SNT-C151', { help: 'write spaces and other characters percent-encoded, as in `%20`' });
  if (/%(?![0-9a-fA-F]{2})/.test(value))
    return new Wrong('SNT-C151', { help: 'after `%` stand two hexadecimal digits' });
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(value))
    return new Wrong('SNT-C151', {
      help: '`.` and `..` are resolved before paths are compared, so this never matches',
    });
  return null;
});

/** A regular expression of JavaScript, searched for anywhere in the path unless anchored. */
export const pathRegex: ValueType<string> = text('a regular expression for a path', (value) => {
  try {
    new RegExp(value);
    return null;
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: (?:\/.*\/[a-z]*: )?/s, '');
    return new Wrong('SNT-C159', { help: `${reason.charAt(0).toLowerCase()}${reason.slice(1)}` });
  }
});

export const method: ValueType<string> = text('a method such as "GET"', (value) => {
  if (!token.test(value)) return new Wrong('SNT-C157');
  if (value === 'CONNECT') return new Wrong('SNT-C157', { help: 'CONNECT is refused before routes are looked at' });
  if (value !== value.toUpperCase())
    return new Wrong('SNT-C157', {
      help: 'methods are compared with their case',
      replacement: kdlString(value.toUpperCase()),
    });
  return null;
});

/** Any field, for matching. */
export const fieldName: ValueType<string> = text('a header name', (value) =>
  token.test(value) ? null : new Wrong('SNT-C154'),
);

/** A field whose value may stand in a log. */
export const loggedFieldName: ValueType<string> = text('the name of a header field that holds no secret', (value) => {
  if (!token.test(value)) return new Wrong('SNT-C154');
  return isSecretHeader(value)
    ? new Wrong('SNT-C176', {
        help: 'whoever reads the log could use its value; log a field that only names the client',
      })
    : null;
});

/** A field that a header operation may touch. */
export const editableFieldName: ValueType<string> = text('the name of a header field that may be changed', (value) => {
  if (!token.test(value)) return new Wrong('SNT-C154');
  const name = value.toLowerCase();
  if (name === 'host') return new Wrong('SNT-C156', { help: 'the Host field is set by the policy `host-header`' });
  if (framingFields.has(name))
    return new Wrong('SNT-C156', {
      help: 'this field frames the message or belongs to one connection; the proxy writes it itself',
    });
  return null;
});

/** RFC 9110 §5.5, without obsolete bytes: what could end the field or the message is refused. */
export const fieldValue: ValueType<string> = text('a header value', (value) => {
  if (/[\r\n\0]/.test(value))
    return new Wrong('SNT-C155', { help: 'CR, LF and NUL would end the field and begin another' });
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    return new Wrong('SNT-C155', { help: 'only visible characters of Latin-1, spaces and tabs' });
  if (value !== value.trim())
    return new Wrong('SNT-C155', {
      help: 'spaces around a value are dropped on the way',
      replacement: kdlString(value.trim()),
    });
  return null;
});

export const anyText: ValueType<string> = text('a text');

export const nonEmptyText: ValueType<string> = text('a text that is not empty', (value) =>
  value === '' ? new Wrong('SNT-C118') : null,
);

/** Media type with parameters, as in `text/html; charset=utf-8`. */
export const mediaType: ValueType<string> = text('a media type such as "text/html; charset=utf-8"', (value) =>
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *;[\x20-\x7e]*)?$/.test(value) ? null : new Wrong('SNT-C155'),
);

/** `preserve`, `upstream`, or a literal `host[:port]`. */
export const hostHeader: ValueType<string> = text('"preserve", "upstream" or a host to send', (value) => {
  const authority = /^(\[[^\]]+\]|[^:]+)(?::\d{1,5})?$/.exec(value.toLowerCase())?.[1] ?? '';
  const valid =
    isIPv4(authority) || isHostname(authority) || (authority.startsWith('[') && isIPv6(authority.slice(1, -1)));
  return valid ? null : new Wrong('SNT-C152');
});

const priorityWords: Readonly<Record<string, number>> = { low: 10, normal: 50, high: 100, critical: 1000 };

/** `low` 10, `normal` 50, `high` 100, `critical` 1000, or the number itself. */
export const priority: ValueType<number> = {
  expected: '"low" (10), "normal" (50), "high" (100), "critical" (1000) or a whole number from 0 to 1000000',
  choices: Object.keys(priorityWords),
  read(value) {
    if (typeof value === 'string') return priorityWords[value] ?? new Wrong('SNT-C110');
    if (typeof value !== 'number' || !Number.isInteger(value)) return new Wrong('SNT-C108');
    return value >= 0 && value <= 1_000_000 ? value : new Wrong('SNT-C109');
  },
  write: String,
};

/** A path of the file system; a relative one begins at the folder of the file that it is written in. */
export function filePath(words = 'a file path', keyword?: string): ValueType<string> {
  return {
    expected: keyword === undefined ? words : `${words}, or "${keyword}"`,
    rewritten: true,
    read(value, directory) {
      if (typeof value !== 'string') return new Wrong('SNT-C108');
      if (value === '' || value.includes('\0')) return new Wrong('SNT-C118');
      return value === keyword || isAbsolute(value) ? value : resolve(directory, value);
    },
    write: kdlScalar,
  };
}

/** Path of a unix socket to listen on. */
export const socketPath: ValueType<string> = {
  ...filePath('a path for a unix socket'),
  read(value, directory) {
    const path = filePath().read(value, directory);
    if (path instanceof Wrong) return path;
    return Buffer.byteLength(path) <= 107
      ? path
      : new Wrong('SNT-C150', { help: 'the path of a unix socket has at most 107 bytes' });
  },
};
