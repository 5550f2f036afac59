/** Parameters that several endpoints and topics take, read the same way by all: `filter`, `since`, `limit`. */
import { type LimitedList, listLimits } from '../../../admin/contract/list-limits.ts';
import { threadCpuMs } from '../../../base/clock.ts';
import { momentExamples, parseMoment } from '../../../base/units.ts';
import type { SubjectKind } from '../../../filter/fields.ts';
import { everything, type Filter } from '../../../filter/filter.ts';
import { parseFilter } from '../../../filter/parse.ts';
import { Patience } from '../../../filter/patience.ts';
import { underline } from '../../../filter/problem.ts';
import { AdminProblem } from './problem.ts';

/**
 * The filter that `filter=` gives; without one everything matches.
 * @throws 400 with the place of the mistake
 */
export function filterOf(query: URLSearchParams, kind: SubjectKind): Filter {
  const text = query.get('filter');
  if (text === null) return everything;
  const parsed = parseFilter(text, kind);
  if (parsed.ok) return parsed.filter;
  throw new AdminProblem(400, 'SNT-A008', `the filter cannot be read: ${parsed.problem.words}`, {
    problems: underline(text, parsed.problem).trimEnd().split('\n'),
  });
}

/** For judging a whole list by the filter of one request: meanwhile the main thread does nothing else. */
const PATIENCE_MS = 200;

export function patienceOf(): Patience {
  return new Patience(PATIENCE_MS, threadCpuMs);
}

/**
 * The moment that `since=` names, in milliseconds since the epoch: RFC 3339, or a duration back from now.
 * @returns null when it is not given
 * @throws 400
 */
export function sinceOf(query: URLSearchParams, nowMs: number): number | null {
  const text = query.get('since');
  if (text === null) return null;
  const at = parseMoment(text, nowMs);
  if (at !== null) return at;
  throw new AdminProblem(400, 'SNT-A008', `since is ${JSON.stringify(text)}, expected ${momentExamples}`);
}

/**
 * How many things of a list `limit=` asks for.
 * @throws 400 for anything but a whole number from 1 to the most that the list gives
 */
export function limitOf(query: URLSearchParams, list: LimitedList): number {
  const { usual, most } = listLimits[list];
  const text = query.get('limit');
  if (text === null) return usual;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw new AdminProblem(400, 'SNT-A008', `limit is ${JSON.stringify(text)}, expected a number from 1 to ${most}`);
}
