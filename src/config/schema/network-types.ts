/** Value types of the network: addresses, hosts, CIDRs, and the secrets that guard them. Pure; resolves nothing. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { KdlScalar } from '../../kdl/document.ts';
import { kdlString } from '../../kdl/text.ts';
import type { SocketAddress } from '../model.ts';
import { text, Wrong } from './value-type.ts';
import type { ValueType } from './value-type.ts';

/** Longest path of a unix socket: `sun_path` of Linux less its closing NUL. */
const longestSocketPath = 107;

const hostLabel = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A DNS name in lower case, without a trailing dot. A name whose last label is a number would read as an address. */
export function isHostname(name: string): boolean {
  const labels = name.split('.');
  return name.length <= 253 && labels.every((label) => hostLabel.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** `10.1.1.10:8080`, `[::1]:80`, `name:80`, `unix:/run/app.sock`: the identity of a socket. */
export function addressText(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Where sentinel listens: an IP address with a port, or a unix socket. */
export const listenAddress: ValueType<SocketAddress> = {
  expected: 'an address such as "0.0.0.0:8080", "[::]:8080" or "unix:/run/x.sock"',
  read(value) {
    if (typeof value === 'number') return new Wrong('SNT-C150', { guess: `"0.0.0.0:${value}"` });
    const parsed = parseAddress(value);
    if (parsed instanceof Wrong || parsed.kind === 'unix' || isIP(parsed.host) !== 0) return parsed;
    if (parsed.host === 'localhost') return new Wrong('SNT-C150', { replacement: `"127.0.0.1:${parsed.port}"` });
    return new Wrong('SNT-C150', { help: 'write the IP address: a name may stand for several, or change' });
  },
  write: (address) => kdlString(addressText(address)),
};

/** Where sentinel listens over TCP alone. */
export const tcpListenAddress: ValueType<SocketAddress> = {
  ...listenAddress,
  expected: 'an address such as "0.0.0.0:9090" or "[::1]:9090"',
  read(value, directory) {
    const address = listenAddress.read(value, directory);
    if (address instanceof Wrong || address.kind === 'tcp') return address;
    return new Wrong('SNT-C150', { help: 'this address is TCP only; the admin interface has its own `socket`' });
  },
};

/** Where requests go: an IP address or a name with a port, or a unix socket. */
export const targetAddress: ValueType<SocketAddress> = {
  expected: 'an address such as "10.1.1.10:8080", "[::1]:8080", "name:8080" or "unix:/run/app.sock"',
  read(value) {
    if (typeof value === 'string') {
      const [, scheme, authority = ''] = /^(https?):\/\/([^/]+)\/?$/.exec(value) ?? [];
      if (scheme !== undefined) {
        const port = scheme === 'https' ? 443 : 80;
        return new Wrong('SNT-C150', {
          help: `write host and port without a scheme${scheme === 'https' ? ', and `tls {}` in the upstream' : ''}`,
          replacement: kdlString(/:\d+$/.test(authority) ? authority : `${authority}:${port}`),
        });
      }
    }
    const parsed = parseAddress(value);
    if (parsed instanceof Wrong || parsed.kind === 'unix') return parsed;
    if (parsed.port === 0) return new Wrong('SNT-C150', { help: 'a target needs a port from 1 to 65535' });
    if (isIP(parsed.host) === 0 && !isHostname(parsed.host))
      return new Wrong('SNT-C150', { help: 'this is neither an IP address nor a host name' });
    return parsed;
  },
  write: (address) => kdlString(addressText(address)),
};

function parseAddress(value: KdlScalar): SocketAddress | Wrong {
  if (typeof value !== 'string') return new Wrong('SNT-C108');
  if (value.startsWith('unix:')) return parseSocketPath(value.slice('unix:'.length));
  const parts = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(value);
  if (parts === null) return new Wrong('SNT-C150', addressHelp(value));
  const host = (parts[1] ?? parts[2] ?? '').toLowerCase();
  const port = Number(parts[3]);
  if (port > 65535) return new Wrong('SNT-C150', { help: 'a port is at most 65535' });
  if (parts[1] !== undefined) {
    if (!isIPv6(host) || host.includes('%'))
      return new Wrong('SNT-C150', { help: 'between `[` and `]` stands an IPv6 address' });
    return { kind: 'tcp', host: canonicalIPv6(host), port };
  }
  if (host === '' || host === '*') return new Wrong('SNT-C150', { replacement: `"0.0.0.0:${port}"` });
  // Numbers and dots that are no address, such as 10.1.1.300 or 010.0.0.1, must not be taken for a name.
  if (/^[\d.]+$/.test(host) && !isIPv4(host))
    return new Wrong('SNT-C150', { help: 'this is not a valid IPv4 address' });
  return { kind: 'tcp', host, port };
}

function parseSocketPath(path: string): SocketAddress | Wrong {
  if (!path.startsWith('/')) return new Wrong('SNT-C150', { help: 'the path of a unix socket begins with `/`' });
  if (path.includes('\0')) return new Wrong('SNT-C150', { help: 'the path contains a NUL' });
  if (Buffer.byteLength(path) > longestSocketPath)
    return new Wrong('SNT-C150', { help: `the path of a unix socket has at most ${longestSocketPath} bytes` });
  return { kind: 'unix', path };
}

function addressHelp(value: string): { help?: string; guess?: string } {
  if (isIPv6(value)) return { help: 'an IPv6 address stands in brackets before its port', guess: `"[${value}]:8080"` };
  if (isIPv4(value) || isHostname(value.toLowerCase()))
    return { help: 'the port is missing', guess: `"${value}:8080"` };
  return {};
}

/** The shortest form, so that one address has one spelling. */
function canonicalIPv6(host: string): string {
  return new URL(`http://[${host}]/`).hostname.slice(1, -1);
}

/** A DNS name to ask about; a closing dot is dropped. */
export const hostName: ValueType<string> = {
  expected: 'a host name',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const name = value.toLowerCase().replace(/\.$/, '');
    if (isIP(name) !== 0)
      return new Wrong('SNT-C152', { help: 'an address needs no discovery: write it as a `target`' });
    return isHostname(name) ? name : new Wrong('SNT-C152');
  },
  write: kdlString,
};

/** `api.example.com`, `*.example.com` or an IP address; compared without its port and in lower case. */
export const hostPattern: ValueType<string> = text('a host such as "api.example.com" or "*.example.com"', (value) => {
  const host = value.toLowerCase();
  if (isIPv4(host) || (host.startsWith('[') && host.endsWith(']') && isIPv6(host.slice(1, -1)))) return null;
  const port = /^(.+):\d+$/.exec(value);
  if (port !== null && !isIPv6(value))
    return new Wrong('SNT-C152', {
      help: 'hosts are compared without their port',
      replacement: kdlString(port[1] ?? ''),
    });
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (isHostname(name)) return null;
  if (/\P{ASCII}/u.test(value))
    return new Wrong('SNT-C152', { help: 'write an international name in its `xn--` form' });
  if (name.includes('*'))
    return new Wrong('SNT-C152', { help: '`*` stands for whole labels, once and in front: "*.example.com"' });
  return new Wrong('SNT-C152');
});

/** An IP address, or a network as `address/bits`. */
export const network: ValueType<string> = text(
  'an IP address, or a network such as "10.0.0.0/8" or "fd00::/8"',
  (value) => {
    if (isNetwork(value)) return null;
    const [address = '', bits = '', ...rest] = value.split('/');
    const family = rest.length > 0 || address.includes('%') ? 0 : isIP(address);
    if (family === 0 || bits === '') return new Wrong('SNT-C153');
    return new Wrong('SNT-C153', { help: `after the \`/\` stand 0 to ${family === 4 ? 32 : 128} bits` });
  },
);

/** Whether a text is an IP address, or a network as `address/bits`. Cheap enough for a file of a hundred thousand. */
export function isNetwork(value: string): boolean {
  const slash = value.indexOf('/');
  const address = slash < 0 ? value : value.slice(0, slash);
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || slash < 0) return family !== 0;
  const bits = value.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** `sha256:` and 64 hexadecimal digits. Read as the digits in lower case. */
export const tokenHash: ValueType<string> = {
  secret: true,
  expected: '"sha256:" and the 64 hexadecimal digits of the token\'s SHA-256',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    const digits = /^sha256:([0-9a-f]{64})$/i.exec(value)?.[1];
    return digits?.toLowerCase() ?? new Wrong('SNT-C161', { help: 'make one with: printf %s "$TOKEN" | sha256sum' });
  },
  write: (digits) => kdlString(`sha256:${digits}`),
};
