/** What certificate a listener shows to a new client, and real daemons with one that tests may replace. */
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type Issued, TestAuthority, type Wish } from './certificates.ts';
import { type DaemonPlan, type DaemonProcess, startDaemonProcess, testFolder } from './daemon.ts';

export interface Shown {
  /** Lower-case hex. */
  readonly fingerprint: string;
  readonly resumed: boolean;
}

/** Shakes hands, says `GET /health`, and tells what was shown. Rejects when the handshake or the answer fails. */
export async function shownBy(port: number, options: ConnectionOptions = {}): Promise<Shown> {
  const socket = await secured(port, options);
  try {
    const fingerprint = fingerprintOf(socket);
    const resumed = socket.isSessionReused();
    await healthOf(socket);
    return { fingerprint, resumed };
  } finally {
    socket.destroy();
  }
}

/** A connection after its handshake. */
export function secured(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false, ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake was done')));
  });
}

/** Empty for a client that has resumed a session and was shown nothing. */
export function fingerprintOf(socket: TLSSocket): string {
  const { fingerprint256 = '' } = socket.getPeerCertificate() as { readonly fingerprint256?: string };
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Asks over a connection, and waits for the first bytes of a 200. */
export async function healthOf(socket: TLSSocket): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const closed = once(socket, 'close', { signal }).then(() => {
      throw new Error('closed before the answer');
    });
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [bytes] = (await Promise.race([once(socket, 'data', { signal }), closed])) as [Buffer];
    const line = bytes.toString('latin1').split('\r\n', 1)[0] ?? '';
    if (!line.startsWith('HTTP/1.1 200')) throw new Error(`answered ${line}`);
  } finally {
    settled.abort();
  }
}

/** A daemon with one https listener, whose files are `server.crt` and `server.key` in a folder of their own. */
export interface SecuredDaemon {
  readonly daemon: DaemonProcess;
  readonly authority: TestAuthority;
  readonly folder: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly port: number;
  /** Makes a certificate without putting it in place. */
  issue(wish?: Wish): Issued;
  /** Puts a pair in place, key after certificate, as `cp` does. */
  deploy(issued: Issued): void;
}

/** KDL of an https listener. */
export function securedListener(certFile: string, keyFile: string, more = ''): string {
  return `listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}"; ${more} } }`;
}

export const securedRoutes = `
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }`;

/** @param more Further text of the configuration. */
export async function startSecuredDaemon(
  t: TestContext,
  more = '',
  plan: DaemonPlan = {},
  wish: Wish = {},
): Promise<SecuredDaemon> {
  const authority = TestAuthority.root(t);
  const folder = join(testFolder(t), 'certs');
  mkdirSync(folder);
  const [certFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const deploy = (issued: Issued): void => {
    copyFileSync(issued.certFile, certFile);
    copyFileSync(issued.keyFile, keyFile);
  };
  deploy(authority.issue(wish));
  const config = `${securedListener(certFile, keyFile)}${securedRoutes}\n${more}\n`;
  const daemon = await startDaemonProcess(t, { config, ...plan });
  const port = Number(new URL(daemon.url('https')).port);
  return { daemon, authority, folder, certFile, keyFile, port, deploy, issue: (next) => authority.issue(next) };
}
