/** Where what lies on the chart wall, for a screen of a given size. Pure. */
import type { Size } from '../draw/line.ts';

export interface Place {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

export const chartNames = ['rate', 'latency', 'errors', 'causes', 'connections', 'targets', 'events'] as const;
export type ChartName = (typeof chartNames)[number];

/** Below this nobody could read a chart. */
export const smallest: Size = { columns: 100, rows: 30 };

/** Header and verdict. */
const HEAD_ROWS = 2;
/** The keys. */
const FOOT_ROWS = 1;

const bands: readonly (readonly ChartName[])[] = [
  ['rate', 'latency'],
  ['errors', 'causes'],
  ['connections', 'targets', 'events'],
];

/** Null where the screen is too small. */
export function placesOf({ columns, rows }: Size): Readonly<Record<ChartName, Place>> | null {
  if (columns < smallest.columns || rows < smallest.rows) return null;
  const room = rows - HEAD_ROWS - FOOT_ROWS;
  const places = bands.flatMap((names, band) => {
    const [top, bottom] = [share(room, band, bands.length), share(room, band + 1, bands.length)];
    return names.map((name, index): readonly [ChartName, Place] => {
      const [left, right] = [share(columns, index, names.length), share(columns, index + 1, names.length)];
      return [name, { top: HEAD_ROWS + top, left, width: right - left, height: bottom - top }];
    });
  });
  return Object.fromEntries(places) as Record<ChartName, Place>;
}

/** Where part `index` of `count` begins: whole cells, none left over. */
function share(room: number, index: number, count: number): number {
  return Math.round((room * index) / count);
}
