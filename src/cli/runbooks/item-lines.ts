/** One machine part of a runbook in a line or a few, as `runbook show` prints it. Makes text; runs nothing. */
import type { Goto, Item } from '../../runbook/model.ts';
import { commandText } from '../../runbook/run/argument-list.ts';
import type { Style } from '../streams.ts';
import { durationText, oneLine, printable, wrap } from '../text.ts';

/** @param questions the words of those that facts answer, by name */
export function itemLines(item: Item, questions: Readonly<Record<string, string>>, style: Style): readonly string[] {
  const { bold, dim, yellow } = style;
  const columns = Math.max(20, Math.min(100, style.columns));
  /** Words behind a sign, on as many lines as they need; what stands behind them is painted as it is. */
  const said = (sign: string, words: string, behind = ''): string => {
    const indent = sign === '' ? '  ' : '    ';
    const [first = '', ...rest] = wrap(printable(words), columns - indent.length).split('\n');
    const lines = [`  ${sign === '' ? '' : `${bold(sign)} `}${first}`, ...rest.map((line) => indent + line)];
    return lines.join('\n') + behind;
  };
  const below = (words: string): string => wrap(printable(words), columns - 6).replaceAll(/^/gm, '      ');
  const command = (words: readonly string[] | null, before = ''): readonly string[] =>
    words === null ? [] : [`      ${before}${style.cyan(oneLine(commandText(words)))}`];
  switch (item.kind) {
    case 'probe':
      return [dim(`  looks at ${item.name}`)];
    case 'ask': {
      const words = item.words ?? questions[item.question] ?? item.question;
      const ways = [way('yes', item.yes), way('no', item.no)].filter((one) => one !== null);
      return [said('?', words), `      ${ways.join('   ')}`];
    }
    case 'finding':
      return [`  ${yellow(printable(item.code))}`];
    case 'cause':
      return [
        said('•', item.words, `  ${dim(item.code)}`),
        ...item.fixes.flatMap((fix) => [below(fix.words), ...command(fix.command, '  ')]),
      ];
    case 'fix':
      return [said('•', item.words), ...command(item.command)];
    case 'step': {
      const effect = item.effect === 'observe' ? '' : yellow(` [${item.effect}]`);
      const needs = item.needs.length === 0 ? [] : [dim(`      only when: ${item.needs.join(', ')}`)];
      const byHand = item.command === null ? [dim('      by hand')] : [];
      const noUndo = item.noUndo === null ? [] : [dim(below(`no way back: ${item.noUndo}`))];
      return [
        said('▸', item.words, `  ${dim(item.name)}${effect}`),
        ...needs,
        ...command(item.command),
        ...byHand,
        ...command(item.undo, dim('back: ')),
        ...noUndo,
      ];
    }
    case 'assert':
      return [said('!', `only when ${item.answer}: ${questions[item.question] ?? item.question}`)];
    case 'wait': {
      const held = item.forMs === 0 ? '' : ` for ${timeText(item.forMs)}`;
      return [`  ${bold('…')} wait until ${item.condition}${held}, at most ${timeText(item.timeoutMs)}`];
    }
    case 'confirm': {
      const typed = item.typed === null ? '' : dim(`  (type ${printable(item.typed)})`);
      return [said('!', item.words, typed)];
    }
    case 'rollback': {
      const words = item.words ?? `take back the step ${item.step ?? ''}`;
      return [said('↩', words), ...command(item.command)];
    }
    case 'note':
      return [said('', item.words)];
  }
}

/** `2m`, `1m 30s`. */
function timeText(ms: number): string {
  return durationText(ms).replace(/ 00?[a-z]$/, '');
}

function way(answer: string, to: Goto | null): string | null {
  if (to === null) return null;
  return `${answer} → ${to.runbook ?? ''}${to.anchor === null ? '' : `#${printable(to.anchor)}`}`;
}
