/** Diagnostics for people: the message, the lines in question with marks, what to do, and a summary at the end. */
import type { Diagnostic, DiagnosticLevel } from '../diagnostic.ts';
import { harmlessText } from './display-width.ts';
import { drawFrames, maxColumns, wrapWords } from './frame.ts';
import type { Mark } from './frame.ts';
import { paintFor } from './paint.ts';
import type { Paint } from './paint.ts';

export interface TextOptions {
  readonly colour: boolean;
}

/** All diagnostics, a blank line after each. Empty for none. */
export function renderText(diagnostics: readonly Diagnostic[], options: TextOptions): string {
  return diagnostics.map((diagnostic) => `${renderOne(diagnostic, options)}\n`).join('\n');
}

function renderOne(diagnostic: Diagnostic, { colour }: TextOptions): string {
  const paint = paintFor(diagnostic.level, colour);
  const marks: Mark[] = [
    { span: diagnostic.span, label: diagnostic.suggestion?.text ?? diagnostic.label ?? '', primary: true },
    ...diagnostic.secondary.map(({ span, label }) => ({ span, label, primary: false })),
  ];
  const { lines, gutter } = drawFrames(marks, paint);
  return [...headline(diagnostic, paint), ...lines, ...footer(diagnostic, gutter, paint)].join('\n');
}

function headline({ level, code, message }: Diagnostic, paint: Paint): string[] {
  const title = `${level}[${code}]`;
  const [first = '', ...rest] = wrapWords(harmlessText(message), maxColumns - title.length - 2);
  const indent = ' '.repeat(title.length + 2);
  return [`${paint.level(title)}${paint.message(`: ${first}`)}`, ...rest.map((part) => paint.message(indent + part))];
}

/** Texts that stand in no file, so that no command could correct them. */
const notAFile = /^(?:<stdin>$|<built-in>$|--)/;

function footer({ code, help, suggestion, span }: Diagnostic, gutter: number, paint: Paint): string[] {
  const indent = ' '.repeat(gutter + 2);
  const sign = paint.frame('=');
  const lines: string[] = [];
  if (help !== null) {
    const parts = wrapWords(harmlessText(help), maxColumns - gutter - 2 - '= help: '.length);
    lines.push(
      ...parts.map((part, index) => (index === 0 ? `${indent}${sign} help: ${part}` : `${indent}        ${part}`)),
    );
  }
  const apply =
    (suggestion?.edit ?? null) === null || notAFile.test(span.source.name)
      ? ''
      : `${indent}${sign} help: apply with \`sentinel validate --apply-suggestions\``;
  return [...lines, `${apply}${apply === '' ? indent : '   '}${sign} docs: sentinel explain ${code}`];
}

export interface SummaryFacts {
  readonly files: number;
  readonly elapsedMs: number;
}

/** `error: 1 error, 2 warnings in 1 file (12ms)`; without any: `ok: no problems in 1 file (12ms)`. */
export function renderSummary(diagnostics: readonly Diagnostic[], facts: SummaryFacts, options: TextOptions): string {
  const levels: readonly DiagnosticLevel[] = ['error', 'warning', 'info', 'hint'];
  const counts = levels.map((level) => ({ level, count: diagnostics.filter((one) => one.level === level).length }));
  const present = counts.filter(({ count }) => count > 0);
  const words = present.map(({ level, count }) => plural(count, level)).join(', ') || 'no problems';
  const worst = present[0]?.level;
  const title = worst === undefined ? 'ok' : paintFor(worst, options.colour).level(worst);
  return `${title}: ${words} in ${plural(facts.files, 'file')} (${Math.round(facts.elapsedMs)}ms)\n`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 || noun === 'info' ? '' : 's'}`;
}
