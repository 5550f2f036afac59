/** Why a file could not be read, in words: the same for configuration and certificates. Pure; reads nothing. */
import { errnoOf } from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  EISDIR: 'it is a directory, expected a file',
  ENXIO: 'it is a socket, expected a file',
};

/** The words for a system error, or the error's own where it is none. */
export function readReason(error: unknown): string {
  const errno = errnoOf(error);
  if (errno !== undefined) return reasons[errno] ?? errno;
  return error instanceof Error ? error.message : 'the system gave no reason';
}
