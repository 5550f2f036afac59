/** The last lines of a file that may be huge, and what can be read of a device without waiting. Bounded; never blocks. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Whole lines at the end of a regular file, oldest first.
 * @param maxBytes That much of its end is looked at.
 * @throws the system error; Error where it is no file
 */
export function lastLines(path: string, maxBytes: number): readonly string[] {
  // A pipe into which nobody writes must not hold up whoever looks.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new Error('it is no regular file');
    const start = Math.max(0, facts.size - maxBytes);
    const buffer = Buffer.alloc(Math.min(facts.size, maxBytes));
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(fd, buffer, length, buffer.length - length, start + length);
      if (count === 0) break;
      length += count;
    }
    const lines = buffer.toString('utf8', 0, length).split('\n');
    // The first may have begun before, the last is the text after the last end of a line.
    return lines.slice(start > 0 ? 1 : 0).filter((line) => line !== '');
  } finally {
    closeSync(fd);
  }
}

/**
 * What a device has to say now, one record for each read: `/dev/kmsg`.
 * @throws the system error when it cannot be opened
 */
export function deviceRecords(path: string, most: number): readonly string[] {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const records: string[] = [];
    const buffer = Buffer.alloc(8192);
    while (records.length < most) {
      let count: number;
      try {
        count = readSync(fd, buffer, 0, buffer.length, null);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // The oldest record was overwritten while it was read: the next one is there.
        if (code === 'EPIPE') continue;
        break;
      }
      if (count === 0) break;
      // A file that a test has planted gives several at once.
      records.push(
        ...buffer
          .toString('utf8', 0, count)
          .split('\n')
          .filter((line) => line !== ''),
      );
    }
    return records;
  } finally {
    closeSync(fd);
  }
}
