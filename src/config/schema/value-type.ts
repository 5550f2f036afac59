/**
 * What a value may be: how it is read, how it is written back, and the words that complete "expected …". The types of
 * the schema's keys are built from these. Readers never put the value into a message: it may come from a secret.
 */
import type { ErrorCode } from '../../base/codes.ts';
import { parseSize } from '../../base/units.ts';
import type { KdlScalar } from '../../kdl/document.ts';
import { kdlScalar } from '../../kdl/text.ts';

export interface ValueType<T> {
  /** `a whole number from 1 to 65535`. */
  readonly expected: string;
  /** `seconds`, `bytes`; for the manual. */
  readonly unit?: string;
  /** The only words allowed; they feed did-you-mean. */
  readonly choices?: readonly string[];
  /** @param directory Folder of the file that the value stands in: relative paths begin there. */
  read(value: KdlScalar, directory: string): T | Wrong;
  /** The value as KDL, readable by `read` again. */
  write(value: T): string;
  /** True where `write` must be used even for values from a file (paths, which a move would break). */
  readonly rewritten?: boolean;
  /** True where the value opens a door: shown to nobody but the reader of the file itself. */
  readonly secret?: boolean;
}

/** Why a value was refused, without the value. */
export class Wrong {
  readonly code: ErrorCode;
  /** Says more than "expected …" when set. */
  readonly help: string | undefined;
  /** KDL text that says the same thing rightly. */
  readonly replacement: string | undefined;
  /** KDL text of what may have been meant; only the person can know. */
  readonly guess: string | undefined;

  constructor(
    code: ErrorCode,
    facts: { readonly help?: string; readonly replacement?: string; readonly guess?: string } = {},
  ) {
    this.code = code;
    this.help = facts.help;
    this.replacement = facts.replacement;
    this.guess = facts.guess;
  }
}

const wrongType = (): Wrong => new Wrong('SNT-C108');

/** A whole number. `zero` says what 0 means, for the manual. */
export function whole(range: {
  readonly min: number;
  readonly max?: number;
  readonly unit?: string;
  readonly zero?: string;
}): ValueType<number> {
  const { min, max = Number.MAX_SAFE_INTEGER, unit, zero } = range;
  const words = range.max === undefined ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  return {
    expected: zero === undefined ? words : `${words} (0 = ${zero})`,
    ...(unit === undefined ? {} : { unit }),
    read(value) {
      if (typeof value !== 'number') return unquoted(value) ?? wrongType();
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) return new Wrong('SNT-C116');
      if (!Number.isInteger(value)) return wrongType();
      return value < min || value > max ? new Wrong('SNT-C109') : value;
    },
    write: String,
  };
}

/** `"8080"` where 8080 is meant. */
function unquoted(value: KdlScalar): Wrong | null {
  if (typeof value !== 'string' || !/^\d{1,15}(?:\.\d{1,3})?$/.test(value)) return null;
  return new Wrong('SNT-C108', { replacement: value });
}

/** Timers cannot be set to more than 2^31-1 ms. */
export const longestSeconds = 2_147_483;

/** A duration in seconds, as milliseconds are too fine for an operator and too coarse is no use to a test: up to three decimals. */
export function seconds(range: { readonly zero?: string } = {}): ValueType<number> {
  const allowsZero = range.zero !== undefined;
  const words = `seconds, ${allowsZero ? 'from 0' : 'more than 0'} to ${longestSeconds}`;
  return {
    expected: allowsZero ? `${words} (0 = ${range.zero})` : words,
    unit: 'seconds',
    read(value) {
      if (typeof value !== 'number') return unquoted(value) ?? wrongType();
      if (!Number.isFinite(value) || value < 0 || value > longestSeconds) return new Wrong('SNT-C109');
      if (value === 0 && !allowsZero) return new Wrong('SNT-C109');
      const milliseconds = Math.round(value * 1000);
      if (Math.abs(milliseconds - value * 1000) > 1e-6)
        return new Wrong('SNT-C109', { help: 'at most three decimals' });
      return value;
    },
    write: String,
  };
}

/** A ratio from 0 to 1. */
export const share: ValueType<number> = {
  expected: 'a number from 0 to 1',
  read(value) {
    if (typeof value !== 'number') return unquoted(value) ?? wrongType();
    return value >= 0 && value <= 1 ? value : new Wrong('SNT-C109');
  },
  write: String,
};

/** `#true` or `#false`. */
export const toggle: ValueType<boolean> = {
  expected: '`#true` or `#false`',
  read(value) {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'yes' || value === 'on' || value === 1)
      return new Wrong('SNT-C108', { replacement: '#true' });
    if (value === 'false' || value === 'no' || value === 'off' || value === 0)
      return new Wrong('SNT-C108', { replacement: '#false' });
    return wrongType();
  },
  write: kdlScalar,
};

/** A text that passes `test`. */
export function text(expected: string, test: (value: string) => Wrong | null = () => null): ValueType<string> {
  return {
    expected,
    read(value) {
      if (typeof value !== 'string') {
        const quoted = typeof value === 'number' && test(String(value)) === null;
        return quoted ? new Wrong('SNT-C108', { replacement: kdlScalar(String(value)) }) : wrongType();
      }
      return test(value) ?? value;
    },
    write: kdlScalar,
  };
}

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): ValueType<Word> {
  const quoted = words.map((word) => `"${word}"`);
  return {
    expected: quoted.length === 1 ? (quoted[0] ?? '') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`,
    choices: words,
    read(value) {
      if (typeof value !== 'string') {
        const word = words.find((one) => one === String(value));
        return word === undefined ? wrongType() : new Wrong('SNT-C108', { replacement: kdlScalar(word) });
      }
      return words.find((word) => word === value) ?? new Wrong('SNT-C110');
    },
    write: kdlScalar,
  };
}

/** `#null` besides whatever `type` allows. */
export function orNull<T>(type: ValueType<T>, meaning: string): ValueType<T | null> {
  return {
    ...type,
    expected: `${type.expected}, or \`#null\` ${meaning}`,
    read: (value, directory) => (value === null ? null : type.read(value, directory)),
    write: (value) => (value === null ? '#null' : type.write(value)),
  };
}

/** Bytes: a whole number, or a text such as `"10MB"` (10,000,000) or `"512KiB"` (524,288). */
export const size: ValueType<number> = {
  expected: 'bytes as a whole number, or a size such as "10MB" or "512KiB" (0 = off)',
  unit: 'bytes',
  read(value) {
    if (typeof value === 'string') {
      const bytes = parseSize(value);
      if (bytes === null) {
        return new Wrong('SNT-C160', {
          help: 'units are B, KB, MB, GB (powers of 1000) and KiB, MiB, GiB (powers of 1024)',
        });
      }
      return Number.isSafeInteger(bytes)
        ? bytes
        : new Wrong('SNT-C160', { help: 'the size must come to whole bytes, below 2^53' });
    }
    if (typeof value !== 'number') return wrongType();
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) return new Wrong('SNT-C116');
    if (!Number.isInteger(value)) return wrongType();
    return value < 0 ? new Wrong('SNT-C109') : value;
  },
  write: String,
};
