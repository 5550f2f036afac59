/** Pouring bytes into a socket, and seeing where the flow comes to a stand. */
import type { Socket } from 'node:net';
import { eventually } from './eventually.ts';

/** Waits until a growing number stands still. */
export async function settles(read: () => number): Promise<number> {
  let before = -1;
  let same = 0;
  return eventually(() => {
    const now = read();
    same = now === before ? same + 1 : 0;
    before = now;
    if (same < 8) throw new Error(`still moving at ${now}`);
    return now;
  });
}

/** Writes `piece` without end, as fast as the other side takes it; gives the number of bytes taken so far. */
export function pour(socket: Socket, piece: Buffer = Buffer.alloc(64 * 1024)): () => number {
  const more = () => {
    while (socket.write(piece));
  };
  socket.on('drain', more);
  more();
  return () => socket.bytesWritten - socket.writableLength;
}
