/** What `incident snapshot` prints: its result, and its plan. Text only; asks nobody. */
import { bytesText } from '../../base/units.ts';
import { type Manifest, shortDigest } from '../../incident/bundle/manifest.ts';
import type { SnapshotPlan } from '../../incident/collect/plan.ts';
import type { Snapshot } from '../../incident/collect/snapshot.ts';
import type { Profile } from '../../incident/redaction/scrubber.ts';
import type { Style } from '../streams.ts';
import { oneLine, sideBySide, table, wrap } from '../text.ts';

export interface SnapshotResult {
  readonly snapshot: Snapshot;
  readonly incident: string;
  /** `opened`, `in it`; null = in none. */
  readonly remarks: readonly string[];
  readonly warnings: readonly string[];
  readonly mapFile: string | null;
  /** Somebody ended it early. */
  readonly early: boolean;
  readonly next: readonly string[];
}

const MOST_MISSING = 12;

export function resultText(result: SnapshotResult, style: Style): string {
  const { snapshot, remarks, warnings, mapFile, early, next } = result;
  const { bundle, files } = snapshot;
  const { manifest } = bundle;
  const { items, complete, incomplete, verdict, redaction } = manifest;
  const found = items.filter(({ sha256 }) => sha256 !== null);
  const mark = complete ? style.green('✓') : style.yellow('▲');
  const lines = [
    ...remarks.map((remark) => `${style.dim(oneLine(remark))}\n`),
    `${mark} ${style.bold(bundle.path)}\n`,
    row('size', `${bytesText(bundle.bytes)}, ${found.length} files${early ? ', ended early' : ''}`, style),
    row('sha256', `${shortDigest(bundle.sha256)} …`, style),
    ...(complete ? [] : [row('lacks', `${incomplete.join('; ')}: no analysis can do without`, style)]),
    ...missingLines(manifest, style),
    ...truncatedLines(manifest, style),
    row('verdict', verdict === null ? 'none could be made' : (verdict.words[0] ?? verdict.status), style),
    row('redacted', redactionWords(redaction), style),
    ...(mapFile === null ? [] : [row('map', `${mapFile}: keep it apart from the bundle`, style)]),
    ...(files === null || files.written.length === 0
      ? []
      : [row('beside it', `${files.written.join(', ')}${files.folder === '' ? '' : ` in ${files.folder}`}`, style)]),
    ...warnings.map((warning) => `${style.yellow('▲')} ${oneLine(warning)}\n`),
    `  ${style.cyan('next:')} ${sideBySide(next, style.columns - 8).replaceAll('\n', '\n        ')}\n`,
  ];
  return lines.join('');
}

function row(name: string, words: string, style: Style): string {
  const width = Math.max(40, style.columns - 14);
  const [first = '', ...rest] = wrap(oneLine(words), width).split('\n');
  return `  ${style.dim(name.padEnd(10))}${first}\n${rest.map((line) => `${' '.repeat(12)}${line.trimStart()}\n`).join('')}`;
}

/** What could not be had, by the reason: a dead daemon is one reason for twenty files. */
function missingLines({ items }: Manifest, style: Style): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { path, error } of items) {
    if (error !== undefined) byReason.set(error, [...(byReason.get(error) ?? []), path]);
  }
  const reasons = [...byReason].toSorted((a, b) => b[1].length - a[1].length);
  const lines = reasons.slice(0, MOST_MISSING).map(([why, paths], index) => {
    const [first = '', ...others] = paths;
    const what = others.length === 0 ? first : `${first} and ${others.length} more`;
    return row(index === 0 ? 'missing' : '', `${what}: ${why}`, style);
  });
  const left = reasons.length - lines.length;
  return left > 0 ? [...lines, row('', `and ${left} more, in README.md of the bundle`, style)] : lines;
}

function truncatedLines({ items }: Manifest, style: Style): readonly string[] {
  return items
    .filter(({ truncated }) => truncated !== undefined)
    .slice(0, MOST_MISSING)
    .map(({ path, truncated }, index) => row(index === 0 ? 'left out' : '', `of ${path}: ${truncated}`, style));
}

function redactionWords({ profile, by_rule, tokens }: Manifest['redaction']): string {
  if (profile === 'none') return 'nothing: it holds every secret as it is (--redact none)';
  const replaced = Object.values(by_rule).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(tokens).map(([kind, count]) => `${count} ${kind}`);
  return `${profile}: ${replaced} places${kinds.length === 0 ? '' : `; tokens for ${kinds.join(', ')}`}`;
}

/** What each profile looks for, for the plan. */
export const profileWords: Readonly<Record<Profile, string>> = {
  internal:
    'secrets: those of the configuration and the environment, in every spelling; credentials in headers, URLs and keys; PEM keys, tokens and cookies by their shapes',
  share: 'what internal takes, and addresses, hosts, users, e-mail addresses and ids in paths become tokens',
  paranoid: 'what share takes, and bodies, values of headers and of queries are dropped',
  none: 'nothing: every secret stays in it',
};

export function planText(plan: SnapshotPlan, place: string, profile: Profile, style: Style): string {
  const rows = plan.items.map(({ path, source, class: itemClass, estimate_bytes: bytes }) => [
    path,
    itemClass,
    bytes === 0 ? '–' : bytesText(bytes),
    source,
  ]);
  const columns = [{ title: 'FILE' }, { title: 'CLASS' }, { title: 'ABOUT', right: true }, { title: 'SOURCE' }];
  return [
    table(columns, rows),
    row('where', place, style),
    row('size', `about ${bytesText(plan.estimate_bytes)} before it is compressed; never more than 64 MiB after`, style),
    row('time', `${plan.total_ms / 1000} s at most, then it is written`, style),
    row('takes out', `${profile}: ${profileWords[profile]}`, style),
    style.dim('nothing was asked and nothing written\n'),
  ].join('');
}
