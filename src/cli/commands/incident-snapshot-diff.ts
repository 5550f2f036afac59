/** `sentinel incident snapshot diff`: what changed between two snapshots. Offline; unpacks nothing to disk. */
import { exitCodes } from '../../base/exit-codes.ts';
import { diffBundles, type DiffSection, isCompared } from '../../incident/bundle/diff/bundle-diff.ts';
import type { Bundle } from '../../incident/bundle/read.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenBundle } from '../incident/chosen-bundle.ts';
import type { Style } from '../streams.ts';
import { countText, durationText, momentText, oneLine } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const [first, second] = [invocation.argument('a') ?? '', invocation.argument('b') ?? ''];
  const a = await chosenBundle(invocation, first, { wanted: isCompared });
  const b = await chosenBundle(invocation, second, { wanted: isCompared });
  const { sections, notes } = diffBundles(a, b);
  const differs = sections.some(({ differences }) => differences.length > 0);
  const changed = differs && invocation.flag('exit-code');
  return {
    kind: 'report',
    exitCode: changed ? exitCodes.changes : exitCodes.ok,
    status: changed ? 'problems' : 'ok',
    data: { a: sideOf(a), b: sideOf(b), differs, sections },
    warnings: notes,
    text: (style) =>
      [
        headText('A', a, style),
        headText('B', b, style),
        apartText(a, b),
        ...notes.map((words) => style.yellow(`▲ ${oneLine(words)}\n`)),
        ...sections.map((section) => sectionText(section, style)),
      ].join(''),
  };
}

function sideOf({ path, sha256, manifest }: Bundle) {
  const { incident, host, created, redaction } = manifest;
  return { file: path, sha256, incident, host, created, profile: redaction.profile };
}

function headText(name: string, { manifest }: Bundle, style: Style): string {
  const { incident, host, created } = manifest;
  return `${style.bold(name)} ${oneLine(`${incident} ${host}`)} ${momentText(created)}\n`;
}

function apartText(a: Bundle, b: Bundle): string {
  const ms = Date.parse(b.manifest.created) - Date.parse(a.manifest.created);
  return ms > 0 ? `B was taken ${durationText(ms)} after A.\n` : '';
}

function sectionText({ name, unknown, differences, more }: DiffSection, style: Style): string {
  if (unknown !== null) return `\n${style.bold(name)}\n  ${style.yellow(`? not compared: ${oneLine(unknown)}`)}\n`;
  if (differences.length === 0) return `\n${style.bold(name)}\n  ${style.green('✓')} the same\n`;
  const paints = { '+': style.green, '-': style.red, '~': style.yellow } as const;
  const lines = differences.map(({ sign, words }) => `  ${paints[sign](sign)} ${oneLine(words)}\n`);
  const rest = more === 0 ? '' : style.dim(`  and ${countText(more)} more\n`);
  return `\n${style.bold(name)}\n${lines.join('')}${rest}`;
}
