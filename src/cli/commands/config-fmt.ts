/** `sentinel config fmt`: the canonical layout of a configuration file, comments and meaning kept. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { replaceFileInPlace } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { diffLines, unifiedDiff } from '../../base/line-diff.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import { type Formatted, formatted } from '../../config/edit/formatting.ts';
import { fileSystem } from '../../config/files.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig, usualPlaces } from '../config-choice.ts';
import { printable } from '../text.ts';

const standardInput = '-';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { path: file } = chooseConfig(invocation, invocation.argument('file'));
  if (file === null) {
    throw new SentinelError('SNT-C001', `no configuration to lay out: neither ${usualPlaces.join(' nor ')} exists`, {
      hint: 'sentinel config fmt FILE',
    });
  }
  const { environment } = invocation.context;
  if (file === standardInput) {
    const bytes = await invocation.stdin.readUpTo(maxConfigBytes + 1);
    return outcome(
      invocation,
      '<stdin>',
      formatted('<stdin>', resolve(invocation.directory, '<stdin>'), bytes, environment),
      true,
    );
  }
  const path = resolve(invocation.directory, file);
  const bytes = Buffer.from(fileSystem.read(path, maxConfigBytes));
  const found = formatted(file, path, bytes, environment);
  const changes = !bytes.equals(Buffer.from(found.after));
  if (changes && !invocation.flag('check') && !invocation.flag('diff')) write(file, path, bytes, found.after);
  return outcome(invocation, file, found, changes);
}

function write(file: string, path: string, bytes: Buffer, text: string): void {
  try {
    if (!readFileSync(path).equals(bytes)) throw new Error('it changed in the meantime');
    replaceFileInPlace(path, text);
  } catch (error) {
    const reason = errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
    throw new SentinelError('SNT-P043', `cannot write ${file}: ${reason}; it is as it was`, { cause: error });
  }
}

function outcome(
  invocation: Invocation,
  file: string,
  { before, after, upgraded }: Formatted,
  differs: boolean,
): Outcome {
  const [check, diff] = [invocation.flag('check'), invocation.flag('diff')];
  const piped = file === '<stdin>';
  const changes = piped ? before !== after : differs;
  const lines = diffLines(before, after).filter(({ sign }) => sign !== ' ').length;
  const failed = check && changes;
  const finding = {
    code: 'SNT-P062',
    severity: 'error' as const,
    title: 'not in the canonical layout',
    detail: file,
    suggestion: { text: `sentinel config fmt ${file}`, command: `sentinel config fmt ${file}` },
  };
  return {
    kind: 'report',
    exitCode: failed ? exitCodes.problems : exitCodes.ok,
    status: failed ? 'problems' : 'ok',
    data: { file, changes, written: changes && !check && !diff && !piped, upgraded, lines, text: piped ? after : null },
    findings: failed ? [finding] : [],
    text(style) {
      if (diff) return unifiedDiff(file, before, after);
      if (check)
        return changes
          ? `${style.red('✗')} ${printable(file)} is not in the canonical layout; next: sentinel config fmt ${printable(file)}\n`
          : '';
      if (piped) return after;
      const what = upgraded ? 'upgraded to KDL version 2 and laid out' : 'laid out';
      return changes
        ? `${style.green('✓')} ${what} ${printable(file)}, ${lines} ${lines === 1 ? 'line' : 'lines'} changed\n`
        : `${style.green('✓')} ${printable(file)} is in the canonical layout already\n`;
    },
  };
}
