/**
 * A run as people see it: sections, what facts say, each step before and after. Made of the entries of the run and of what is only
 * shown; on a terminal a wait is one line that moves, on a pipe it is a line now and then.
 */
import type { Clock } from '../../base/clock.ts';
import { commandText } from '../../runbook/run/argument-list.ts';
import type { Entry, StepOutcome } from '../../runbook/run/entry.ts';
import type { Offer, Screen } from '../../runbook/run/world.ts';
import type { Output, Style } from '../streams.ts';
import { durationText, oneLine, printable, wrap } from '../text.ts';

/** On a pipe, between two lines of a wait. */
const QUIET_MS = 10_000;
/** Prose is read, not scanned. */
const PROSE_COLUMNS = 100;

export class TextSession implements Screen {
  readonly #output: Output;
  readonly #clock: Clock;
  /** Where the transcript is; null = none is kept. */
  readonly #transcript: string | null;
  #progressAt: number | null = null;
  #progressShown = false;

  constructor(output: Output, clock: Clock, transcript: string | null) {
    this.#output = output;
    this.#clock = clock;
    this.#transcript = transcript;
  }

  show(entry: Entry): void {
    const text = entryText(entry, this.#output.style, this.#transcript);
    if (text !== '') this.#write(text);
  }

  prose(markdown: string): void {
    const { style } = this.#output;
    const width = Math.min(style.columns - 2, PROSE_COLUMNS);
    this.#write(`\n${indented(paragraphs(printable(markdown), width), '  ', style.dim)}\n`);
  }

  fence(language: 'bash' | 'kdl', text: string, number: number | null): void {
    const { style } = this.#output;
    const title = number === null ? 'a piece of configuration, not run' : `bash ${number}`;
    this.#write(
      `\n  ${style.dim(`${title}:`)}\n${indented(printable(text.trimEnd()), '    ', language === 'bash' ? style.cyan : style.dim)}\n`,
    );
  }

  offer({ name, number, words, effect, argv, undo }: Offer): void {
    const { style } = this.#output;
    const kind = { observe: style.dim('observe'), change: style.yellow('change'), destroy: style.red('destroy') }[
      effect
    ];
    const label = number === 0 ? name : `[${number}] ${name}`;
    const lines = [`\n  ${style.bold(printable(label))}  ${oneLine(words)}  ${kind}`];
    if (argv !== null) lines.push(`      ${style.cyan(`$ ${oneLine(commandText(argv))}`)}`);
    if (undo !== null) lines.push(`      ${style.dim('taken back by')} ${oneLine(commandText(undo))}`);
    else if (effect !== 'observe' && number !== 0) lines.push(`      ${style.dim('no command takes it back')}`);
    this.#write(`${lines.join('\n')}\n`);
  }

  output(line: string): void {
    const { style } = this.#output;
    this.#write(`      ${style.dim('|')} ${printable(line).replaceAll('\t', '  ')}\n`);
  }

