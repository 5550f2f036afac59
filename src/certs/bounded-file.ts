/** How certificates and keys are read from disk: bounded, never waiting, and with the reason in words. The one place of this room that reads files. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';

/** Far more than the bundle of a system's authorities (about 250 KiB). */
export const maxPemBytes = 4 << 20;

/** @throws Error whose message is the reason: `there is no such file` */
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

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  EISDIR: 'it is a directory, expected a file',
  ENXIO: 'it is a socket, expected a file',
};

/** Why a file could not be read, in words. */
export function readReason(error: unknown): string {
  const errno = errnoOf(error);
  if (errno !== undefined) return reasons[errno] ?? errno;
  return error instanceof Error ? error.message : 'the system gave no reason';
}
