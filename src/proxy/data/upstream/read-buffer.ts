/** Reads of a connection that go into a buffer of its own, again and again, instead of into a new one each time. */
import type { OnReadOpts } from 'node:net';

/**
 * @param take Takes `buffer[0, length)`; true = somebody refers to it still, the next read needs another. Must not throw.
 */
export function reusedBuffer(bytes: number, take: (buffer: Buffer, length: number) => boolean): OnReadOpts {
  let spare: Buffer | null = Buffer.allocUnsafeSlow(bytes);
  let spent = false;
  return {
    buffer: () => {
      if (spare !== null) {
        const first = spare;
        spare = null;
        return first;
      }
      // No buffer = read into the same one again.
      return spent ? Buffer.allocUnsafeSlow(bytes) : (null as unknown as Uint8Array);
    },
    callback: (length, buffer) => {
      spent = take(buffer as Buffer, length);
      return true;
    },
  };
}
