/** Which lines of the log somebody asks for, by `level=` and `filter=`: the same for the endpoint and for the stream. */
import { logLevelNames } from '../../../admin/contract/log-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { everything } from '../../../filter/filter.ts';
import { lineSubject } from '../../../filter/log-line.ts';
import { matches } from '../../../filter/match.ts';
import type { Patience } from '../../../filter/patience.ts';
import type { RecentLine } from '../recent-lines.ts';
import { AdminProblem } from './problem.ts';
import { filterOf } from './query.ts';

/**
 * @param patience where many lines are looked through at once
 * @throws 400 for a level or a filter that is none
 */
export function lineChoice(query: URLSearchParams, clock: Clock, patience?: Patience): (line: RecentLine) => boolean {
  const named = query.get('level')?.toLowerCase() ?? 'trace';
  const least = logLevelNames.findIndex((level) => level === named);
  if (least === -1) {
    throw new AdminProblem(
      400,
      'SNT-A008',
      `there is no level ${JSON.stringify(named)}, expected one of ${logLevelNames.join(', ')}`,
      {
        hint: 'sentinel logs --help',
      },
    );
  }
  const filter = filterOf(query, 'logs');
  return (line) => {
    if (logLevelNames.indexOf(line.level) < least) return false;
    if (filter === everything) return true;
    const fields = JSON.parse(line.text) as Readonly<Record<string, unknown>>;
    const subject = lineSubject(fields, clock.wallMs() - line.atMs);
    return patience === undefined ? matches(filter, subject) : patience.matches(filter, subject);
  };
}
