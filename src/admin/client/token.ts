/**
 * The token by which daemons that are reached by TCP know who asks: out of `SENTINEL_TOKEN`, or a file that only its owner may read.
 * Whoever makes a client asks for it; it is in no argument, no message and no log.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Environment, variable } from '../../base/environment.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { DaemonAddress, DaemonTarget } from './address.ts';

const MOST_BYTES = 4_096;

/**
 * What to send to these daemons; undefined = nothing is set, or all are reached by sockets, which prove the user by themselves.
 * @throws SNT-A040 the file cannot be read · SNT-A041 others may read it · SNT-A042 there is no token in it
 */
export function tokenFor(targets: readonly DaemonTarget[], environment: Environment): string | undefined {
  const byTcp = targets.some(({ addresses }) => addresses.some(({ kind }) => kind === 'tcp'));
  return byTcp ? adminToken(environment) : undefined;
}

/** Those of them to which a token goes over a network as it is: the admin API speaks plain HTTP. */
export function openPlaces(targets: readonly DaemonTarget[]): readonly DaemonAddress[] {
  return targets
    .flatMap(({ addresses }) => addresses)
    .filter((one) => one.kind === 'tcp' && !/^(?:localhost|127\.[\d.]+|::1)$/i.test(one.host));
}

/** `SENTINEL_TOKEN` goes before `SENTINEL_TOKEN_FILE`. */
function adminToken(environment: Environment): string | undefined {
  const given = variable(environment, 'SENTINEL_TOKEN');
  if (given !== undefined) return checked(given, 'SENTINEL_TOKEN');
  const path = variable(environment, 'SENTINEL_TOKEN_FILE');
  return path === undefined ? undefined : checked(readToken(path), `the file ${path} of SENTINEL_TOKEN_FILE`);
}

function readToken(path: string): string {
  let file: number;
  try {
    // A pipe that nobody writes to is not waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, errnoOf(error) ?? String(error), error);
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw unreadable(path, 'it is no file');
    if ((facts.mode & 0o077) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
      throw new SentinelError(
        'SNT-A041',
        `the token file ${path} has mode ${mode}: others may read it; expected 0600`,
        {
          hint: `chmod 600 ${path}`,
        },
      );
    }
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, errnoOf(error) ?? String(error), error);
  } finally {
    closeSync(file);
  }
}

/** Says what is wrong with it, and never what it is. */
function checked(text: string, where: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token) && token.length <= MOST_BYTES) return token;
  const found =
    token === ''
      ? 'nothing'
      : token.length > MOST_BYTES
        ? 'more than 4096 characters'
        : 'spaces, lines or other characters';
  throw new SentinelError(
    'SNT-A042',
    `there is no token in ${where}: expected one word of printable ASCII, got ${found}`,
    {
      hint: 'sentinel explain SNT-A042',
    },
  );
}

function unreadable(path: string, why: string, cause?: unknown): SentinelError {
  return new SentinelError('SNT-A040', `cannot read the token file ${path} (SENTINEL_TOKEN_FILE): ${why}`, {
    hint: 'ls -l the file, and run the command as its owner',
    ...(cause === undefined ? {} : { cause }),
  });
}
