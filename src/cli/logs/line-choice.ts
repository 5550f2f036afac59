/** Which lines of a file `--level` and `--filter` ask for: as the daemon chooses among those in its memory. */
import { logLevelNames } from '../../admin/contract/log-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { lineSubject } from '../../filter/log-line.ts';
import { matches } from '../../filter/match.ts';
import { parseFilter } from '../../filter/parse.ts';
import type { Invocation } from '../command.ts';
import { filterOption } from '../query-options.ts';
import type { FileLine } from './log-lines.ts';

const USUAL_RANK = logLevelNames.indexOf('info');

/** @throws SNT-P040 for a level or a filter that is none */
export function fileChoice(invocation: Invocation, kind: 'logs' | 'requests'): (line: FileLine) => boolean {
  const named = invocation.option('level');
  const least = named === undefined ? 0 : logLevelNames.findIndex((level) => level === named.toLowerCase());
  if (least === -1) {
    throw new SentinelError('SNT-P040', `--level is ${JSON.stringify(named)}, expected ${logLevelNames.join(', ')}`);
  }
  const text = filterOption(invocation, kind);
  const parsed = text === undefined ? null : parseFilter(text, kind);
  const now = invocation.clock.wallMs();
  return ({ fields, atMs }) => {
    const level = fields['level'];
    // Lines of the access log have none.
    const rank = typeof level === 'string' ? logLevelNames.findIndex((one) => one === level.toLowerCase()) : USUAL_RANK;
    if (rank < least) return false;
    if (parsed === null || !parsed.ok) return true;
    return matches(parsed.filter, lineSubject(fields, atMs === null ? Infinity : now - atMs));
  };
}
