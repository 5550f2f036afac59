/** What people type behind commands of incidents: a text of several words, a day by which something is due. */
import { SentinelError } from '../../base/errors.ts';
import { parseDuration } from '../../base/units.ts';
import type { Invocation } from '../command.ts';

/** The words of the argument `text`. @throws SNT-P040 there are none */
export function textOf({ arguments: words }: Pick<Invocation, 'arguments'>, what: string): string {
  const text = words('text').join(' ').trim();
  if (text !== '') return text;
  throw new SentinelError('SNT-P040', `the ${what} is empty`, { hint: 'sentinel incident show' });
}

/**
 * The day of `2026-11-30`, or of `7d` from now, in UTC.
 * @throws SNT-P040 it is neither
 */
export function dueDate(text: string, nowMs: number): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const ms = Date.parse(`${text}T00:00:00Z`);
    // 31 February would be the third of March.
    if (!Number.isNaN(ms) && dayOf(ms) === text) return text;
  }
  const ahead = parseDuration(text);
  if (ahead !== null && ahead > 0 && ahead < MOST_MS) return dayOf(nowMs + ahead);
  throw new SentinelError(
    'SNT-P040',
    `--due is ${JSON.stringify(text)}, expected a day such as 2026-11-30, or 7d from now`,
    {
      hint: 'sentinel incident action add --help',
    },
  );
}

/** Ten years. */
const MOST_MS = 3_650 * 86_400_000;

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
