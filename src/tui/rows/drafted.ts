/** What a view is made of and what it comes to before anybody filters, sorts or scrolls. Types, and the rows that every view shares. */
import type { ClientSort } from '../../admin/contract/client-shapes.ts';
import type { PartName, Parts, Reading } from '../feed/reading.ts';
import type { Level, NodeState } from '../store/state.ts';
import type { Cell, Column, Row } from './row.ts';
import { rfc3339 } from '../../base/units.ts';
import { said, saidCell, unknownCell } from './cells.ts';
import { labelColumns } from './node-labels.ts';
import type { Shown } from './shown.ts';

export interface Asked {
  /** One for each daemon, in the order of `--daemon`. */
  readonly shown: readonly Shown[];
  /** The same daemons as they are at that moment: their events and log lines. */
  readonly nodes: readonly NodeState[];
  readonly of: Level['of'];
  readonly clientsBy: ClientSort;
}

export interface Drafted {
  readonly columns: readonly Column[];
  /** Parents before their children; order is made by whoever sorts. */
  readonly rows: readonly Row[];
  readonly title: string;
  /** Why there is no row at all, and what to do; null = there are rows. */
  readonly empty: string | null;
}

export function isSeveral({ shown }: Asked): boolean {
  return shown.length > 1;
}

const nodeColumn: Column = { id: 'node', title: 'NODE', width: labelColumns, worst: 'low' };

/** With the daemon behind what a row is called, where there is more than one. */
export function withNode(asked: Asked, columns: readonly Column[]): readonly Column[] {
  if (!isSeveral(asked)) return columns;
  return columns.flatMap((column, index) => (index === 1 ? [column, nodeColumn] : [column]));
}

/** What is shown, or else its names at a moment of which nothing but a series is known. */
export function readingOf({ reading, before }: Shown): Reading | null {
  return reading ?? before?.names ?? null;
}

/** Part of a reading as it was asked for; undefined = it is not there. */
export function partOf<Name extends PartName>({ reading }: Shown, name: Name): Parts[Name] | undefined {
  return reading?.parts[name];
}

/** All cells `?`: of a moment that nobody looked at. */
export function unknownCells(
  columns: readonly Column[],
  known: Readonly<Record<string, Cell>>,
): Readonly<Record<string, Cell>> {
  return { ...Object.fromEntries(columns.map(({ id }) => [id, unknownCell])), ...known };
}

/** With the daemon it is of; of one that does not answer everything is as old as its last answer. */
export function asShown(
  shown: Shown,
  cells: Readonly<Record<string, Cell>>,
  several: boolean,
): Readonly<Record<string, Cell>> {
  const all = several ? { ...cells, node: saidCell(shown.label) } : cells;
  if (!shown.stale) return all;
  return Object.fromEntries(Object.entries(all).map(([id, one]) => [id, { ...one, tone: 'stale' as const }]));
}

/** What the reason of a row begins with where it says how things were. */
export function staleWords({ stale, reading, before }: Shown): string {
  if (before !== null) return 'nobody looked at that moment: only what the series of the daemon keeps is known';
  if (!stale || reading === null) return '';
  return `as it was at ${rfc3339(reading.atMs).slice(11, 19)}Z, when it last answered: `;
}

/**
 * Why a view has no row though nothing was filtered: first what could not be had, then that there is none.
 * @param part that the view is made of; null = the reading itself
 * @param none what to say, and to do, where there really is nothing
 */
export function whyEmpty(asked: Asked, part: PartName | null, none: string): string {
  const gaps = asked.shown.flatMap((shown) => gapOf(asked, shown, part));
  if (gaps.length === 0) return none;
  return asked.shown.length > gaps.length ? `${none} (${gaps.join('; ')})` : gaps.join('; ');
}

function gapOf(asked: Asked, shown: Shown, part: PartName | null): readonly string[] {
  const { reading, before } = shown;
  const name = asked.shown.length > 1 ? `${said(shown.node)}: ` : '';
  if (reading === null) {
    if (before !== null) return [`${name}? not known of that moment: nobody looked then; \\ goes back to now`];
    const lost = asked.nodes.find(({ node }) => node === shown.node)?.lost ?? null;
    return [
      lost === null
        ? `${name}? waiting for the first answer`
        : `${name}✗ no answer: ${said(lost.why)}; asked again by itself`,
    ];
  }
  if (part === null || reading.parts[part] !== undefined) return [];
  const why = reading.unread[part];
  return [why === undefined ? `${name}? not asked for at that moment` : `${name}? not known: ${said(why)}`];
}
