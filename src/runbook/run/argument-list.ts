/**
 * Argument lists of steps: filling in of placeholders, how they are shown, and what of them and of their output may be shown. Each
 * placeholder stays within its argument, and none can become an option. Pure.
 */
import { SentinelError } from '../../base/errors.ts';
import { isSecretName, type KnownSecrets, redacted, redactText, redactUrl } from '../../base/redaction.ts';
import { isPlaceholder, placeholdersIn } from '../placeholders.ts';

/** Names in braces that have to be given a value: those that runbooks have, and what else was named by `--set`. */
export function namesIn(texts: readonly string[], others: ReadonlySet<string> = new Set()): readonly string[] {
  const names = texts.flatMap(placeholdersIn);
  return [...new Set(names)].filter((name) => isPlaceholder(name) || others.has(name));
}

/**
 * The list with its placeholders filled in, argument by argument.
 * @throws SNT-R032 a value would become an option, or cannot be part of an argument
 */
export function filled(argv: readonly string[], values: ReadonlyMap<string, string>): readonly string[] {
  return argv.map((argument) => {
    const text = filledText(argument, values);
    if (text.startsWith('-') && argument.startsWith('{')) {
      throw new SentinelError(
        'SNT-R032',
        `${argument} would be ${JSON.stringify(text)}, which a program takes for an option`,
        {
          hint: `give another value with --set ${argument.slice(1, argument.indexOf('}'))}=VALUE`,
        },
      );
    }
    return text;
  });
}

/** One text with its placeholders filled in as far as values are known. @throws SNT-R032 */
export function filledText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\{([a-z][a-z0-9-]*)\}/g, (whole, name: string) => {
    const value = values.get(name);
    if (value === undefined) return whole;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    if (value === '' || /[\u0000-\u001f\u007f]/.test(value)) {
      throw new SentinelError(
        'SNT-R032',
        `{${name}} has a value that cannot be part of an argument: it is ${value === '' ? 'empty' : 'no text'}`,
        {
          hint: `give another value with --set ${name}=VALUE`,
        },
      );
    }
    return value;
  });
}

/** Of what a program says and gets, without secrets. */
export class Discretion {
  readonly #known: KnownSecrets;

  constructor(known: KnownSecrets) {
    this.#known = known;
  }

  text(text: string): string {
    return this.#known.replaceIn(redactText(text));
  }

  /** Also the value behind an option with the name of a secret (`--token VALUE`, `-H 'Authorization: …'`). */
  argv(argv: readonly string[]): readonly string[] {
    return argv.map((argument, index) => {
      const before = argv[index - 1] ?? '';
      if (/^--?[a-z]/i.test(before) && !before.includes('=') && isSecretName(before.replace(/^-+/, '')))
        return redacted;
      return this.text(/^[a-z][a-z0-9+.-]*:\/\//i.test(argument) ? redactUrl(argument) : argument);
    });
  }

  /** Takes lines one by one, and remembers that it is inside of a key. */
  lines(): (line: string) => string | null {
    let inside = false;
    return (line) => {
      if (inside) {
        inside = !/-----END [A-Z0-9 ]+-----/.test(line);
        return null;
      }
      inside = /-----BEGIN [A-Z0-9 ]+-----/.test(line) && !/-----END [A-Z0-9 ]+-----/.test(line);
      return this.text(line);
    };
  }
}

/** As it would be typed: words that a shell would take apart are quoted. */
export function commandText(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w.:/@%+=,{}[\]-]+$/.test(word) && word !== '' ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** The last of a text, whole lines, so that a transcript stays readable. */
export function tailOf(text: string, limit: number): { readonly text: string; readonly truncated: boolean } {
  if (text.length <= limit) return { text, truncated: false };
  const cut = text.slice(-limit);
  return { text: cut.slice(cut.indexOf('\n') + 1), truncated: true };
}
