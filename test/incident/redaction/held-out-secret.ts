/** What a held-out secret is, and how the texts around it are written. Called by the lists of them alone; nothing here was ever valid anywhere. */
import { createHash } from 'node:crypto';

export interface HeldOut {
  /** What it is, for the message of a failure. */
  readonly kind: string;
  /** Surroundings, the secret in its place; several lines where it really is so. */
  readonly text: string;
  /** What must not be found, in any common encoding. */
  readonly secret: string;
  /** Parts that must not be found either, where the text does not hold it in one piece. */
  readonly pieces?: readonly string[];
  /** Whether somebody on call would expect to be protected from it; the rest is measured only. */
  readonly expected: boolean;
  /** Where it stands; default a log. */
  readonly place?: 'log' | 'kdl' | 'environment';
}

const alphabets = {
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  hex: '0123456789abcdef',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
} as const;

/** The same for the same seed in every run. */
export function made(seed: string, length: number, alphabet: keyof typeof alphabets = 'alnum'): string {
  const letters = alphabets[alphabet];
  let text = '';
  for (let round = 0; text.length < length; round++) {
    for (const byte of createHash('sha256').update(`${seed}/${round}`).digest()) text += letters[byte % letters.length];
  }
  return text.slice(0, length);
}

export const b64 = (text: string): string => Buffer.from(text).toString('base64');
export const b64url = (text: string): string => Buffer.from(text).toString('base64url');
export const wrapped = (text: string, width: number): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');
export const jwt = (seed: string): string =>
  `${b64url('{"alg":"RS256","typ":"JWT","kid":"9f1"}')}.${b64url(`{"sub":"u-${seed}","aud":"kube","exp":1795000000}`)}.${made(seed, 86, 'url')}`;
export function hexDump(text: string): string {
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(48)} |${part.toString('latin1')}|`);
  }
  return lines.join('\n');
}

interface Written {
  readonly expected?: boolean;
  readonly place?: NonNullable<HeldOut['place']>;
  readonly pieces?: readonly string[];
}

export function held(kind: string, secret: string, text: (secret: string) => string, more: Written = {}): HeldOut {
  const { expected = true, ...rest } = more;
  return { kind, secret, text: text(secret), expected, ...rest };
}
export const unexpected = { expected: false } as const;
export const kdl = { place: 'kdl' } as const;
export const environment = { place: 'environment' } as const;
