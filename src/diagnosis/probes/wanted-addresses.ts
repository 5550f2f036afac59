/** The addresses that a daemon has or would have, and whether a socket is in their way. Pure. */
import { isIPv6 } from 'node:net';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import type { RunRecord } from '../../history/run-record.ts';
import type { ListeningSocket } from '../../machine/process-table.ts';
import type { ConfigFileState } from '../facts/process.ts';

export interface Wanted {
  /** `listener http`, `metrics address` */
  readonly what: string;
  /** As people write it: `0.0.0.0:443`, `[::1]:80`. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Of the daemon that runs, else of the file, else of the last run. Sockets in the file system and chosen ports are left out.
 * Only the last run knows the metrics address that its environment gave it.
 */
export function wantedBy(
  status: StatusReply | null,
  config: ConfigFileState | null,
  record: RunRecord | null,
): readonly Wanted[] {
  const source =
    status !== null
      ? { listeners: status.listeners, admin: status.admin.address }
      : config !== null && config.listeners.length > 0
        ? { listeners: config.listeners, admin: record?.admin_address ?? config.admin_address }
        : { listeners: record?.listeners ?? [], admin: record?.admin_address ?? null };
  const named = [
    ...source.listeners.map(({ id, address }) => ({ what: `listener ${id}`, address })),
    ...(source.admin === null ? [] : [{ what: 'metrics address', address: source.admin }]),
  ];
  return named.flatMap(({ what, address }) => {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:/]*)):(\d+)$/.exec(address) ?? [];
    const host = bracketed ?? plain;
    return host === undefined || port === undefined || port === '0'
      ? []
      : [{ what, address, host, port: Number(port) }];
  });
}

/** Whether nobody else could listen on this address beside that socket: the same one, or one of them is every address. */
export function covers(socket: Pick<ListeningSocket, 'host' | 'port'>, wanted: Wanted): boolean {
  if (socket.port !== wanted.port) return false;
  if (socket.host === wanted.host) return true;
  if (wanted.host === 'localhost') return ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(socket.host);
  if (socket.host === '::') return true;
  const sameFamily = isIPv6(socket.host) === isIPv6(wanted.host);
  return (socket.host === '0.0.0.0' && sameFamily) || wanted.host === '::' || (wanted.host === '0.0.0.0' && sameFamily);
}
