/**
 * The file that a post-mortem stands in: read, written whole, and not written where somebody else did so in between. New texts for
 * parts that somebody edited go into a file beside it. Knows bytes and paths, not what a post-mortem says.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { realPlace, removeFile, writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { readReason } from '../../base/read-reason.ts';
import { offeredHead } from './offered.ts';
import type { Postmortem } from './postmortem.ts';

/** No post-mortem is larger; something else is meant. */
const LARGEST = 8 << 20;
const MODE = 0o600;

export interface SavedPostmortem extends Postmortem {
  readonly path: string;
  readonly sha256: string;
  /** `same`: there was nothing to change. */
  readonly how: 'written' | 'changed' | 'same';
  /** File with new texts for parts that were kept; null = there are none. */
  readonly offeredPath: string | null;
}

/**
 * @param write Makes the new content of the old one; null = there is no file.
 * @param between For tests: what happens after it was read.
 * @throws SNT-I030 it cannot be read, SNT-I031 it changed meanwhile, SNT-I032 it cannot be written
 */
export function savePostmortem(
  path: string,
  write: (existing: Buffer | null) => Postmortem,
  between: () => void = () => {},
): SavedPostmortem {
  const before = readPostmortem(path);
  const made = write(before);
  between();
  const now = readPostmortem(path);
  if (now === null ? before !== null : before === null || !now.equals(before)) {
    throw new SentinelError(
      'SNT-I031',
      `${path} was changed by somebody else while it was written; it is as they left it`,
      {
        hint: 'close it in your editor, and type the command again',
      },
    );
  }
  const how = before === null ? 'written' : made.bytes.equals(before) ? 'same' : 'changed';
  try {
    const offeredPath = offer(path, made.offered);
    const place = before === null ? path : realPlace(path);
    if (how !== 'same') writeFileAtomically(place, made.bytes, before === null ? MODE : statSync(place).mode & 0o777);
    return { ...made, path, how, sha256: sha256Of(made.bytes), offeredPath };
  } catch (error) {
    throw new SentinelError(
      'SNT-I032',
      `${path} could not be written: ${error instanceof Error && errnoOf(error) === undefined ? error.message : readReason(error)}`,
      {
        hint: 'sentinel incident postmortem --print',
        cause: error,
      },
    );
  }
}

/** Null = there is none. @throws SNT-I030 */
export function readPostmortem(path: string): Buffer | null {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) throw new Error('it is not a file');
    if (facts.size > LARGEST) throw new Error(`it has ${facts.size} bytes, which no post-mortem has`);
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    const why = errnoOf(error) === undefined && error instanceof Error ? error.message : readReason(error);
    throw new SentinelError('SNT-I030', `the post-mortem ${path} could not be read: ${why}`, {
      hint: 'sentinel incident postmortem --print',
      cause: error,
    });
  }
}

/** `postmortem.new.md` beside `postmortem.md`. */
function offeredPathOf(path: string): string {
  const name = basename(path);
  const stem = name.replace(/\.md$/, '');
  return join(dirname(path), `${stem}.new.md`);
}

/** Written where there is something to offer, else taken away: what it offered stands in the post-mortem by now. */
function offer(path: string, text: string | null): string | null {
  const beside = offeredPathOf(path);
  const there = kindOf(beside);
  if (text === null) {
    if (there === 'ours') removeFile(beside);
    return null;
  }
  if (there === 'foreign') {
    throw new Error(`${beside} is there and was not written by sentinel`);
  }
  writeFileAtomically(beside, text, MODE);
  return beside;
}

function kindOf(path: string): 'none' | 'ours' | 'foreign' {
  try {
    if (!lstatSync(path).isFile()) return 'foreign';
    return readFileSync(path, 'utf8').startsWith(offeredHead) ? 'ours' : 'foreign';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'none';
    throw error;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
