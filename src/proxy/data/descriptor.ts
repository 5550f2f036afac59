/**
 * The number of a socket's descriptor. The kernel gives out the lowest one that is free, so a high number says that nearly
 * all are taken, without counting them. Used where sockets come to be; known on Unix only.
 */
import type { Server, Socket } from 'node:net';

/** With no more than this many left below the bound, what is idle is closed, so that nothing has to be refused. */
export const fewDescriptors = 32;

/** -1 where it is not known. Node has the number in its handle, which is not part of its documented interface. */
export function descriptorOf(socket: Socket | Server): number {
  const handle = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle;
  return handle?.fd ?? -1;
}
