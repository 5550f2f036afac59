/** What an operator writes after `sentinel override KIND`, read: `key=value`, times and sizes with their units. Pure. */
import type { OverrideRequest } from '../../admin/contract/override-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { parseDuration, parseSize } from '../../base/units.ts';

/** As long as the daemon gives where nothing is said. */
const USUAL_TIME = '30m';
const MOST_MS = 7 * 86_400_000;

/**
 * `max-connections-per-client=20` and the like. Times may be `60s` where the key is in seconds, sizes `10MB` where it is in bytes.
 * @param bare The key of a word without `=`; null = there must be one.
 * @throws SNT-P040
 */
export function valuesOf(words: readonly string[], bare: string | null, help: string): OverrideRequest['values'] {
  const values: Record<string, number | string> = {};
  for (const word of words) {
    const mark = word.indexOf('=');
    const key = mark < 0 ? bare : word.slice(0, mark);
    if (key === null || key === '') throw usage(`${JSON.stringify(word)} is not KEY=VALUE`, help);
    if (key in values) throw usage(`${key} is given twice`, help);
    values[key] = valueOf(key, mark < 0 ? word : word.slice(mark + 1));
  }
  return values;
}

/** Numbers as such; what is none goes as it is, and the daemon says what it expected. */
function valueOf(key: string, text: string): number | string {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (key.endsWith('-secs')) {
    const ms = parseDuration(text);
    return ms === null ? text : ms / 1000;
  }
  return key.endsWith('-bytes') ? (parseSize(text) ?? text) : text;
}

/**
 * Milliseconds of `--for`; null for `ever`.
 * @throws SNT-P040
 */
export function timeOf(given: string | undefined, help: string, usual: string | null = USUAL_TIME): number | null {
  const text = given ?? usual;
  if (text === null || text === 'ever') return null;
  const ms = parseDuration(text);
  if (ms !== null && ms >= 1000 && ms <= MOST_MS) return ms;
  throw usage(`--for is ${JSON.stringify(text)}, expected a time from 1s to 7d such as 30m`, help);
}

export function usage(message: string, help: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: `${help} --help` });
}
