/** Who types a command, as journals, transcripts and lists name them: the user, and whoever called sudo. Asks the system once. */
import { userInfo } from 'node:os';
import { variable } from '../base/environment.ts';
import type { RunContext } from '../base/run-files.ts';

/** `oncall`, or `oncall (sudo root)`. */
export function actorOf({ environment, uid }: Pick<RunContext, 'environment' | 'uid'>): string {
  const user = userName(uid);
  const caller = variable(environment, 'SUDO_USER');
  return caller === undefined || caller === user || uid !== 0 ? user : `${caller} (sudo ${user})`;
}

/** Of this process; `uid 1000` where the machine has no name for it. */
export function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${uid}`;
  }
}
