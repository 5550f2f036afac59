/** View "Log": lines of the daemon's log as they are written, the newest first. */
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import type { NodeState } from '../store/state.ts';
import { lineSubject } from '../../filter/log-line.ts';
import { cell, clockText, momentCell, said, saidCell } from './cells.ts';
import { type Asked, asShown, type Drafted, isSeveral, whyEmpty, withNode } from './drafted.ts';
import type { Cell, Column, Row, Standing } from './row.ts';
import type { Shown } from './shown.ts';
import { standingCell } from './standing.ts';

const logColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'time', title: 'TIME', width: 12, worst: 'high' },
  { id: 'level', title: 'LEVEL', width: 5, drop: 2, worst: 'high' },
  { id: 'module', title: 'MODULE', width: 12, drop: 1, worst: 'low' },
  { id: 'name', title: 'MESSAGE', least: 40, worst: 'low' },
];

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export function logRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const rows = asked.nodes.flatMap((node, index) => {
    const shown = asked.shown[index];
    return shown === undefined ? [] : linesOf(shown, node, several);
  });
  const gap = asked.nodes.some(({ logsGap }) => logsGap);
  return {
    columns: withNode(asked, logColumns),
    rows,
    title: gap ? 'Log (some lines are missing)' : 'Log',
    empty:
      rows.length === 0
        ? whyEmpty(asked, null, 'no line since this screen has been looking; sentinel logs shows older ones')
        : null,
  };
}

const LEEWAY_MS = 2000;

function linesOf(shown: Shown, { logs, logsBefore }: NodeState, several: boolean): readonly Row[] {
  return logs.flatMap((line, index) => {
    const atMs = Date.parse(textOf(line, 'time'));
    if (shown.untilMs !== null && atMs > shown.untilMs + LEEWAY_MS) return [];
    return [lineRow(shown, line, logsBefore + index, atMs, several)];
  });
}

function lineRow(shown: Shown, line: LogLineState, number: number, atMs: number, several: boolean): Row {
  const level = textOf(line, 'level').toLowerCase();
  const rank = levels.findIndex((one) => one === level);
  const standing: Standing = level === 'error' ? 'down' : level === 'warn' ? 'degraded' : 'none';
  const tone = standing === 'down' ? 'bad' : standing === 'degraded' ? 'warn' : undefined;
  const subject = lineSubject(
    line,
    shown.atMs === null || Number.isNaN(atMs) ? Number.POSITIVE_INFINITY : shown.atMs - atMs,
  );
  const message = messageOf(line);
  return {
    id: `${shown.node} line ${number}`,
    node: shown.node,
    thing: { kind: 'log', line: number },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        time: lineTime(textOf(line, 'time'), shown.atMs),
        level: saidCell(level, tone),
        module: saidCell(textOf(line, 'module'), 'dim'),
        name: saidCell(message, tone),
      },
      several,
    ),
    sortBy: {
      st: rank,
      time: Number.isNaN(atMs) ? null : atMs,
      level: rank,
      module: textOf(line, 'module'),
      name: message,
      node: shown.node,
    },
    badness: Number.isNaN(atMs) ? number : atMs + (number % 1000) / 1000,
    name: subject.name,
    value: (field) => subject.value(field),
    why: said(message),
    code: null,
  };
}

/** What it says, with what the people who read it ask for first behind it. Of a request its line. */
function messageOf(line: LogLineState): string {
  const message = textOf(line, 'message');
  const words =
    message === ''
      ? ['status', 'method', 'path']
          .map((field) => valueText(line[field]))
          .filter((part) => part !== '')
          .join(' ')
      : message;
  const pairs = Object.entries(line)
    .filter(([name, value]) => !frame.has(name) && value !== '' && value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${valueText(value)}`);
  return [words, ...pairs].join(' ');
}

/** To the millisecond; of another day to the minute, with the day. */
function lineTime(iso: string, nowMs: number | null): Cell {
  const today = nowMs === null || iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  return today ? cell(clockText(iso)) : momentCell(iso, nowMs);
}

const frame: ReadonlySet<string> = new Set(['time', 'level', 'module', 'message', 'pid', 'hostname', 'name']);

function valueText(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function textOf(line: LogLineState, name: string): string {
  const value = line[name];
  return typeof value === 'string' ? value : '';
}
