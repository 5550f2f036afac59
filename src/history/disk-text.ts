/** The text of a file as it is now. Asked before one is replaced, or compared with. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';

/** Null when there is no such file. @throws the system error when it cannot be read */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
