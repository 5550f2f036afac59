/** What stands on the chart wall in words and small bars: titles with their legends, targets, events. Tags are those of blessed. Pure. */
import { countText, latencyText, printable } from '../../cli/text.ts';
import type { Look } from '../draw/line.ts';
import { markOf } from '../draw/marks.ts';
import { fitted, span } from '../draw/spans.ts';
import { padded, widthOf } from '../draw/width.ts';
import type { Tone } from '../rows/row.ts';
import { SPAN_MS } from './bins.ts';
import type { ChartModel, TargetShare } from './chart-model.ts';

/** Of lines and parts of bars, in their order; slots that the user's theme decides. */
export const lineColours = ['yellow', 'cyan', 'green', 'magenta', 'blue', 'red', 'white'] as const;

export function colourOf(index: number): string {
  return lineColours[index % lineColours.length] as string;
}

const units = {
  rate: { title: 'requests/s', text: (value: number) => (value > 0 && value < 10 ? value.toFixed(1) : whole(value)) },
  latency: { title: 'latency', text: latencyText },
  errors: { title: '5xx %', text: (value: number) => (value > 0 && value < 0.1 ? '<0.1' : value.toFixed(1)) },
  connections: { title: 'connections', text: (value: number) => whole(value) },
} as const;

export type LineChartName = keyof typeof units;

/** ` requests/s  all 1 284  a 642  b 642 `: what each line is, in its colour, and where it is now. */
export function titleOf(name: LineChartName, model: ChartModel, columns: number, look: Look): string {
  const { title, text } = units[name];
  let left = columns - title.length - 4;
  const parts = model[name].flatMap((line, index) => {
    const now = model.fresh ? newest(line.values) : null;
    const words = `${line.name} ${now === null ? '?' : text(now)}`;
    left -= widthOf(words) + 2;
    return left < 0 ? [] : [coloured(words, colourOf(index), look)];
  });
  return ` ${[title, ...parts].join('  ')} `;
}

/** The last two bins: of the newest there may be nothing yet. Null = it is not known now, whatever it was. */
function newest(values: readonly (number | null)[]): number | null {
  return values.at(-1) ?? values.at(-2) ?? null;
}

/** ` errors by cause, % of requests  no_target  timeout `. */
export function causesTitle({ names }: ChartModel['causes'], columns: number, look: Look): string {
  const title = names.length === 0 ? 'errors by cause: none' : 'errors by cause %';
  let left = columns - title.length - 4;
  const parts = names.flatMap((name, index) => {
    left -= widthOf(name) + 2;
    return left < 0 ? [] : [coloured(name, colourOf(index), look)];
  });
  return ` ${[title, ...parts].join('  ')} `;
}

/** One line for each target that there is room for, the worst first; the last says how many more there are. */
export function targetLines(
  targets: readonly TargetShare[],
  columns: number,
  rows: number,
  look: Look,
): readonly string[] {
  if (targets.length === 0) return ['no targets'];
  const shown = targets.length <= rows ? targets : targets.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((target) => targetLine(target, columns, look));
  return shown.length === targets.length ? lines : [...lines, `and ${targets.length - shown.length} more`];
}

const BAR = 10;
/** Below that the name needs the room. */
const ROOM_FOR_BAR = 54;

function targetLine({ name, standing, share, knownMs }: TargetShare, columns: number, look: Look): string {
  const { glyph, letter, tone } = markOf(standing, look);
  const percent = share === null ? '?' : `${share === 1 ? '100' : (Math.floor(share * 1000) / 10).toFixed(1)}%`;
  const full = share === null ? 0 : Math.floor(share * BAR);
  const bar = share === null ? ' '.repeat(BAR) : '█'.repeat(full) + '░'.repeat(BAR - full);
  // Of less than the quarter of an hour it says of how much.
  const known = share === null || knownMs > SPAN_MS * 0.95 ? '' : ` of ${Math.ceil(knownMs / 60_000)}m`;
  const right = `${columns < ROOM_FOR_BAR ? '' : `${bar} `}${percent.padStart(6)}${known.padEnd(7)}`;
  const room = Math.max(8, columns - widthOf(right) - 4);
  const mark = coloured(`${glyph}${letter}`, colourByTone[tone] ?? 'default', look);
  return `${mark} ${escaped(padded(endOf(name, room), room))} ${right}`;
}

/** Targets of one upstream differ at the end. */
function endOf(name: string, room: number): string {
  if (widthOf(name) <= room) return name;
  const letters = Array.from(name);
  while (letters.length > 0 && widthOf(letters.join('')) > room - 1) letters.shift();
  return `…${letters.join('')}`;
}

/** The newest at the bottom, as in a log. */
export function eventLines(events: ChartModel['events'], columns: number, rows: number, look: Look): readonly string[] {
  if (events.length === 0) return ['no events yet'];
  const today = events.at(-1)?.at.slice(0, 10);
  return events.slice(-rows).map(({ at, severity, words }) => {
    const room = Math.max(8, columns - 9);
    const text = fitted([span(printable(words).replaceAll(/\s+/g, ' '))], room)
      .map((one) => one.text)
      .join('');
    const when = at.startsWith(today ?? '') ? at.slice(11, 19) : at.slice(5, 10).padEnd(8);
    return `${when} ${coloured(text, severityColours[severity], look)}`;
  });
}

const severityColours = { debug: 'default', info: 'default', warn: 'yellow', error: 'red' } as const;

const colourByTone: Readonly<Partial<Record<Tone, string>>> = {
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  info: 'blue',
  going: 'cyan',
  unknown: 'magenta',
};

function whole(value: number): string {
  return countText(Math.round(value));
}

function coloured(text: string, colour: string, { colour: wanted }: Look): string {
  const safe = escaped(text);
  return wanted === 'none' || colour === 'default' ? safe : `{${colour}-fg}${safe}{/${colour}-fg}`;
}

/** Braces would be tags, control characters would move the cursor. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[{}]/g, (brace) => (brace === '{' ? '{open}' : '{close}'));
}
