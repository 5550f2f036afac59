/** Whether a command line changes something, as the declaration of its command says. Asked by `main.ts`, for the log of commands. */
import type { CommandSpec, Invocation } from './command.ts';

export function changesSomething({ changes }: CommandSpec, invocation: Invocation): boolean {
  return typeof changes === 'function' ? changes(invocation) : changes;
}
