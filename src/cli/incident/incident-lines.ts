/** What commands of incidents say of one, in lines: which it is, what is due, what comes next. Text only; asks nobody. */
import type { Deadline } from '../../incident/record/deadlines.ts';
import type { Sev } from '../../base/severity.ts';
import type { Incident, Phase } from '../../incident/record/incident.ts';
import type { Style } from '../streams.ts';
import { durationText, momentText, oneLine, wrap } from '../text.ts';

/** Of a narrower column nobody reads a sentence; it goes below its command. */
const ROOM_FOR_MEANING = 24;

/** `INC-20261121-001  SEV2  open  checkout fails` */
export function headLine(incident: Incident, style: Style): string {
  const { id, sev, phase, title } = incident;
  const words = [style.bold(id), sevText(sev, style), phaseText(phase, style)];
  if (title === null) return words.join('  ');
  // A mark may stand before it.
  const lead = `${id}  ${sev ?? 'SEV?'}  ${phase}  `.length + 2;
  const lines = wrap(oneLine(title), Math.max(20, style.columns - lead)).split('\n');
  return [...words, lines.join(`\n${' '.repeat(lead)}`)].join('  ');
}

export function sevText(sev: Sev | null, style: Style): string {
  if (sev === null) return style.yellow('SEV?');
  return sev === 'SEV1' || sev === 'SEV2' ? style.red(sev) : sev === 'SEV3' ? style.yellow(sev) : sev;
}

export function phaseText(phase: Phase, style: Style): string {
  return phase === 'open' || phase === 'identified'
    ? style.red(phase)
    : phase === 'closed'
      ? phase
      : style.green(phase);
}

/** `13:04:07Z` of today, else with its date. */
export function clockText(iso: string, nowMs: number): string {
  const text = momentText(iso);
  return text.startsWith(new Date(nowMs).toISOString().slice(0, 10)) ? text.slice(11) : text;
}

/** `4m 10s ago`, `in 10m 50s`. */
export function distanceText(iso: string, nowMs: number): string {
  const ms = Date.parse(iso) - nowMs;
  return ms > 0 ? `in ${durationText(ms)}` : `${durationText(-ms)} ago`;
}

/** `acknowledge it within 10m 50s, by 13:15:53Z`; `✗ acknowledge it: 3m 10s late, was due …`; `✓ … `. */
export function deadlineLine({ words, due, done, late }: Deadline, nowMs: number, style: Style): string {
  const what = oneLine(words);
  const by = clockText(due, nowMs);
  if (done !== null) {
    const past = Date.parse(done) - Date.parse(due);
    const when = past > 0 ? style.yellow(`${durationText(past)} late`) : 'in time';
    return `${style.green('✓')} ${what}: done ${clockText(done, nowMs)}, ${when}`;
  }
  if (late) return style.red(`✗ ${what}: ${durationText(nowMs - Date.parse(due))} overdue, was due ${by}`);
  return `• ${what}: ${durationText(Date.parse(due) - nowMs)} left, by ${by}`;
}

/** Commands to type next, each with what it is for, one below the other: they are copied. */
export function nextLines(next: readonly (readonly [command: string, meaning: string])[], style: Style): string {
  const width = Math.max(0, ...next.map(([command]) => command.length));
  const room = style.columns - width - 11;
  return next
    .map(([command, meaning], index) => {
      const label = index === 0 ? style.cyan('next: ') : '      ';
      const beside = room >= Math.min(ROOM_FOR_MEANING, meaning.length);
      const lines = wrap(meaning, beside ? room : Math.max(ROOM_FOR_MEANING, style.columns - 10)).split('\n');
      if (beside)
        return `  ${label}${command.padEnd(width)}   ${lines.map((line) => style.dim(line)).join(`\n${' '.repeat(width + 11)}`)}\n`;
      return `  ${label}${command}\n${lines.map((line) => `          ${style.dim(line)}\n`).join('')}`;
    })
    .join('');
}

/** A paragraph below a label, within the width of the screen. */
export function hanging(label: string, text: string, columns: number): string {
  const indent = ' '.repeat(label.length);
  const lines = wrap(oneLine(text), Math.max(20, columns - label.length)).split('\n');
  return lines.map((line, index) => `${index === 0 ? label : indent}${line}\n`).join('');
}

/** A command as it is typed for an incident: named by an option or an argument, unless it is the only one that is open. */
export function typed(command: string, id: string, how: 'argument' | 'option', only: boolean): string {
  if (only) return command;
  return how === 'argument' ? `${command} ${id}` : `${command} -i ${id}`;
}
