/** The listening sockets of the process before this one, dealt out to the workers of this one; what nobody wants is closed. */
import { closeSync } from 'node:fs';
import type { InheritedSocket } from '../../shared/messages.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Estate, EstateSocket } from './estate.ts';

export interface Inheritance {
  readonly from: number;
  /** By worker. */
  readonly sockets: readonly (readonly InheritedSocket[])[];
  /** Ports of listeners that were asked for with port 0. */
  readonly ports: ReadonlyMap<string, number>;
  /** Addresses that are listened on already (`addressKey`). */
  readonly held: ReadonlySet<string>;
}

/** Where there are fewer workers than before, some get more than one socket of a listener: none may be left without an owner. */
export function inheritanceOf(estate: Estate, workers: number): Inheritance {
  const lanes = Array.from({ length: workers }, (): InheritedSocket[] => []);
  const byKey = new Map<string, EstateSocket[]>();
  for (const socket of estate.sockets) byKey.set(socket.key, [...(byKey.get(socket.key) ?? []), socket]);
  for (const [key, sockets] of byKey) {
    // A unix socket has no descriptor here: another one is bound and takes its name.
    for (const [index, { fd }] of sockets.filter((one) => one.port !== 0).entries())
      lanes[index % workers]?.push({ key, fd, shared: false });
  }
  return {
    from: estate.from.pid,
    sockets: lanes,
    ports: new Map(estate.sockets.map(({ id, port }) => [id, port])),
    held: new Set(estate.sockets.map(({ address }) => address)),
  };
}

/** Closes what this configuration does not listen on: connections there would wait for nobody. */
export function closeUnused({ sockets, metrics }: Estate, supervisor: Supervisor, tcpDescriptor: number | null): void {
  const used = new Set(supervisor.lanes.flatMap(({ worker }) => supervisor.socketsOf(worker)).map(({ fd }) => fd));
  if (tcpDescriptor !== null) used.add(tcpDescriptor);
  for (const { fd } of [...sockets, ...(metrics === null ? [] : [metrics])]) {
    if (fd >= 0 && !used.has(fd)) closeSync(fd);
  }
}