  progress(words: string): void {
    const { isTerminal, style } = this.#output;
    const text = `  … ${oneLine(words)}`;
    if (isTerminal) {
      this.#output.write(`\r\u001b[K${style.dim(text.slice(0, style.columns - 1))}`);
      this.#progressShown = true;
      return;
    }
    const now = this.#clock.now();
    if (this.#progressAt !== null && now - this.#progressAt < QUIET_MS) return;
    this.#progressAt = now;
    this.#output.write(`${text}\n`);
  }

  #write(text: string): void {
    if (this.#progressShown) this.#output.write('\r\u001b[K');
    this.#progressShown = false;
    this.#progressAt = null;
    this.#output.write(text);
  }
}

function entryText(entry: Entry, style: Style, transcript: string | null): string {
  const bad = style.red('✗');
  const good = style.green('✓');
  const ask = style.yellow('?');
  switch (entry.kind) {
    case 'begun': {
      const severity = entry.severity === null ? '' : `  ${style.yellow(entry.severity)}`;
      const what =
        entry.mode === 'dry-run' ? 'dry run: nothing is changed' : `run ${entry.run}, Ctrl-C stops and keeps it`;
      const where = transcript === null ? '' : `\n${style.dim(`transcript ${printable(transcript)}`)}`;
      return `${style.bold(printable(entry.title))}${severity}\n${style.dim(what)}${where}\n`;
    }
    case 'resumed':
      return `${style.bold('goes on')}${entry.after === null ? ' from the beginning' : ` behind line ${entry.after.line} of ${entry.after.runbook}`}\n`;
    case 'section': {
      const rule = '─'.repeat(Math.max(3, Math.min(style.columns, 80) - entry.title.length - 4));
      return `\n${style.bold(`── ${printable(entry.title)}`)} ${style.dim(rule)}\n`;
    }
    case 'probe': {
      const mark = entry.state === 'known' ? style.dim('·') : ask;
      return (
        [`  ${style.bold(entry.name)}`, ...entry.lines.map((line) => `    ${mark} ${oneLine(line)}`)].join('\n') + '\n'
      );
    }
    case 'answer': {
      const led = entry.led_to === null ? '' : `  ${style.cyan(`→ ${entry.led_to}`)}`;
      const answer = entry.answer === 'unknown' ? `${ask} not known` : style.bold(entry.answer);
      const proof = entry.evidence
        .slice(0, 3)
        .map(({ source, words }) => `      ${style.dim(`${source}: ${oneLine(words)}`)}\n`);
      return `  ${printable(entry.title)}  ${answer}${led}\n    ${oneLine(entry.words)}\n${proof.join('')}`;
    }
    case 'check': {
      const mark = { holds: good, fails: bad, unknown: ask, later: style.dim('·'), waived: style.yellow('▲') }[
        entry.result
      ];
      const what = { assert: 'assert', need: 'needs', again: 'still' }[entry.what];
      const more = {
        holds: '',
        fails: '',
        unknown: '',
        later: ' (a change before it may alter that)',
        waived: ' (passed over)',
      };
      const got = entry.result === 'holds' ? '' : `, it is ${entry.answer}`;
      return `  ${mark} ${what} ${entry.question} ${entry.expected}${got}: ${oneLine(entry.words)}${more[entry.result]}\n`;
    }
    case 'finding': {
      const mark = { there: bad, absent: style.dim('–'), unknown: ask }[entry.state];
      return `  ${mark} ${entry.code} ${oneLine(entry.title)}${entry.words === '' ? '' : `: ${oneLine(entry.words)}`}\n`;
    }
    case 'cause':
      return causeText(entry, style);
    case 'fix':
      return `  ${fixText(entry, style)}\n`;
    case 'note':
      return `\n  ${style.yellow('▲')} ${printable(entry.words)}\n`;
    case 'tick':
      return `  ${entry.state === 'done' ? '☑' : '☐'} ${oneLine(entry.text)}\n`;
    case 'value':
      return `  ${style.dim(`{${entry.name}} is ${oneLine(entry.value)}`)}\n`;
    case 'step':
      return ended(entry.outcome, entry.command?.duration_ms ?? null, entry.why, style);
    case 'bash':
      return entry.outcome === 'shown'
        ? ''
        : ended(entry.outcome, entry.command?.duration_ms ?? null, entry.why, style);
    case 'wait': {
      const mark = { held: good, timeout: bad, skipped: style.yellow('▲'), shown: style.dim('·'), interrupted: bad }[
        entry.outcome
      ];
      const after = entry.outcome === 'shown' ? 'would wait until' : `waited ${durationText(entry.waited_ms)} until`;
      return `  ${mark} ${after} ${entry.condition}: ${oneLine(entry.words)}\n`;
    }
    case 'confirm':
      return `  ${entry.outcome === 'declined' ? bad : good} ${oneLine(entry.words)} ${entry.outcome}\n`;
    case 'rollback': {
      if (entry.outcome !== 'offered') return ended(entry.outcome, entry.command?.duration_ms ?? null, null, style);
      const command = entry.argv === null ? '' : `  ${style.cyan(`$ ${oneLine(commandText(entry.argv))}`)}`;
      return `  ${style.dim('way back:')} ${oneLine(entry.words)}${command}\n`;
    }
    case 'remark':
      return `  ${style.yellow('▲')} ${oneLine(entry.words)}\n`;
    case 'ended':
      return endText(entry, style);
    case 'goto':
    case 'checklist':
    case 'step-begun':
      return '';
  }
}

function causeText(entry: Extract<Entry, { readonly kind: 'cause' }>, style: Style): string {
  const title = `${entry.code} ${oneLine(entry.words)}`;
  if (entry.state === 'absent') return `  ${style.dim(`– ${title}: not suspected`)}\n`;
  if (entry.state === 'unknown') return `  ${style.yellow('?')} ${title}: ${oneLine(entry.detail)}\n`;
  const fixes = entry.fixes.map((fix) => `    ${fixText(fix, style)}\n`);
  return `  ${style.red('✗')} ${style.bold(title)}\n    ${oneLine(entry.detail)}\n${fixes.join('')}`;
}

function fixText(
  { words, argv }: { readonly words: string; readonly argv: readonly string[] | null },
  style: Style,
): string {
  return `${style.dim('fix:')} ${oneLine(words)}${argv === null ? '' : `  ${style.cyan(oneLine(commandText(argv)))}`}`;
}

function ended(outcome: StepOutcome | 'offered', tookMs: number | null, why: string | null, style: Style): string {
  const mark =
    outcome === 'done'
      ? style.green('✓')
      : outcome === 'failed' || outcome === 'interrupted'
        ? style.red('✗')
        : style.dim('–');
  const took = tookMs === null ? '' : ` in ${durationText(tookMs)}`;
  return `      ${mark} ${outcome}${took}${why === null ? '' : `: ${oneLine(why)}`}\n`;
}

function endText(
  { outcome, words, code, open, next }: Extract<Entry, { readonly kind: 'ended' }>,
  style: Style,
): string {
  const good = outcome === 'finished';
  const left = open.length === 0 ? '' : `\n  left for people:\n${open.map((one) => `  ☐ ${oneLine(one)}`).join('\n')}`;
  const head = good
    ? `${style.green('✓')} ${style.bold(printable(words))}`
    : `${style.red('✗')} ${code === null ? '' : `${style.bold(style.red(`error[${code}]`))}: `}${oneLine(words)}`;
  return `\n${head}${left}\n${next.map((command) => `  ${style.cyan('next:')} ${oneLine(command)}\n`).join('')}`;
}

/** Paragraphs broken anew; lists, tables, quotes and what stands between fences as they are. */
function paragraphs(markdown: string, columns: number): string {
  return markdown
    .trim()
    .split(/^(```[\s\S]*?^```)$/m)
    .map((piece, index) => (index % 2 === 1 ? piece : wrapped(piece, columns)))
    .filter((piece) => piece !== '')
    .join('\n\n');
}

function wrapped(prose: string, columns: number): string {
  return prose
    .trim()
    .split(/\n{2,}/)
    .map((block) => (/^\s*(?:[-*|>]|\d+\.)/.test(block) ? block : wrap(block, columns)))
    .join('\n\n');
}

function indented(text: string, indent: string, paint: (text: string) => string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : indent + paint(line)))
    .join('\n');
}
