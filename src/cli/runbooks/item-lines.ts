/** One machine part of a runbook in a line or a few, as `runbook show` prints it. Makes text; runs nothing. */
import type { Goto, Item } from '../../runbook/model.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

/** @param questions the words of those that facts answer, by name */
export function itemLines(item: Item, questions: Readonly<Record<string, string>>, style: Style): readonly string[] {
  const { bold, dim, yellow } = style;
  const command = (words: readonly string[] | null, before = ''): readonly string[] =>
    words === null ? [] : [`      ${before}${style.cyan(commandText(words))}`];
  switch (item.kind) {
    case 'probe':
      return [dim(`  looks at ${item.name}`)];
    case 'ask': {
      const words = item.words ?? questions[item.question] ?? item.question;
      const ways = [way('yes', item.yes), way('no', item.no)].filter((one) => one !== null);
      return [`  ${bold('?')} ${printable(words)}`, `      ${ways.join('   ')}`];
    }
    case 'finding':
      return [`  ${yellow(printable(item.code))}`];
    case 'cause':
      return [
        `  ${bold('•')} ${printable(item.words)}  ${dim(item.code)}`,
        ...item.fixes.flatMap((fix) => [`      ${printable(fix.words)}`, ...command(fix.command, '  ')]),
      ];
    case 'fix':
      return [`  ${bold('•')} ${printable(item.words)}`, ...command(item.command)];
    case 'step': {
      const effect = item.effect === 'observe' ? '' : yellow(` [${item.effect}]`);
      const needs = item.needs.length === 0 ? [] : [dim(`      only when: ${item.needs.join(', ')}`)];
      const byHand = item.command === null ? [dim('      by hand')] : [];
      const noUndo = item.noUndo === null ? [] : [dim(`      no way back: ${printable(item.noUndo)}`)];
      return [
        `  ${bold('▸')} ${printable(item.words)}  ${dim(item.name)}${effect}`,
        ...needs,
        ...command(item.command),
        ...byHand,
        ...command(item.undo, dim('back: ')),
        ...noUndo,
      ];
    }
    case 'assert':
      return [`  ${bold('!')} only when ${item.answer}: ${questions[item.question] ?? item.question}`];
    case 'wait': {
      const held = item.forMs === 0 ? '' : ` for ${durationText(item.forMs)}`;
      return [`  ${bold('…')} wait until ${item.condition}${held}, at most ${durationText(item.timeoutMs)}`];
    }
    case 'confirm': {
      const typed = item.typed === null ? '' : dim(`  (type ${printable(item.typed)})`);
      return [`  ${bold('!')} ${printable(item.words)}${typed}`];
    }
    case 'rollback': {
      const words = item.words ?? `take back the step ${item.step ?? ''}`;
      return [`  ${bold('↩')} ${printable(words)}`, ...command(item.command)];
    }
    case 'note':
      return [`  ${printable(item.words)}`];
  }
}

function way(answer: string, to: Goto | null): string | null {
  if (to === null) return null;
  return `${answer} → ${to.runbook ?? ''}${to.anchor === null ? '' : `#${printable(to.anchor)}`}`;
}

/** As it would be typed: what a shell would take apart is quoted. */
export function commandText(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
