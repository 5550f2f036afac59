/** Commands as somebody types them at a shell, at the daemon that a row is of. Pure. */

/** A command for a daemon; the one that nothing was named for needs no name. */
export function commandAt(node: string, command: readonly string[] | string): string {
  const text = typeof command === 'string' ? command : command.map(shellWord).join(' ');
  return node === LOCAL || !text.startsWith('sentinel ') ? text : `${text} --daemon ${shellWord(node)}`;
}

const LOCAL = 'local';

function shellWord(text: string): string {
  return /^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
