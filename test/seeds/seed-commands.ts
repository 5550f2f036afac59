/** The shell commands that the seed runbooks print over metrics, the admin API and logs: out of their `bash` fences, as printed. */
import { seedFiles, seedText } from './seed-blocks.ts';

export interface SeedCommand {
  /** `operational-runbook.md:148`, once for each place that prints it. */
  readonly places: readonly string[];
  /** As printed, the third file's name of the product aside; lines that a backslash joins are one. */
  readonly text: string;
}

/** What asks the running proxy, or reads what it has said. */
const asksTheProxy = /localhost:(?:8080|9090)|journalctl|\/var\/log\/sentinel\b/;

/** Every such command of the seeds once, in the order of the files. */
export function seedCommands(): readonly SeedCommand[] {
  const places = new Map<string, string[]>();
  for (const file of seedFiles) {
    const text = seedText(file).replaceAll('zentinel', 'sentinel');
    for (const fence of text.matchAll(/^( *)```bash\n(.*?)^ *```$/gms)) {
      const first = text.slice(0, fence.index).split('\n').length + 1;
      for (const { command, line } of commandsOf(fence[2] ?? '')) {
        if (!asksTheProxy.test(command)) continue;
        places.set(command, [...(places.get(command) ?? []), `${file}:${first + line}`]);
      }
    }
  }
  return [...places].map(([text, known]) => ({ text, places: known }));
}

/**
 * Commands of one fence, whole and as printed: the only fence of the file that holds these words.
 * @param from The line that the part begins with; default the first.
 * @param to The line before which it ends; default the end.
 */
export function seedScript(file: string, words: string, from = '', to: string | null = null): string {
  const text = seedText(file).replaceAll('zentinel', 'sentinel');
  const bodies = [...text.matchAll(/^( *)```bash\n(.*?)^ *```$/gms)]
    .map(([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    .filter((body) => body.includes(words));
  if (bodies.length !== 1) throw new Error(`${bodies.length} fences of ${file} hold ${words}`);
  const body = bodies[0] as string;
  const start = body.indexOf(from);
  const end = to === null ? body.length : body.indexOf(to, start);
  if (start === -1 || end === -1) throw new Error(`the fence with ${words} does not hold ${from} … ${to}`);
  return body.slice(start, end);
}

function commandsOf(body: string): readonly { readonly command: string; readonly line: number }[] {
  const commands: { command: string; line: number }[] = [];
  let open: { command: string; line: number } | null = null;
  for (const [line, raw] of body.split('\n').entries()) {
    const words = raw.trim();
    if (open === null && (words === '' || words.startsWith('#'))) continue;
    open = open === null ? { command: words, line } : { command: `${open.command} ${words}`, line: open.line };
    const joined = /\s*\\$/.exec(open.command);
    // What is written to a file, and the name of the folder before it, belong together.
    if (joined !== null) open.command = open.command.slice(0, joined.index);
    else {
      commands.push(open);
      open = null;
    }
  }
  return commands;
}
