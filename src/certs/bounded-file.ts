/** How certificates and keys are read from disk: bounded and never waiting. The one place that reads them, for `config` too. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Far more than the bundle of a system's authorities (about 250 KiB). */
const maxPemBytes = 4 << 20;

/** @throws the system's error, or one whose message is the reason: `readReason` has the words */
export function readPemFile(path: string): Buffer {
  // Not blocking: a pipe into which nobody writes must not hold up a daemon.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) throw new Error('it is a directory, expected a file');
    if (!facts.isFile()) throw new Error('it is no file but a pipe or a device');
    if (facts.size > maxPemBytes) throw new Error(`it is larger than ${maxPemBytes >> 20} MiB`);
    // To the end rather than to the size: the file may grow while it is written anew.
    let buffer = Buffer.alloc(facts.size + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) return Buffer.from(buffer.subarray(0, length));
      length += count;
      if (length > maxPemBytes) throw new Error(`it is larger than ${maxPemBytes >> 20} MiB`);
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
    }
  } finally {
    closeSync(descriptor);
  }
}
