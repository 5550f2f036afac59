/**
 * `sentinel completion`: the script for a shell, or what such a script asks: what may come next on a command line. Never fails because
 * a daemon or a folder is not there, and never says so: somebody is typing.
 */
import { exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Invocation, Outcome } from '../command.ts';
import { splitLine } from '../completion/line.ts';
import { namesOf } from '../completion/names.ts';
import { type Shell, scripts, shells } from '../completion/scripts.ts';
import { type Candidate, nextWords } from '../completion/words.ts';
import { oneLine } from '../text.ts';
import { allCommands } from '../tree.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const asked = invocation.argument('shell') ?? '';
  if (asked === 'words') return words(invocation);
  if (!isShell(asked)) {
    throw new SentinelError(
      'SNT-P040',
      `there is no completion for ${JSON.stringify(asked)}: expected ${shells.join(', ')}`,
      {
        hint: 'sentinel completion bash',
      },
    );
  }
  invocation.stdout.write(scripts[asked]);
  return { kind: 'done', exitCode: exitCodes.ok };
}

/** First line: where else to look, and the word so far; then a candidate a line. */
async function words(invocation: Invocation): Promise<Outcome> {
  const line = invocation.option('line');
  const before = line === undefined ? invocation.arguments('words') : splitLine(line).slice(1);
  const { prefix, typed, candidates, values, options } = nextWords(allCommands, before);
  const kind = typeof values === 'string' ? values : 'free';
  const named: Invocation = { ...invocation, option: (name) => options.get(name) };
  const all = [
    ...candidates,
    ...(typeof values === 'string' || values === null ? [] : values.map((word) => ({ word, meaning: '' }))),
    ...(await namesOf(kind, named)),
  ];
  const how = kind === 'file' ? 'files' : kind === 'folder' ? 'folders' : 'words';
  const fitting = all.filter(({ word }) => word.startsWith(typed) && isSafe(word));
  invocation.stdout.write([`${how}\t${prefix}${typed}`, ...fitting.map((one) => lineOf(one, prefix)), ''].join('\n'));
  return { kind: 'done', exitCode: exitCodes.ok };
}

function lineOf({ word, meaning }: Candidate, prefix: string): string {
  return `${prefix}${word}\t${oneLine(meaning).slice(0, LONGEST_MEANING)}`;
}

const LONGEST_MEANING = 80;

/** A name that a shell would read as more than a word is not put on a command line. */
function isSafe(word: string): boolean {
  return /^[\w.:/@%+=,[\]-]+$/.test(word);
}

function isShell(text: string): text is Shell {
  return (shells as readonly string[]).includes(text);
}
