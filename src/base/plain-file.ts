/** How files are read that somebody else may have put there: bounded, and never waiting. Called by whoever reads state, journals, keys. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * All of a regular file; links are followed.
 * @param most Bytes; more is refused.
 * @throws the system's error, or one whose message is the reason: `readReason` has the words
 */
export function readPlainFile(path: string, most: number): Buffer {
  // Not blocking: a pipe into which nobody writes must not hold up anybody.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) throw new Error('it is a directory, expected a file');
    if (!facts.isFile()) throw new Error('it is no file but a pipe or a device');
    if (facts.size > most) throw tooLarge(most);
    // To the end rather than to the size: the file may grow while it is written anew.
    let buffer = Buffer.alloc(facts.size + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.subarray(0, length);
      length += count;
      if (length > most) throw tooLarge(most);
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
    }
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(most: number): Error {
  return new Error(`it is larger than ${most >= 1 << 20 ? `${most >> 20} MiB` : `${most >> 10} KiB`}`);
}
