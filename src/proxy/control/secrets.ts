/**
 * The secret of this machine's daemons: one random key in the state folder, made when something first needs it, and the keys
 * that are derived from it. Never logged, never shown; workers get derived keys alone.
 */
import { hkdfSync } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { randomHex } from '../../base/ids.ts';

/** What a key is for: keys of different purposes say nothing of each other. */
export type KeyPurpose = 'challenge' | 'sticky';

export const secretFile = 'secret.key';
const SECRET_BYTES = 32;

/**
 * The secret of a state folder, made there if it is missing: daemons that start at once agree on one.
 * @throws SNT-P015 when the file cannot be made or read, is not this user's alone, or is no key
 */
export function openSecret(folder: string, uid: number): Uint8Array {
  const path = join(folder, secretFile);
  try {
    return readSecret(path, uid) ?? makeSecret(folder, path, uid);
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    throw unusable(path, errnoOf(error) ?? String(error));
  }
}

/** The key for one purpose (HKDF with SHA-256, RFC 5869). */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `sentinel ${purpose} 1`, 32));
}

/** Null when there is no file. */
function readSecret(path: string, uid: number): Uint8Array | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw unusable(path, 'it is not a file');
    if (facts.uid !== uid) throw unusable(path, `it belongs to user ${facts.uid}`);
    if ((facts.mode & 0o077) !== 0) throw unusable(path, 'others may read it', `chmod 600 ${path}`);
    const text = facts.size > 2 * SECRET_BYTES + 1 ? '' : readFileSync(fd, 'latin1');
    if (!/^[0-9a-f]{64}\n?$/.test(text)) throw unusable(path, `it does not hold ${2 * SECRET_BYTES} hex digits`);
    return Buffer.from(text.trimEnd(), 'hex');
  } finally {
    closeSync(fd);
  }
}

/** Whole or not at all, and never over one that another daemon has just made. */
function makeSecret(folder: string, path: string, uid: number): Uint8Array {
  const draft = join(folder, `.${secretFile}.${randomHex(4)}`);
  try {
    const fd = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(fd, `${randomHex(SECRET_BYTES)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    try {
      linkSync(draft, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const made = readSecret(path, uid);
  if (made === null) throw unusable(path, 'it was removed at once');
  return made;
}

function unusable(path: string, why: string, hint?: string): SentinelError {
  return new SentinelError(
    'SNT-P015',
    `the key file ${path} cannot be used: ${why}`,
    hint === undefined ? {} : { hint },
  );
}
