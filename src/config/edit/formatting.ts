/**
 * A configuration file in the canonical layout. Works on whatever is KDL, whether or not it is a configuration that checks;
 * where it is one, the new text is read too and has to say the same. Writes nothing.
 */
import { dirname } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { laidOut } from '../../kdl/layout.ts';
import { readKdl } from '../../kdl/reader.ts';
import { makeSource } from '../../kdl/source.ts';
import { maxConfigBytes } from '../documents.ts';
import { loadConfigText } from '../load.ts';
import { printConfig } from '../print.ts';

export interface Formatted {
  readonly before: string;
  readonly after: string;
  /** The text was KDL version 1, and is version 2 now. */
  readonly upgraded: boolean;
}

/**
 * @param name As people should see it.
 * @param path Absolute; includes and relative paths begin there.
 * @throws SNT-C001 larger than 8 MiB · SNT-P062 no KDL, or the layout would change what it says
 */
export function formatted(name: string, path: string, bytes: Uint8Array, env: Environment): Formatted {
  if (bytes.length > maxConfigBytes)
    throw new SentinelError('SNT-C001', `cannot read ${name}: it is larger than 8 MiB`);
  const before = decoded(name, bytes);
  const reading = readKdl(makeSource(name, before));
  if (!reading.ok) {
    const count = reading.problems.length;
    throw new SentinelError(
      'SNT-P062',
      `cannot lay out ${name}: it is no KDL, ${count} ${count === 1 ? 'mistake' : 'mistakes'}`,
      {
        hint: `sentinel validate ${name}`,
      },
    );
  }
  const { upgraded } = reading.document;
  const options = { fileName: name, baseDir: dirname(path), env };
  const old = loadConfigText(before, options);
  let after: string;
  try {
    after = laidOut(upgraded ?? before);
  } catch (error) {
    throw wouldChange(name, error);
  }
  const young = loadConfigText(after, options);
  if (old.kind !== young.kind) throw wouldChange(name);
  if (old.kind === 'ok' && young.kind === 'ok') {
    const [was, is] = [old, young].map((one) => printConfig(one, { origin: false }));
    if (was !== is) throw wouldChange(name);
  }
  return { before, after, upgraded: upgraded !== null };
}

/** A byte order mark is no part of the text. */
function decoded(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SentinelError('SNT-P062', `cannot lay out ${name}: it is not valid UTF-8`, {
      hint: `sentinel validate ${name}`,
    });
  }
}

function wouldChange(name: string, cause?: unknown): SentinelError {
  return new SentinelError('SNT-P062', `${name} is left as it is: laid out anew it would say something else`, {
    hint: 'sentinel explain SNT-P062',
    ...(cause === undefined ? {} : { cause }),
  });
}
