/** A transcript for people: what happened in a run, in order, as Markdown. Made from its entries alone. */
import { commandText } from './argument-list.ts';
import type { BegunEntry, CommandRecord, Entry } from './entry.ts';

/** @param entries as they were written, the first of them `begun` */
export function markdownTranscript(entries: readonly Entry[]): string {
  const pieces = entries.map(pieceOf).filter((piece) => piece !== '');
  // Lines of a list belong together; all else stands apart.
  return `${pieces.reduce((text, piece) => {
    const together = piece.startsWith('- ') && /(?:^|\n)(?:- |  )[^\n]*$/.test(text);
    return text === '' ? piece : `${text}${together ? '\n' : '\n\n'}${piece}`;
  }, '')}\n`;
}

function pieceOf(entry: Entry): string {
  switch (entry.kind) {
    case 'begun':
      return head(entry);
    case 'resumed':
      return `**Gone on with** by ${code(entry.actor)} on ${code(entry.host)} at ${entry.at}`;
    case 'section':
      return `${'#'.repeat(Math.min(6, entry.depth + 1))} ${entry.title}`;
    case 'goto':
      return `- on to ${code(entry.to)}`;
    case 'probe':
      return [
        `- probe **${entry.name}**${entry.state === 'unknown' ? ' (not known)' : ''}`,
        ...nested(entry.lines),
      ].join('\n');
    case 'answer': {
      const who = { facts: 'facts', operator: 'the operator', option: 'the command line' }[entry.by];
      const led = entry.led_to === null ? '' : ` → ${code(entry.led_to)}`;
      const lines = [`- ${entry.title} **${entry.answer}**, say ${who}: ${entry.words}${led}`];
      return [
        ...lines.map((line) => line.replace('say the', 'says the')),
        ...nested(entry.evidence.map(({ source, words }) => `${source}: ${words}`)),
      ].join('\n');
    }
    case 'check': {
      const what = { assert: 'assert', need: 'needs', again: 'still' }[entry.what];
      const verdict = {
        holds: 'holds',
        fails: 'does not hold',
        unknown: 'not known',
        later: 'would be looked at then',
        waived: 'passed over',
      };
      return `- ${what} ${code(entry.question)} ${entry.expected}: **${verdict[entry.result]}** (${entry.words})`;
    }
    case 'finding':
      return entry.state === 'absent' ? '' : `- ${entry.code} ${entry.title}: **${entry.state}** ${entry.words}`;
    case 'cause': {
      if (entry.state === 'absent') return '';
      const strength = entry.state === 'suspected' ? `suspected (${entry.strength.toFixed(2)})` : 'not known';
      return [
        `- ${entry.code} ${entry.words}: **${strength}** ${entry.detail}`,
        ...nested(entry.fixes.map(fixText)),
      ].join('\n');
    }
    case 'fix':
      return `- ${fixText(entry)}`;
    case 'note':
      return `> ${entry.words}`;
    case 'tick':
      return `- [${entry.state === 'done' ? 'x' : ' '}] ${entry.text}`;
    case 'value':
      return `- {${entry.name}} is ${code(entry.value)}`;
    case 'step': {
      const title = `**Step ${entry.number}: ${entry.name}** (${entry.effect}) ${entry.words}`;
      const planned =
        entry.command === null && entry.argv !== null ? fence('console', `$ ${commandText(entry.argv)}`) : '';
      const undo =
        entry.undo === null || entry.effect === 'observe' ? '' : `taken back by ${code(commandText(entry.undo))}`;
      return blocks(title, planned, run(entry.command), outcome(entry.outcome, entry.command, entry.why), undo);
    }
    case 'bash':
      if (entry.outcome === 'shown') return '';
      return blocks(
        `**Bash ${entry.number}**`,
        fence('bash', entry.text),
        run(entry.command),
        outcome(entry.outcome, entry.command, entry.why),
      );
    case 'wait':
      return `- wait until ${code(entry.condition)}: **${entry.outcome}** after ${(entry.waited_ms / 1000).toFixed(1)} s (${entry.words})`;
    case 'confirm':
      return `- ${entry.words} **${entry.outcome}**`;
    case 'rollback':
      if (entry.outcome === 'offered')
        return `- rollback: ${entry.words}${entry.argv === null ? '' : ` (${code(commandText(entry.argv))})`}`;
      return blocks(`**Rollback** ${entry.words}`, run(entry.command), outcome(entry.outcome, entry.command, null));
    case 'remark':
      return `> ${entry.words}`;
    case 'ended':
      return [
        `**${entry.outcome === 'finished' ? '✓' : '✗'} ${entry.outcome}** at ${entry.at}: ${entry.words} (exit status ${entry.exit_code})`,
        ...entry.open.map((one) => `- [ ] ${one}`),
        ...entry.next.map((command) => `- next: ${code(command)}`),
      ].join('\n');
    case 'checklist':
    case 'step-begun':
      return '';
  }
}

function head(entry: BegunEntry & { readonly at: string }): string {
  const { runbook, title, severity, digest, mode, actor, host, run: name, at, version } = entry;
  const rows = [
    ['Runbook', `${code(runbook)}${severity === null ? '' : `, ${severity}`}, text ${code(digest.slice(0, 12))}`],
    ['Run', `${code(name)}${mode === 'dry-run' ? ', a dry run' : ''}`],
    ['Begun', at],
    ['By', `${code(actor)} on ${code(host)}, sentinel ${version}`],
  ];
  return [`# ${title}`, '', '| | |', '|---|---|', ...rows.map(([key, value]) => `| ${key} | ${value} |`)].join('\n');
}

function run(command: CommandRecord | null): string {
  if (command === null) return '';
  const cut = command.truncated ? '… (the beginning is left out)\n' : '';
  return fence('console', `$ ${commandText(command.argv)}\n${cut}${command.output.trimEnd()}`.trimEnd());
}

function outcome(what: string, command: CommandRecord | null, why: string | null): string {
  const how =
    command === null
      ? ''
      : ` in ${(command.duration_ms / 1000).toFixed(1)} s${command.exit === null ? '' : `, exit status ${command.exit}`}`;
  return `${what}${how}${why === null ? '' : `: ${why}`}`;
}

function fixText({ words, argv }: { readonly words: string; readonly argv: readonly string[] | null }): string {
  return `fix: ${words}${argv === null ? '' : ` (${code(commandText(argv))})`}`;
}

function nested(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  - ${line}`);
}

function blocks(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Longer than any run of backticks in it, so that it cannot end early. */
function fence(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
