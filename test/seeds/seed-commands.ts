/** The shell commands that the seed runbooks print: out of their `bash` fences and, where they stand in a sentence, out of that. */
import { seedFiles, seedText } from './seed-blocks.ts';

export interface SeedCommand {
  /** `operational-runbook.md:148`, once for each place that prints it. */
  readonly places: readonly string[];
  /**
   * As printed, the third file's name of the product aside. Lines that a backslash joins are one; a loop, what is written to a
   * file by `<<`, and a block of configuration are one each, with their lines.
   */
  readonly text: string;
}

/** What asks the running proxy, or reads what it has said. */
const asksTheProxy = /localhost:(?:8080|9090)|journalctl|\/var\/log\/sentinel\b/;

/** Every command that asks the proxy, once, in the order of the files. */
export function seedCommands(): readonly SeedCommand[] {
  return everySeedCommand().filter(({ text }) => asksTheProxy.test(text));
}

/** Every command once, in the order of the files: those of the fences, then those in sentences and tables. */
export function everySeedCommand(): readonly SeedCommand[] {
  const places = new Map<string, string[]>();
  const found = (command: string, place: string): void => {
    places.set(command, [...(places.get(command) ?? []), place]);
  };
  for (const file of seedFiles) {
    for (const { body, first } of bashFences(file))
      for (const { command, line } of commandsOf(body)) found(command, `${file}:${first + line}`);
  }
  for (const file of seedFiles) for (const { command, line } of inSentences(file)) found(command, `${file}:${line}`);
  return [...places].map(([text, known]) => ({ text, places: known }));
}

/** The queries of the `sql` and `yaml` fences, once each: expressions of Prometheus. */
export function seedQueries(): readonly SeedCommand[] {
  const places = new Map<string, string[]>();
  for (const file of seedFiles) {
    const lines = seedText(file).split('\n');
    let language = '';
    for (const [index, line] of lines.entries()) {
      const fence = /^\s*```(\w*)/.exec(line);
      if (fence !== null) language = fence[1] ?? '';
      else {
        const query = language === 'yaml' ? /^\s*expr: (.+)$/.exec(line)?.[1] : language === 'sql' ? line : '';
        if (query !== undefined && query.trim() !== '' && !query.startsWith('--'))
          places.set(query, [...(places.get(query) ?? []), `${file}:${index + 1}`]);
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
  const bodies = bashFences(file)
    .map(({ body, indent }) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    .filter((body) => body.includes(words));
  if (bodies.length !== 1) throw new Error(`${bodies.length} fences of ${file} hold ${words}`);
  const body = bodies[0] as string;
  const start = body.indexOf(from);
  const end = to === null ? body.length : body.indexOf(to, start);
  if (start === -1 || end === -1) throw new Error(`the fence with ${words} does not hold ${from} … ${to}`);
  return body.slice(start, end);
}

interface Fence {
  readonly body: string;
  readonly indent: string;
  /** Line of the file that its first line is. */
  readonly first: number;
}

function productText(file: string): string {
  return seedText(file).replaceAll('zentinel', 'sentinel');
}

function bashFences(file: string): readonly Fence[] {
  const text = productText(file);
  return [...text.matchAll(/^( *)```bash\n(.*?)^ *```$/gms)].map(({ 1: indent = '', 2: body = '', index }) => ({
    body,
    indent,
    first: text.slice(0, index).split('\n').length + 1,
  }));
}

interface Printed {
  readonly command: string;
  readonly line: number;
}

/** Between backticks outside of fences: what begins with a program that the fences use too. */
function inSentences(file: string): readonly Printed[] {
  let fenced = false;
  return productText(file)
    .split('\n')
    .flatMap((text, index) => {
      if (/^\s*```/.test(text)) {
        fenced = !fenced;
        return [];
      }
      if (fenced) return [];
      const spans = [...text.matchAll(/`((?:dmesg|df|kill|iptables|systemctl|curl|journalctl) [^`]+)`/g)];
      return spans.map(({ 1: command = '' }) => ({ command: command.replaceAll('\\|', '|'), line: index + 1 }));
    });
}

function commandsOf(body: string): readonly Printed[] {
  const commands: Printed[] = [];
  const lines = body.split('\n').map((line) => line.trim());
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const last = at + lengthOf(lines.slice(at)) - 1;
    commands.push({ command: joined(lines.slice(at, last + 1)), line: at });
    at = last;
  }
  return commands;
}

/** How many lines belong to the command that begins with the first. */
function lengthOf(lines: readonly string[]): number {
  const [first = ''] = lines;
  const word = /<<\s*'?(\w+)'?/.exec(first)?.[1];
  const end = word ?? (/^(?:for|while)\b.*\bdo$/.test(first) ? 'done' : /^[a-z-]+ \{$/.test(first) ? '}' : null);
  if (end !== null) return lines.indexOf(end) + 1;
  return lines.findIndex((line) => !line.endsWith('\\')) + 1;
}

function joined(lines: readonly string[]): string {
  return lines.some((line) => line.endsWith('\\'))
    ? lines.map((line) => line.replace(/\s*\\$/, '')).join(' ')
    : lines.join('\n');
}
