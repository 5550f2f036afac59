/** `sentinel incident snapshot show`: what a bundle says and holds, or one file of it. Offline; unpacks nothing to disk. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { nearestWord } from '../../base/near-miss.ts';
import { bytesText } from '../../base/units.ts';
import { type Manifest, manifestPath, shortDigest } from '../../incident/bundle/manifest.ts';
import type { Bundle } from '../../incident/bundle/read.ts';
import type { Invocation, Outcome } from '../command.ts';
import { fittedTable } from '../fitted-table.ts';
import { chosenBundle } from '../incident/chosen-bundle.ts';
import type { Style } from '../streams.ts';
import { countText, durationText, momentText, oneLine, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const file = invocation.argument('file') ?? '';
  const path = invocation.argument('path');
  const bundle = await chosenBundle(invocation, file, { wanted: (name) => name === path });
  const { manifest, bytes, sha256 } = bundle;
  if (path !== undefined) return fileOf(bundle, file, path);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file: bundle.path, bytes, sha256, manifest },
    text: (style) => bundleText(invocation, bundle, style),
  };
}

function fileOf({ manifest, contents, files }: Bundle, file: string, path: string): Outcome {
  const content = contents.get(path);
  if (content === undefined) {
    const item = manifest.items.find((one) => one.path === path);
    const near = nearestWord(
      path,
      files.map((one) => one.path),
    );
    const why = item?.error === undefined ? (near === null ? '' : `; did you mean ${near}?`) : `: ${item.error}`;
    throw new SentinelError('SNT-I050', `${file} does not hold ${path}${why}`, {
      hint: `sentinel incident snapshot show ${file}${near === null || item !== undefined ? '' : ` ${near}`}`,
    });
  }
  const text = content.toString('utf8');
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { path, item: manifest.items.find((one) => one.path === path) ?? null, content: text },
    text: () => printable(text.endsWith('\n') || text === '' ? text : `${text}\n`),
  };
}

function bundleText(invocation: Invocation, bundle: Bundle, style: Style): string {
  const { manifest, bytes, sha256 } = bundle;
  const { incident, title, host, created, window, tool, daemon, items, bundle_sha256_of_items: digest } = manifest;
  const age = invocation.clock.wallMs() - Date.parse(created);
  const line = (name: string, words: string): string => `${style.dim(name.padEnd(LABEL))}${oneLine(words)}\n`;
  const missing = items.filter(({ error }) => error !== undefined);
  return [
    `${style.bold(oneLine(title === null ? incident : `${incident}: ${title}`))}\n`,
    line(
      'snapshot',
      `${host}, ${momentText(created)}${age >= 0 ? ` (${durationText(age)} ago)` : ''}, sentinel ${tool.version}`,
    ),
    line('window', `${momentText(window.since)} to ${momentText(window.until)}`),
    line('daemon', daemon),
    verdictText(manifest, style),
    line('archive', `${bytesText(bytes)}, SHA-256 ${sha256}`),
    line('items', `${shortDigest(digest)} (to be read out)`),
    redactionText(manifest, style),
    '\n',
    itemTable(bundle, invocation, style),
    missing.length === 0 ? '' : `\n${style.bold('missing')}\n`,
    ...missing.map(
      ({ path, source, error }) =>
        `  ${style.yellow('?')} ${oneLine(path)}: ${oneLine(error ?? '')} ${style.dim(`[${oneLine(source)}]`)}\n`,
    ),
    completeText(manifest, style),
  ].join('');
}

const LABEL = 10;

function verdictText({ verdict }: Manifest, style: Style): string {
  const label = style.dim('verdict'.padEnd(LABEL));
  if (verdict === null) return `${label}${style.yellow('? none could be made')}\n`;
  const [paint, mark] = {
    ok: [style.green, '✓'] as const,
    problems: [style.red, '✗'] as const,
    unknown: [style.yellow, '?'] as const,
  }[verdict.status];
  const [
    first = { ok: 'nothing wrong', problems: 'something is wrong', unknown: 'nobody can say' }[verdict.status],
    ...more
  ] = verdict.words.map(oneLine);
  const severity =
    verdict.severity === null || first.startsWith(verdict.severity) ? '' : `${oneLine(verdict.severity)} `;
  return [
    `${label}${paint(`${mark} ${severity}${first}`)}\n`,
    ...more.map((words) => `${' '.repeat(LABEL)}${words}\n`),
  ].join('');
}

function redactionText({ redaction }: Manifest, style: Style): string {
  const label = style.dim('redacted'.padEnd(LABEL));
  if (redaction.profile === 'none') return `${label}${style.red('▲ nothing: it may hold secrets')}\n`;
  const count = Object.values(redaction.by_rule).reduce((sum, one) => sum + one, 0);
  const tokens = Object.entries(redaction.tokens).map(([kind, number]) => `${countText(number)} ${oneLine(kind)}`);
  const files = Object.keys(redaction.by_file).length;
  const plural = (number: number, word: string): string => `${countText(number)} ${word}${number === 1 ? '' : 's'}`;
  const words = `${redaction.profile}: ${plural(count, 'replacement')} in ${plural(files, 'file')}`;
  return `${label}${words}${tokens.length === 0 ? '' : `; tokens for ${tokens.join(', ')}`}\n`;
}

function itemTable({ manifest }: Bundle, { stdout }: Invocation, style: Style): string {
  const rows = manifest.items
    .filter(({ sha256 }) => sha256 !== null)
    .map(({ path, bytes, started, source, truncated }) => ({
      cells: [path, bytesText(bytes ?? 0), ageText(started, manifest.created), truncated ?? '', source],
      ...(truncated === undefined ? {} : { paint: style.yellow }),
    }));
  if (rows.length === 0) return 'It holds nothing but its manifest.\n';
  return fittedTable(
    [
      { title: 'PATH' },
      { title: 'SIZE', right: true },
      { title: 'TAKEN', right: true, drop: 3 },
      { title: 'LEFT OUT', drop: 1 },
      { title: 'FROM', drop: 2 },
    ],
    rows,
    style,
    stdout,
  );
}

/** How long before or after the moment of the snapshot. */
function ageText(started: string, created: string): string {
  const ms = Date.parse(started) - Date.parse(created);
  return `${ms < 0 ? '-' : '+'}${durationText(Math.abs(ms))}`;
}

function completeText({ complete, incomplete }: Manifest, style: Style): string {
  if (complete) return '';
  const why = incomplete.map(oneLine).join('; ');
  return style.yellow(`? not complete${why === '' ? '' : `: ${why}`}; ${manifestPath} has the reasons\n`);
}
