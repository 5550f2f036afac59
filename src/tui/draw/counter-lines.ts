/** A screen too small for a table: how bad it is, why, and the counters, one line each, as many as there are lines. */
import type { View } from '../view/view.ts';
import { ageText } from './header-lines.ts';
import type { Line, Look } from './line.ts';
import { markOf } from './marks.ts';
import { fitted, span } from './spans.ts';
import { padded } from './width.ts';

/** At most `rows`, none wider than `columns`. */
export function counterLines(
  { header, verdict, gauges }: View,
  columns: number,
  rows: number,
  look: Look,
): readonly Line[] {
  const { glyph, letter, tone } = markOf(verdict.standing, look);
  const age = header.mode === 'stale' || header.mode === 'lost';
  const head: Line = [
    span(`${glyph}${letter.trim() === '' ? '' : letter}`, { tone, bold: true }),
    ...(verdict.sev === null ? [] : [span(` ${verdict.sev}`, { tone, bold: true })]),
    ...(age
      ? [span(` ${header.mode.toUpperCase()} ~${ageText(header.ageMs ?? 0)}`, { tone: 'warn', bold: true })]
      : []),
    span(` ${header.name}`, { tone: 'dim' }),
  ];
  const why = verdict.parts.map(({ text, tone: own }): Line => [span(text, own === undefined ? {} : { tone: own })]);
  const counters = gauges.map(
    (gauge): Line => [
      span(`${padded(gauge.title, 6)} `, { tone: 'dim' }),
      span(`${gauge.text}${gauge.trend === null ? '' : gauge.trend === 'up' ? '▲' : '▼'}`, { tone: gauge.tone }),
    ],
  );
  // Of three lines one says how bad, one why, one how much.
  const forWhy = Math.min(why.length, Math.max(1, rows - 1 - counters.length));
  return [head, ...why.slice(0, forWhy), ...counters].slice(0, rows).map((line) => fitted(line, columns));
}
