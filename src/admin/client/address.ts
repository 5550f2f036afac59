/** Which daemon a command talks to: `--daemon`, `SENTINEL_DAEMON`, or the admin sockets that one may have made. */
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { adminSocketCandidates, type RunContext } from '../../base/run-files.ts';

export type DaemonAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** One daemon: its possible addresses, tried in order. */
export interface DaemonTarget {
  /** As the operator named it; `local` when nothing was named. */
  readonly name: string;
  readonly addresses: readonly DaemonAddress[];
}

/**
 * The daemons that `named` (or else `SENTINEL_DAEMON`, or else the run-time folders) stands for; several are separated
 * by commas. A part with a slash is a socket path, anything else HOST:PORT (`[::1]:9090`, or `:9090` for this machine).
 * @throws SNT-P009 when a part is neither
 */
export function daemonTargets(context: RunContext, named?: string): readonly DaemonTarget[] {
  const text = named ?? variable(context.environment, 'SENTINEL_DAEMON');
  if (text === undefined) {
    const addresses = adminSocketCandidates(context).map((path) => ({ kind: 'socket', path }) as const);
    return [{ name: 'local', addresses }];
  }
  const names = text.split(',').map((part) => part.trim());
  // Who names one twice means it once.
  return [...new Set(names)].map((name) => ({ name, addresses: [parseAddress(name)] }));
}

/** For people. */
export function addressText(address: DaemonAddress): string {
  if (address.kind === 'socket') return address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function parseAddress(text: string): DaemonAddress {
  if (/^https?:/i.test(text)) throw unclear(text, 'write HOST:PORT without a scheme');
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text;
  if (path.includes('/')) return { kind: 'socket', path };
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port < 1 || port > 65535) {
    throw unclear(text, 'for example --daemon /run/sentinel/admin.sock, or --daemon 127.0.0.1:9090');
  }
  const host = found[1] ?? found[2] ?? '';
  return { kind: 'tcp', host: host === '' ? '127.0.0.1' : host, port };
}

function unclear(text: string, hint: string): SentinelError {
  const message = `cannot tell which daemon ${JSON.stringify(text)} means: expected a socket path or HOST:PORT`;
  return new SentinelError('SNT-P009', message, { hint });
}
