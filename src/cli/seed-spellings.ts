/**
 * The spellings that the first runbooks use (`--validate --config F`, `snapshot-incident ID` …): hidden, on both programs,
 * and translated before anything is parsed. They do the same as the command that they are told apart from.
 */
import type { ProgramName } from './command.ts';

export interface Translation {
  readonly args: readonly string[];
  /** The new spelling, when an old one was used. */
  readonly notice: string | null;
}

const verbs: Readonly<Record<string, readonly string[]>> = {
  '--validate': ['validate'],
  '--test-config': ['validate'],
  '--print-config': ['config', 'print'],
};

/** Rewrites a command line that names no command of today; every other one is returned as it is. */
export function translateSeedSpelling(program: ProgramName, args: readonly string[]): Translation {
  const first = args[0];
  if (first === undefined && program === 'sentinel-proxy') return { args: ['run'], notice: null };
  // The quick reference card is a page of the manual, and where people look for it is the help.
  if (first === 'help' && args[1] === 'card') return { args: ['man', ...args.slice(1)], notice: null };
  if (first === 'snapshot-incident') {
    return { args: ['incident', 'snapshot', ...args.slice(1)], notice: 'sentinel incident snapshot' };
  }
  if (first === undefined || !first.startsWith('-')) return { args, notice: null };

  let verb: readonly string[] | null = null;
  let file: string | null = null;
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [flag, inline] = split(args[at] as string);
    const next = args[at + 1];
    const value = inline ?? (next !== undefined && !next.startsWith('-') ? next : null);
    if (Object.hasOwn(verbs, flag)) verb = verbs[flag] as readonly string[];
    // Both may be followed by the file: `--test-config F`, `--validate --config F`.
    if (flag === '--config' || flag === '-c' || flag === '--test-config') {
      file = value ?? file;
      if (inline === null && value !== null) at++;
    } else if (!Object.hasOwn(verbs, flag)) {
      rest.push(args[at] as string);
    }
  }
  if (verb === null && file === null) return proxyDefault(program, args);
  const translated = verb === null ? ['run', '-c', file as string] : file === null ? verb : [...verb, file];
  return { args: [...translated, ...rest], notice: `sentinel ${translated.join(' ')}` };
}

/** `sentinel-proxy --workers 2` runs the daemon; help and version stay what they are. */
function proxyDefault(program: ProgramName, args: readonly string[]): Translation {
  const asks = args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg));
  return { args: program === 'sentinel-proxy' && !asks ? ['run', ...args] : args, notice: null };
}

function split(arg: string): readonly [flag: string, value: string | null] {
  const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return equals === -1 ? [arg, null] : [arg.slice(0, equals), arg.slice(equals + 1)];
}
