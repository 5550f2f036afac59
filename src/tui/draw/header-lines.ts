/** The two lines that never move: whose screen it is and how fresh, and what is wrong. Drawn from the view; decides only what fits. */
import { durationText } from '../../cli/text.ts';
import type { HeaderView, VerdictLine } from '../view/view.ts';
import type { Line, Look } from './line.ts';
import { markOf } from './marks.ts';
import { apart, fitted, lineWidth, type Piece, piecesFor, span } from './spans.ts';

const modeTitles = {
  stale: 'STALE',
  lost: 'LOST',
  held: 'HELD',
  frozen: 'FROZEN',
  past: 'PAST',
  waiting: 'WAITING',
} as const;

/** ` sentinel top  prod-1 (operator)  up 12d  gen 41 ✓disk=run  1s  0.2s ago          14:03:07Z` */
export function headerLine(header: HeaderView, columns: number): Line {
  const clock: Line = header.at === null ? [] : [span(` ${header.at.slice(11, 19)}Z `, { tone: 'dim' })];
  const room = columns - 1 - lineWidth(clock);
  const pieces = headerPieces(header);
  const words = pieces.find(({ shrinks }) => shrinks === true);
  // Why it is so may be said in part; all else whole or not at all.
  if (words !== undefined) {
    const others = piecesFor(
      pieces.filter((piece) => piece !== words),
      room,
    );
    const kept = piecesFor(
      pieces.filter((piece) => piece !== words && (piece.drop ?? 0) < 3),
      room,
    );
    const least = Math.min(lineWidth(words.line), SHORTEST_WORDS);
    const before = lineWidth(others) + 2 + lineWidth(words.line) <= room ? others : kept;
    const left = room - lineWidth(before) - 2;
    const tail = left < least ? [] : [span('  '), ...fitted(words.line, left)];
    return apart([span(' '), ...before, ...tail], clock, columns);
  }
  return apart([span(' '), ...piecesFor(pieces, room)], clock, columns);
}

/** Fewer columns of it say nothing. */
const SHORTEST_WORDS = 24;

interface HeaderPiece extends Piece {
  readonly shrinks?: true;
}

function headerPieces(header: HeaderView): readonly HeaderPiece[] {
  const { name, role, uptimeMs, generation, diskMatches, intervalMs, lost } = header;
  return [
    { line: [span('sentinel top', { bold: true })], drop: 6 },
    { line: [span(name, { bold: true }), ...(role === null ? [] : [span(` (${role})`, { tone: 'dim' })])] },
    ...lost.map((one): Piece => ({ line: [span(`✗ ${one.node}: ${one.why}`, { tone: 'bad' })], drop: 1 })),
    ...modePieces(header),
    ...(uptimeMs === null
      ? []
      : [{ line: [span('up ', { tone: 'dim' }), span(longUnit(uptimeMs))], drop: 7 } satisfies Piece]),
    ...(generation === null ? [] : [{ line: generationSpans(generation, diskMatches), drop: 4 } satisfies Piece]),
    { line: [span('every ', { tone: 'dim' }), span(secondsText(intervalMs))], drop: 8 },
    ...(header.mode === 'live' && header.ageMs !== null
      ? [{ line: [span(freshness(header.ageMs), { tone: 'dim' })], drop: 5 } satisfies Piece]
      : []),
  ];
}

/** What is asked for each second is never older than that: a number that changes all the time says nothing. */
function freshness(ageMs: number): string {
  return ageMs < LIVE_MS ? 'live' : `${ageText(ageMs)} ago`;
}

const LIVE_MS = 2_000;

function generationSpans(generation: number, diskMatches: boolean | null): Line {
  const title = [span('gen ', { tone: 'dim' }), span(`${generation} `)];
  if (diskMatches === null) return [...title, span('?disk', { tone: 'unknown' })];
  return diskMatches
    ? [...title, span('✓disk=run', { tone: 'good' })]
    : [...title, span('▲disk≠run', { tone: 'warn' })];
}

/** What is not as it is now says so in words, and stands out. */
function modePieces({ mode, ageMs, modeWords }: HeaderView): readonly HeaderPiece[] {
  if (mode === 'live') return [];
  const old = mode === 'stale' || mode === 'lost';
  const tone = mode === 'lost' ? 'bad' : old ? 'warn' : 'info';
  const age = old && ageMs !== null ? ` ~${ageText(ageMs)}` : '';
  const badge: HeaderPiece = { line: [span(` ${modeTitles[mode]}${age} `, { tone, inverse: true, bold: true })] };
  return modeWords === null ? [badge] : [badge, { line: [span(modeWords, { tone })], shrinks: true }];
}

/** ` ▲ SEV3  upstream api-backend 1/3 DOWN · err 4.2% ▲3.9 · p99 810ms` */
export function verdictLine({ standing, sev, parts }: VerdictLine, columns: number, look: Look): Line {
  const { glyph, tone } = markOf(standing, look);
  const head: Line = [
    span(' '),
    span(glyph, { tone, bold: true }),
    span(sev === null ? ' ' : ` ${sev}  `, { tone, bold: true }),
  ];
  const line: Line[] = [[...head]];
  for (const [index, part] of parts.entries()) {
    const before = line.at(-1) ?? head;
    const longer = [
      ...before,
      ...(index === 0 ? [] : [span(' · ', { tone: 'dim' })]),
      span(part.text, part.tone === undefined ? {} : { tone: part.tone }),
    ];
    const room = fitted(longer, columns);
    // The beginning of a sentence says more than none of it, where there is room for one.
    if (index > 0 && room !== longer && columns - lineWidth(before) < SHORTEST_PART) break;
    line.push(room);
    if (room !== longer) break;
  }
  return line.at(-1) ?? head;
}

/** Separator and the beginning of a part. */
const SHORTEST_PART = 24;

function longUnit(ms: number): string {
  return durationText(ms).split(' ')[0] ?? '';
}

function secondsText(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${Math.round(ms / 100) / 10}s`;
}

/** `0.2s`, `12s`, `3m`: always short. */
export function ageText(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
  return longUnit(ms);
}
