/** One line of a log for people: time, level, message, then what else it has. Used by `sentinel logs`, with and without a daemon. */
import type { Style } from '../streams.ts';
import { oneLine } from '../text.ts';

type Fields = Readonly<Record<string, unknown>>;

/** With its end. */
export function lineText(fields: Fields, style: Style): string {
  const { time, level, message, ...others } = fields;
  const second = typeof time === 'string' ? time : '';
  const request = typeof message !== 'string';
  const { status, method, path, ...rest } = request ? others : { ...others, status: undefined, method: '', path: '' };
  const what = request ? [status, method, path].filter((part) => part !== undefined && part !== '').join(' ') : message;
  // Of a request most phases did not happen.
  const shown = Object.entries(request ? rest : others).filter(
    ([, value]) => value !== '' && !(request && value === 0),
  );
  const pairs = shown.map(([name, value]) => `${name}=${valueText(value)}`).join(' ');
  const severity = typeof level === 'string' ? level.toUpperCase() : '';
  const words = [second, ...(severity === '' ? [] : [severity.padEnd(5)]), what].join(' ');
  return `${paintOf(severity, status, style)(oneLine(words))}${pairs === '' ? '' : ` ${style.dim(oneLine(pairs))}`}\n`;
}

/** A line of a format for people, as it is. */
export function plainText(text: string): string {
  return `${oneLine(text)}\n`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function paintOf(severity: string, status: unknown, style: Style): (text: string) => string {
  if (severity === 'ERROR' || (typeof status === 'number' && status >= 500)) return style.red;
  return severity === 'WARN' ? style.yellow : (text) => text;
}
