/** What to type next, as it has to be typed here: with the daemon that it is about, where that is not the one of this machine. Pure. */
import type { CommandSpec } from '../../cli/command.ts';
import { allCommands } from '../../cli/tree.ts';
import type { State } from '../store/state.ts';

const MOST_COMMANDS = 3;

/** Who is silent first, then what the verdicts would have typed; at most three. */
export function nextCommands({ nodes }: State): readonly string[] {
  const silent = nodes.filter(({ lost, reading }) => lost !== null || reading === null);
  const commands = [
    ...silent.map(({ node }) => about('sentinel diagnose', node)),
    ...nodes.flatMap((one) =>
      silent.includes(one) ? [] : (one.verdict?.next ?? []).map((next) => about(next, one.node)),
    ),
  ];
  return [...new Set(commands)].slice(0, MOST_COMMANDS);
}

/** @param node as `--daemon` named it; `local` where nothing was named */
function about(command: string, node: string): string {
  if (node === 'local' || command.includes('--daemon') || !takesDaemon(command)) return command;
  return `${command} --daemon ${/^[\w.:/@[\]-]+$/.test(node) ? node : `'${node}'`}`;
}

/** By the longest path of words that is a command. */
function takesDaemon(command: string): boolean {
  const words = command.split(' ').slice(1);
  let found: CommandSpec | null = null;
  for (const spec of allCommands) {
    const fits = spec.path.every((word, index) => words[index] === word);
    if (fits && spec.path.length > (found?.path.length ?? 0)) found = spec;
  }
  return found?.options.some(({ flags }) => flags.startsWith('--daemon ')) ?? false;
}
