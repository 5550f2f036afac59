/**
 * Command lines → the declared command and its values, by the tree of `tree.ts`. The one door to commander: nothing
 * is printed or exited here; help and mistakes come back as values.
 */
import { Command, CommanderError, Option } from 'commander';
import { type ExitCode, exitCodes } from '../base/exit-codes.ts';
import type { CommandSpec, OptionSpec, ProgramName } from './command.ts';
import { allCommands, type CommandGroup, groups, introduction } from './tree.ts';

/** The same on every terminal and in the manual. */
const helpColumns = 120;

export type Parsed =
  | { readonly kind: 'command'; readonly spec: CommandSpec; readonly values: Values }
  /** Help and version, for stdout; help that nobody asked for goes to stderr with status 2. */
  | { readonly kind: 'print'; readonly text: string; readonly exitCode: ExitCode }
  | { readonly kind: 'mistake'; readonly message: string; readonly hint: string };

/** What the command line gave: arguments by name, options by long name. */
export interface Values {
  readonly arguments: ReadonlyMap<string, string | readonly string[]>;
  readonly options: ReadonlyMap<string, unknown>;
}

/** Parses `args` (without program names). @param tree The commands that there are. */
export function parseCommandLine(
  program: ProgramName,
  version: string,
  args: readonly string[],
  tree: readonly CommandGroup[] = groups,
): Parsed {
  let parsed: Parsed | null = null;
  let written = '';
  const found: Found = (spec, values) => {
    parsed = { kind: 'command', spec, values };
  };
  const root = buildProgram(program, version, found, tree);
  eachCommand(root, (command) => {
    command.configureOutput({ writeOut: (text) => void (written += text), writeErr: (text) => void (written += text) });
  });
  try {
    root.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'print', text: written, exitCode: exitCodes.ok };
    if (error.code === 'commander.help') return { kind: 'print', text: written, exitCode: exitCodes.usage };
    return mistake(program, root, args, error);
  }
  return parsed ?? { kind: 'print', text: root.helpInformation(), exitCode: exitCodes.usage };
}

/** Help of one command as the manual wants it. */
export function helpOf(spec: CommandSpec): string {
  let command: Command = buildProgram('sentinel', '', () => undefined, groups);
  for (const word of spec.path) command = command.commands.find((child) => child.name() === word) as Command;
  return command.helpInformation();
}

type Found = (spec: CommandSpec, values: Values) => void;

function buildProgram(program: ProgramName, version: string, found: Found, tree: readonly CommandGroup[]): Command {
  const root = new Command(program)
    .description('The reverse proxy for the person on call.')
    .version(`sentinel ${version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    // What follows the word of a command is that command's, also where a group above it knows an option of the same name.
    .enablePositionalOptions()
    .addHelpText('before', introduction);
  for (const group of tree) {
    for (const spec of group.commands) addCommand(root, spec, found).helpGroup(`${group.title}:`);
  }
  eachCommand(root, (command) => {
    const width = (): number => helpColumns;
    command.exitOverride().configureOutput({ getOutHelpWidth: width, getErrHelpWidth: width });
    command.configureHelp({ visibleCommands: leaves, subcommandTerm: fullTerm, styleTitle: (title) => title });
  });
  return root;
}

/** A word that groups others may be a command too (`incident snapshot`, `incident snapshot show`), whichever is declared first. */
function addCommand(root: Command, spec: CommandSpec, found: Found): Command {
  const command = spec.path
    .reduce((parent, word) => parent.commands.find((child) => child.name() === word) ?? wordBelow(parent, word), root)
    .summary(spec.summary)
    .description(spec.description.join('\n\n'));
  command.addHelpText('before', exampleText(spec));
  for (const argument of spec.arguments) {
    const word = argument.variadic === true ? `${argument.name}...` : argument.name;
    command.argument(argument.required ? `<${word}>` : `[${word}]`, argument.description);
  }
  for (const option of spec.options) command.addOption(toOption(option));
  command.option('--debug', 'print stacks of errors');
  command.action((...actionArgs: unknown[]) => {
    refuseStrayOptions(command);
    const given = spec.arguments.map((argument, index) => [argument.name, actionArgs[index]] as const);
    found(spec, {
      arguments: new Map(given.flatMap(([name, value]) => (isGiven(value) ? [[name, value] as const] : []))),
      options: new Map(
        command.options.map((option) => {
          const value: unknown = command.getOptionValue(option.attributeName());
          // `--no-input` is kept by commander as an `input` that is true until it is given.
          return [option.name(), option.negate ? value === false : value];
        }),
      ),
    });
  });
  return command;
}

function wordBelow(parent: Command, word: string): Command {
  return parent.command(word).helpCommand(false).enablePositionalOptions();
}

/** `snapshot --plan show FILE`: an option of the group that its subcommand would silently do without. */
function refuseStrayOptions(command: Command): void {
  for (let above = command.parent; above !== null; above = above.parent) {
    const group = above;
    const stray = group.options.find((option) => group.getOptionValueSource(option.attributeName()) === 'cli');
    if (stray === undefined) continue;
    const [own, whole] = [wordsOf(group).join(' '), wordsOf(command).join(' ')];
    command.error(
      `error: ${stray.long} stands before \`${command.name()}\`, where it would be one of \`${own}\`; options of \`${whole}\` follow its name`,
    );
  }
}

