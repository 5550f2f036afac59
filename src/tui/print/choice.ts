/**
 * What the operator asked of `sentinel top` on the command line, checked before anything is asked or drawn. The same for the screen
 * and for all that is printed instead of it. Asks nobody.
 */
import { type DaemonTarget, daemonTargets } from '../../admin/client/address.ts';
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { nearestWord } from '../../base/near-miss.ts';
import { parseDuration } from '../../base/units.ts';
import type { Invocation } from '../../cli/command.ts';
import type { Filter } from '../../filter/filter.ts';
import { underline } from '../../filter/problem.ts';
import type { Look } from '../draw/line.ts';
import type { ViewName } from '../rows/row.ts';
import { rowsOf } from '../rows/rows.ts';
import { readFilter } from '../store/filtering.ts';
import { initialState, noFilter } from '../store/reduce.ts';
import type { Sorting } from '../store/state.ts';

export interface TopChoice {
  /** In the order in which they were named. */
  readonly targets: readonly DaemonTarget[];
  readonly view: ViewName;
  readonly filter: { readonly text: string; readonly filter: Filter };
  readonly sorting: Sorting;
  readonly faultsOnly: boolean;
  readonly wide: boolean;
  readonly readOnly: boolean;
  /** ≥ `SHORTEST_INTERVAL_MS`. */
  readonly intervalMs: number;
  readonly look: Look;
}

/** Closer together the readings themselves would be the load. */
const SHORTEST_INTERVAL_MS = 250;
/** Longer ones are a slip of the unit, and no timer of the screen means anything any more. */
const LONGEST_INTERVAL_MS = 3_600_000;
const helpHint = { hint: 'sentinel top --help' };

/** @throws SNT-P040 for what cannot be meant, SNT-P009 for a name that is no address of a daemon */
export function choiceOf(invocation: Invocation): TopChoice {
  const { option, flag, context, stdout } = invocation;
  const view = (option('view') ?? 'upstreams') as ViewName;
  const choice: TopChoice = {
    filter: filterOf(option('filter') ?? '', view),
    sorting: sortingOf(option('sort')),
    intervalMs: intervalOf(option('interval') ?? '1s'),
    targets: daemonTargets(context, option('daemon')),
    view,
    faultsOnly: flag('faults-only'),
    wide: flag('wide'),
    readOnly: flag('read-only'),
    look: {
      colour: stdout.style.coloured ? 'ansi16' : 'none',
      ascii: flag('ascii') || isAsciiTerminal(invocation),
    },
  };
  holdSorting(choice);
  return choice;
}

/** As the screen reads what is typed after `/`. */
function filterOf(text: string, view: ViewName): TopChoice['filter'] {
  if (text.trim() === '') return noFilter;
  const read = readFilter(text, { view });
  if (!('problem' in read)) return { text, filter: read.filter };
  const { words, start, end } = read.problem;
  const place = underline(text, { from: start, to: end, words });
  throw new SentinelError('SNT-P040', `the filter cannot be read\n${place.trimEnd()}`, {
    hint: 'sentinel man filters',
  });
}

/** `p99`, `p99:reverse`. */
function sortingOf(text: string | undefined): Sorting {
  if (text === undefined || text === 'worst') return { column: null, reverse: false };
  const [, column, reverse] = /^([a-z0-9%-]+)(:reverse)?$/i.exec(text) ?? [];
  if (column === undefined) {
    throw new SentinelError(
      'SNT-P040',
      `--sort is ${JSON.stringify(text)}, expected COLUMN or COLUMN:reverse`,
      helpHint,
    );
  }
  return { column: column.toLowerCase(), reverse: reverse !== undefined };
}

/** Columns of the view, with those that only `--wide` shows. @throws SNT-P040 with the columns that there are */
function holdSorting(choice: TopChoice): void {
  const { column } = choice.sorting;
  if (column === null) return;
  const { targets, view } = choice;
  const nodes = targets.map(({ name }) => name);
  const { columns } = rowsOf(initialState({ nodes, view, wide: true, size: { columns: 120, rows: 40 }, nowMs: 0 }));
  const known = columns.filter(({ worst }) => worst !== undefined).map(({ id }) => id);
  if (known.includes(column)) return;
  const near = nearestWord(column, known);
  throw new SentinelError(
    'SNT-P040',
    `--sort is ${JSON.stringify(column)}, and ${view} can be sorted by ${known.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`,
    helpHint,
  );
}

function intervalOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= SHORTEST_INTERVAL_MS && ms <= LONGEST_INTERVAL_MS) return ms;
  throw new SentinelError(
    'SNT-P040',
    `--interval is ${JSON.stringify(text)}, expected a duration from 250ms to 1h, such as 1s or 500ms`,
    helpHint,
  );
}

/** The console of Linux has no braille and few signs, a dumb terminal and the locale C promise none. */
function isAsciiTerminal({ context: { environment } }: Invocation): boolean {
  const term = variable(environment, 'TERM');
  if (term === 'linux' || term === 'dumb') return true;
  const locale = variable(environment, 'LC_ALL') ?? variable(environment, 'LC_CTYPE') ?? variable(environment, 'LANG');
  return locale !== undefined && /^(?:C|POSIX)$/.test(locale);
}
