/** Manual pages in mdoc, from the declarations of the commands. Writes nothing; `docs.ts` does. */
import type { CommandSpec, OptionSpec } from '../src/cli/command.ts';
import type { CommandGroup } from '../src/cli/tree.ts';

/** Date in the head of every page: that of the last change to what they say. */
export const manualDate = 'November 20, 2026';

/** `sentinel.1`: the commands, the environment, the files. */
export function programManual(groups: readonly CommandGroup[], variables: Readonly<Record<string, string>>): string {
  const commands = groups.flatMap(({ title, commands: specs }) => [
    `.Ss ${title}`,
    '.Bl -tag -width Ds',
    ...specs.flatMap((spec) => [
      `.It ${['Cm', ...spec.path.map(word), ...argumentMacros(spec)].join(' ')}`,
      ...textLines(`${spec.summary}.`),
    ]),
    '.El',
  ]);
  return page('sentinel', 'the reverse proxy for the person on call', [
    '.Sh SYNOPSIS',
    '.Nm',
    '.Ar command',
    '.Op Ar options',
    '.Nm sentinel-proxy',
    '.Op Ar options',
    '.Sh DESCRIPTION',
    ...textLines(
      'One program that is the proxy and everything that watches, checks and changes it. Called as sentinel-proxy without a command it runs the daemon.',
    ),
    ...commands,
    '.Sh ENVIRONMENT',
    '.Bl -tag -width Ds',
    ...Object.entries(variables).flatMap(([name, meaning]) => [`.It Ev ${name}`, ...textLines(`${meaning}.`)]),
    '.El',
    '.Sh FILES',
    '.Bl -tag -width Ds',
    '.It Pa config/sentinel.kdl , Pa /etc/sentinel/config.kdl',
    'Configuration, in the order in which it is looked for.',
    '.It Pa /run/sentinel/admin.sock',
    'Socket through which the commands talk to the daemon.',
    '.El',
    '.Sh SEE ALSO',
    ...groups.flatMap(({ commands: specs }) => specs.map((spec) => `.Xr sentinel-${spec.path.join('-')} 1 ,`)).sort(),
    '.Xr sentinel.kdl 5',
  ]);
}

/** `sentinel-COMMAND.1`. */
export function commandManual(spec: CommandSpec): string {
  return page(`sentinel-${spec.path.join('-')}`, spec.summary, [
    '.Sh SYNOPSIS',
    '.Nm sentinel',
    `.Cm ${spec.path.map(word).join(' ')}`,
    ...spec.options.map((option) => `.Op ${optionMacros(option).at(-1)}`),
    ...spec.arguments.map(
      ({ name, required, variadic }) =>
        `${required ? '.Ar' : '.Op Ar'} ${word(name)}${variadic === true ? ' ...' : ''}`,
    ),
    '.Sh DESCRIPTION',
    ...spec.description.flatMap((paragraph, index) => [...(index === 0 ? [] : ['.Pp']), ...textLines(paragraph)]),
    ...list(spec.arguments.map(({ name, description }) => [`Ar ${word(name)}`, description])),
    ...list(spec.options.map((option) => [optionMacros(option).join(' , '), optionText(option)])),
    '.Sh EXIT STATUS',
    '.Bl -tag -width Ds',
    ...spec.exits.flatMap(([code, meaning]) => [`.It ${code}`, ...textLines(`${meaning}.`)]),
    '.El',
    '.Sh EXAMPLES',
    ...spec.examples.flatMap(({ command, meaning }, index) => [
      ...(index === 0 ? [] : ['.Pp']),
      ...textLines(`${meaning}:`),
      `.Dl ${command.split(' ').map(word).join(' ')}`,
    ]),
    ...counterpartLines(spec),
    '.Sh SEE ALSO',
    '.Xr sentinel 1 ,',
    '.Xr sentinel.kdl 5',
  ]);
}

/** What operators type today, and what does the same here. */
function counterpartLines({ counterparts = [] }: CommandSpec): readonly string[] {
  if (counterparts.length === 0) return [];
  const shown = (command: string): string => `.Dl ${command.split(' ').map(word).join(' ')}`;
  return [
    '.Sh INSTEAD OF',
    ...counterparts.flatMap(([theirs, ours], index) => [
      ...(index === 0 ? [] : ['.Pp']),
      ...theirs.split('\n').map(shown),
      'becomes',
      shown(ours),
    ]),
  ];
}

function page(name: string, summary: string, body: readonly string[]): string {
  const head = [
    `.Dd ${manualDate}`,
    `.Dt ${name.toUpperCase()} 1`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${summary.split(' ').map(word).join(' ')}`,
  ];
  return `${[...head, ...body].join('\n')}\n`;
}

function list(items: readonly (readonly [macros: string, description: string])[]): readonly string[] {
  if (items.length === 0) return [];
  return [
    '.Bl -tag -width Ds',
    ...items.flatMap(([macros, description]) => [`.It ${macros}`, ...textLines(`${description}.`)]),
    '.El',
  ];
}

/** One list of macros for each spelling: `Fl c Ar file`, `Fl -config Ar file`. */
function optionMacros({ flags }: OptionSpec): readonly string[] {
  const value = /<(.+)>/.exec(flags)?.[1];
  return flags
    .replace(/ <.+>/, '')
    .split(', ')
    .map((flag) => [`Fl ${flag.slice(1)}`, ...(value === undefined ? [] : [`Ar ${word(value)}`])].join(' '));
}

function optionText({ description, choices, defaultValue }: OptionSpec): string {
  const facts = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(defaultValue === undefined ? [] : [`default ${defaultValue}`]),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}

function argumentMacros(spec: CommandSpec): readonly string[] {
  return spec.arguments.map(({ name, required }) => (required ? `Ar ${word(name)}` : `Op Ar ${word(name)}`));
}

/** Beyond which mandoc finds a line of text long; a character that is not ASCII counts as the eight of its escape. */
const longestLine = 80;

/** Running text: a sentence begins a line, and goes on in the next; a line that begins like a request is protected, and so is what looks like a function of C. */
function textLines(text: string): readonly string[] {
  return text.split(/(?<=\.) (?=\S)/).flatMap((sentence) => {
    const lines: string[] = [];
    for (const piece of escape(sentence).replaceAll('()', '\\&()').split(' ')) {
      const longer = `${lines.at(-1) ?? ''} ${piece}`;
      if (lines.length > 0 && longer.replaceAll(/[^\0-\x7f]/gu, '\\[u0000]').length <= longestLine)
        lines[lines.length - 1] = longer;
      else lines.push(piece);
    }
    return lines.map((line) => line.replace(/^([.'])/, '\\&$1'));
  });
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\e');
}

/** A word in a macro line, where two or three letters could be the name of a macro. */
function word(text: string): string {
  const escaped = escape(text);
  return /^[A-Z%][A-Za-z0-9]{1,2}$/.test(escaped) || /^[|.,:;()[\]?!]$/.test(escaped) ? `\\&${escaped}` : escaped;
}
