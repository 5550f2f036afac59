/** Route tests as people read them: one line each, then how many held. */
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import type { RouteTest } from './verdict.ts';

const columns = [
  { title: '' },
  { title: 'REQUEST' },
  { title: 'ROUTE' },
  { title: 'UPSTREAM', drop: 2 },
  { title: 'TARGET', drop: 3 },
  { title: 'STATUS', right: true },
  { title: 'PLACE', drop: 4 },
  { title: 'WHY' },
];

export function testsText(tests: readonly RouteTest[], style: Style, output: Output): string {
  const rows = tests.map((test) => ({ cells: cellsOf(test), ...paintOf(test, style) }));
  return tests.length === 0 ? '' : fittedTable(columns, rows, style, output);
}

/** `3 held, 1 failed, 1 unknown`. */
export function countWords(tests: readonly RouteTest[]): string {
  const words = (['held', 'failed', 'unknown'] as const).flatMap((result) => {
    const count = tests.filter((test) => test.result === result).length;
    return count === 0 ? [] : [`${count} ${result}`];
  });
  return words.join(', ');
}

const marks = { held: '✓', failed: '✗', unknown: '?' } as const;

function cellsOf({ result, method, url, host, got, place, why, how }: RouteTest): readonly string[] {
  const request = `${method} ${url}${host !== '' && url.startsWith('/') ? ` (${host})` : ''}`;
  const unasked = how === 'sent' ? '?' : '–';
  return [
    marks[result],
    request,
    got.route ?? (how === 'sent' && result === 'unknown' ? '?' : '–'),
    got.upstream ?? '–',
    got.target ?? (result === 'unknown' ? unasked : '–'),
    got.status === null ? unasked : String(got.status),
    place ?? '–',
    why ?? '',
  ];
}

function paintOf({ result }: RouteTest, style: Style): { readonly paint?: (text: string) => string } {
  if (result === 'held') return {};
  return { paint: result === 'failed' ? style.red : style.yellow };
}
