/**
 * `${NAME}` and `${file:/path}` inside values. A literal `${` is written `$${`. What is put in is never shown to anybody:
 * problems name the reference, not its value.
 */
import type { ErrorCode } from '../base/codes.ts';
import type { Environment } from '../base/environment.ts';
import { SentinelError } from '../base/errors.ts';
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
  readonly problems: readonly InterpolationProblem[];
}

/** A secret is a word or a key, not a data set. */
const maxSecretBytes = 64 * 1024;

export function interpolate(text: string, env: Environment, files: FileAccess): Interpolated {
  const problems: InterpolationProblem[] = [];
  let substituted = false;
  const value = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    substituted = true;
    const found = resolveReference(match, inner ?? '', env, files);
    if (typeof found === 'string') return found;
    problems.push(found);
    return '';
  });
  return { value, substituted, problems };
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
