/** `sentinel init`: writes a commented configuration to begin with. Never overwrites. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SentinelError, errnoOf } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { starterConfig } from '../../config/starter.ts';
import type { Invocation, Outcome } from '../command.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const file = invocation.argument('file') ?? 'sentinel.kdl';
  try {
    writeFileSync(resolve(invocation.directory, file), starterConfig, { flag: 'wx' });
  } catch (error) {
    throw refusal(file, error);
  }
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file, bytes: Buffer.byteLength(starterConfig) },
    text: (style) => `wrote ${file}\n  ${style.cyan('next:')} sentinel validate ${file} && sentinel run -c ${file}\n`,
  };
}

function refusal(file: string, cause: unknown): SentinelError {
  const errno = errnoOf(cause);
  if (errno === 'EEXIST') {
    return new SentinelError('SNT-P042', `${file} exists already and is left as it is`, {
      hint: 'sentinel init OTHER.kdl',
      cause,
    });
  }
  const reason = errno === 'ENOENT' ? 'its folder does not exist' : (errno ?? String(cause));
  return new SentinelError('SNT-P043', `cannot write ${file}: ${reason}`, { hint: 'sentinel explain SNT-P043', cause });
}
