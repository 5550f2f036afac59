/** A command line as it may be kept: without what is a secret by its name, by its shape, or because the environment holds it as one. */
import { type Environment } from '../../base/environment.ts';
import { isSecretHeader, isSecretName, KnownSecrets, redacted, redactText, redactUrl } from '../../base/redaction.ts';
import { isHarmlessVariable } from '../redaction/known-values.ts';
import { textCleaner } from '../redaction/plain-text.ts';

/** Shorter values of the environment are words that happen to be the same. */
const SHORTEST_KNOWN = 6;

const prose: ReadonlySet<string> = new Set(['--reason', '--title', '--why']);

/** @param environment Values of variables with names of secrets go wherever they stand. */
export function redactedArgv(argv: readonly string[], environment: Environment): readonly string[] {
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= SHORTEST_KNOWN && isSecretName(name) && !isHarmlessVariable(name)
      ? [value]
      : [],
  );
  const known = new KnownSecrets(secrets);
  const clean = textCleaner(secrets);
  const words = argv.map((word, index) => known.replaceIn(redactedWord(clean(word), argv[index - 1] ?? '')));
  const line = words.join(' ');
  const whole = clean(redactText(line));
  // A secret that is one only with the words around it: where each word began does not matter any more.
  return whole === line ? words : whole.split(' ');
}

function redactedWord(word: string, before: string): string {
  const name = /^--?([\w-]+)$/.exec(before)?.[1];
  if (name !== undefined && !word.startsWith('-') && isSecretName(name)) return redacted;
  if (before === '--daemon') return redactedAddress(word);
  if (before.endsWith(':') && isSecretHeader(before.slice(0, -1))) return redacted;
  // Prose goes on behind what it names; a value may hold spaces.
  const [, given, value] = prose.has(before) ? [] : (/^([\w.-]+)=(.*)$/s.exec(word) ?? []);
  if (given === '--daemon' && value !== undefined) return `${given}=${redactedAddress(value)}`;
  if (given !== undefined && value !== undefined)
    return isSecretName(given.replace(/^-+/, '')) ? `${given}=${redacted}` : `${given}=${redactedText(value)}`;
  return redactedText(word);
}

/** The address of a daemon; with a scheme or without, what stands before a host is a name and a password. */
export function redactedAddress(text: string): string {
  return redactedText(text).replace(/^((?:[a-z][a-z0-9+.-]*:\/\/)?)[^/]*@/i, `$1${redacted}@`);
}

function redactedText(text: string): string {
  return redactText(text.includes('://') ? text.replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, redactUrl) : text);
}
