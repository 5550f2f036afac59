/**
 * `${NAME}` and `${file:/path}` inside values. A literal `${` is written `$${`. What is put in is never shown to anybody:
 * problems name the reference, not its value.
 */
import type { ErrorCode } from '../base/codes.ts';
import type { Environment } from '../base/environment.ts';
import { SentinelError } from '../base/errors.ts';
import { isSecretName } from '../base/redaction.ts';
import type { FileAccess } from './files.ts';

export interface InterpolationProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
  /** The reference as written, for finding it in the text. */
  readonly reference: string;
}

export interface Interpolated {
  readonly value: string;
  /** True where something was put in. */
  readonly substituted: boolean;
  /** What was put in and may be a secret. */
  readonly secrets: readonly string[];
  readonly problems: readonly InterpolationProblem[];
}

/** A secret is a word or a key, not a data set. */
const maxSecretBytes = 64 * 1024;

export function interpolate(text: string, env: Environment, files: FileAccess): Interpolated {
  const problems: InterpolationProblem[] = [];
  const secrets: string[] = [];
  let substituted = false;
  const value = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    substituted = true;
    const found = resolveReference(match, inner ?? '', env, files);
    if (typeof found === 'string') {
      secrets.push(...secretsIn(inner ?? '', found));
      return found;
    }
    problems.push(found);
    return '';
  });
  return { value, substituted, secrets, problems };
}

/** Numbers, addresses, hosts and paths: what the environment says of the surroundings, and logs have to show. */
const surroundings =
  /^(?:[\d.,:]+|\[[\da-f:.]+\](?::\d+)?|(?:https?:\/\/)?[a-z0-9-]{1,15}(?::\d+)?(?:\/\S*)?|(?:https?:\/\/)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+(?::\d+)?(?:\/\S*)?|\/\S*)$/i;

/** Whatever a file holds is one; what a variable holds is one by its name, or unless it looks like something else. */
function secretsIn(inner: string, value: string): readonly string[] {
  if (!inner.startsWith('file:') && !isSecretName(inner) && !/_KEY$/i.test(inner) && surroundings.test(value))
    return [];
  // Of a URL with a password that too: the libraries that use it tell it alone.
  const password = URL.canParse(value) ? new URL(value).password : '';
  return password === '' ? [value] : [value, password, decodeURIComponentSafely(password)];
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function resolveReference(
  reference: string,
  inner: string,
  env: Environment,
  files: FileAccess,
): string | InterpolationProblem {
  const problem = (code: ErrorCode, message: string, help: string): InterpolationProblem => ({
    code,
    message,
    help,
    reference,
  });
  if (reference.endsWith('}') && inner.startsWith('file:/'))
    return readSecret(inner.slice('file:'.length), files, problem);
  if (!reference.endsWith('}') || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(inner)) {
    return problem(
      'SNT-C131',
      `\`${reference}\` is not a reference`,
      'write `${NAME}`, `${file:/path}`, or `$${` for a literal `${`',
    );
  }
  const value = env[inner];
  if (value !== undefined) return value;
  return problem(
    'SNT-C130',
    `the environment variable \`${inner}\` is not set`,
    `set ${inner} for the process that reads this file`,
  );
}

function readSecret(
  path: string,
  files: FileAccess,
  problem: (code: ErrorCode, message: string, help: string) => InterpolationProblem,
): string | InterpolationProblem {
  try {
    const bytes = files.read(path, maxSecretBytes);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    const reason =
      error instanceof SentinelError ? error.message.replace(`cannot read ${path}: `, '') : 'it is not valid UTF-8';
    return problem(
      'SNT-C130',
      `the file of \`\${file:${path}}\` cannot be used: ${reason}`,
      'check the path and its permissions',
    );
  }
}