function isGiven(value: unknown): value is string | readonly string[] {
  return typeof value === 'string' || Array.isArray(value);
}

/** Commands that do something, at any depth, in the order of their groups: a word that only groups others is no line of the help. */
function leaves(command: Command): Command[] {
  const found = command.commands.flatMap((child) => {
    const below = leaves(child);
    return below.length === 0 || isDeclared(child) ? [child, ...below] : below;
  });
  return found.sort((one, other) => rankOf(one) - rankOf(other));
}

function rankOf(command: Command): number {
  const rank = placeOf(command);
  // `help` is none of ours.
  return rank < 0 ? allCommands.length : rank;
}

function isDeclared(command: Command): boolean {
  return placeOf(command) >= 0;
}

function placeOf(command: Command): number {
  const words = wordsOf(command).join(' ');
  return allCommands.findIndex(({ path }) => path.join(' ') === words);
}

/** `route explain <method> <url>`: what to type behind the program name. */
function fullTerm(command: Command): string {
  const words = wordsOf(command);
  const given = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : argument.variadic ? `[${argument.name()}...]` : `[${argument.name()}]`,
  );
  return [...words, ...given].join(' ');
}

function wordsOf(command: Command): readonly string[] {
  const words: string[] = [];
  for (let at: Command = command; at.parent !== null; at = at.parent) words.unshift(at.name());
  return words;
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.defaultValue !== undefined) option.default(spec.defaultValue);
  if (spec.repeatable === true) {
    option.default([], 'none').argParser((value: string, before: readonly string[]) => [...before, value]);
  }
  return option;
}

/** Examples come first: they are what people look for. */
export function exampleText(spec: CommandSpec): string {
  const width = Math.max(...spec.examples.map((example) => example.command.length));
  return `${spec.examples.map(({ command, meaning }) => `  ${command.padEnd(width)}   ${meaning}`).join('\n')}\n`;
}

/** A usage error: what is wrong, and the next command to type. */
function mistake(program: ProgramName, root: Command, args: readonly string[], error: CommanderError): Parsed {
  const path: string[] = [];
  let command = root;
  for (const arg of args) {
    const next = command.commands.find((child) => child.name() === arg);
    if (next === undefined) break;
    path.push(arg);
    command = next;
  }
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.+)\?\)$/, '; did you mean `$1`?');
  return { kind: 'mistake', message, hint: [program, ...path, '--help'].join(' ') };
}

function eachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) eachCommand(child, visit);
}
