/** Options that several commands hand on to the daemon – `--filter`, `--since`, `--limit` – read first, so that a slip is one of usage. */
import { SentinelError } from '../base/errors.ts';
import { momentExamples, parseMoment } from '../base/units.ts';
import type { SubjectKind } from '../filter/fields.ts';
import { parseFilter } from '../filter/parse.ts';
import { underline } from '../filter/problem.ts';
import type { Invocation } from './command.ts';

type Options = Pick<Invocation, 'option'>;

/**
 * `--filter` as it was given; undefined without one.
 * @throws SNT-P040 with the place of the mistake
 */
export function filterOption({ option }: Options, kind: SubjectKind): string | undefined {
  const text = option('filter');
  if (text === undefined) return undefined;
  const parsed = parseFilter(text, kind);
  if (parsed.ok) return text;
  throw new SentinelError('SNT-P040', `the filter cannot be read\n${underline(text, parsed.problem).trimEnd()}`);
}

/**
 * `--since`: a duration back from now, or a time of RFC 3339.
 * @throws SNT-P040
 */
export function sinceOption({ option }: Options): string | undefined {
  const text = option('since');
  if (text === undefined || parseMoment(text, 0) !== null) return text;
  throw new SentinelError('SNT-P040', `--since is ${JSON.stringify(text)}, expected ${momentExamples}`);
}

/**
 * `--limit`: a whole number from 1 to `most`.
 * @throws SNT-P040
 */
export function limitOption({ option }: Options, most: number): string | undefined {
  const text = option('limit');
  if (text === undefined || (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most)) return text;
  throw new SentinelError('SNT-P040', `--limit is ${JSON.stringify(text)}, expected a number from 1 to ${most}`);
}
