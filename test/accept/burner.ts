/**
 * Loaded before a daemon (`--import`): once a second its main thread burns as many milliseconds of CPU as the file says that
 * `SENTINEL_TEST_BURN` names, for work of known cost to be held against. Nothing while there is no such file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const order = process.env['SENTINEL_TEST_BURN'];
if (isMainThread && order !== undefined) {
  setInterval(() => {
    if (!existsSync(order)) return;
    const microseconds = Number(readFileSync(order, 'utf8')) * 1000;
    const begin = process.threadCpuUsage();
    for (let used = 0; used < microseconds; ) {
      const { user, system } = process.threadCpuUsage(begin);
      used = user + system;
    }
  }, 1000).unref();
}
