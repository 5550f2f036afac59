/** Steps of writing files of which one, counted from 0, is never taken: the process is killed instead, as by `kill -9`. */
import { type FileSteps, systemSteps } from '../../src/base/atomic-file.ts';

/** @param armed Steps count from when it first says so. */
export function dyingSteps(at: number, armed: () => boolean = () => true): FileSteps {
  let count = -1;
  const dying =
    <T extends unknown[], R>(step: (...args: T) => R) =>
    (...args: T): R => {
      if (armed() && ++count === at) {
        process.kill(process.pid, 'SIGKILL');
        // The signal is there before this returns; nothing may happen after it.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      return step(...args);
    };
  return {
    create: dying(systemSteps.create),
    write: dying(systemSteps.write),
    dress: dying(systemSteps.dress),
    sync: dying(systemSteps.sync),
    rename: dying(systemSteps.rename),
    syncFolder: dying(systemSteps.syncFolder),
    remove: dying(systemSteps.remove),
  };
}
