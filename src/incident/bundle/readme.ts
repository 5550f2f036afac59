/** `README.md` of a bundle: what somebody reads first who has nothing but the file. Called by the writer of bundles; pure. */
import { bytesText } from '../../base/units.ts';
import type { RedactionReport } from '../redaction/scrubber.ts';
import { type BundleFacts, type ManifestItem, shortDigest } from './manifest.ts';

export interface ReadmeFacts {
  readonly facts: BundleFacts;
  readonly items: readonly ManifestItem[];
  readonly redaction: RedactionReport;
  /** SHA-256 of the items, in hex. */
  readonly digest: string;
  /** Name of the archive. */
  readonly name: string;
}

const profileWords: Readonly<Record<RedactionReport['profile'], string>> = {
  internal: 'secrets are taken out; addresses and host names are as they were',
  share: 'secrets are taken out; addresses, hosts, users, mail addresses and ids in paths are tokens',
  paranoid: 'secrets, bodies, values of headers and queries are taken out; addresses, hosts and users are tokens',
  none: '**nothing was taken out: this bundle may hold secrets**',
};

const verdictWords = { ok: 'nothing was wrong', problems: 'something was wrong', unknown: 'nobody could say' } as const;

export function readmeOf({ facts, items, redaction, digest, name }: ReadmeFacts): string {
  const { incident, title, host, created, window, tool, daemon, complete, incomplete, verdict, journal } = facts;
  const there = items.filter(({ sha256 }) => sha256 !== null);
  const missing = items.filter(({ error }) => error !== undefined);
  return paragraphs([
    `# ${cell(incident)}${title === null ? '' : `: ${cell(title)}`}`,
    [
      `A snapshot of \`${host}\`, taken ${created} by sentinel ${tool.version} (Node ${tool.node}).`,
      `It holds what happened from ${window.since} to ${window.until}. The daemon: ${cell(daemon)}.`,
    ].join('\n'),
    '## Verdict',
    verdict === null
      ? 'None could be made.'
      : [
          `${verdict.severity ?? ''} ${verdictWords[verdict.status]}.`.trim(),
          ...verdict.words.map((words) => `- ${cell(words)}`),
          ...verdict.next.map((command) => `- next: \`${cell(command)}\``),
        ].join('\n'),
    '## What is here',
    table(
      ['File', 'Size', 'From', 'Left out'],
      there.map(({ path, bytes, source, truncated }) => [
        `\`${path}\``,
        bytesText(bytes ?? 0),
        source,
        truncated ?? '',
      ]),
    ),
    '## What is missing',
    [
      complete ? 'Nothing that an analysis cannot do without.' : `**Not complete**: ${cell(incomplete.join('; '))}.`,
      missing.length === 0 ? 'Every source answered.' : '',
    ]
      .filter((line) => line !== '')
      .join('\n'),
    missing.length === 0
      ? ''
      : table(
          ['File', 'From', 'Why it is not here'],
          missing.map(({ path, source, error }) => [`\`${path}\``, source, error ?? '']),
        ),
    '## What was taken out',
    `Profile \`${redaction.profile}\`: ${profileWords[redaction.profile]}.`,
    countTable('Rule', 'Replacements', redaction.by_rule),
    Object.keys(redaction.tokens).length === 0
      ? ''
      : 'A token such as `[IP:7f3a]` stands for one and the same value all over this bundle, and for another in every other bundle.',
    countTable('Token', 'Distinct values', redaction.tokens),
    '## How to check it, and how to go on',
    `SHA-256 of the items, as it can be read out: \`${shortDigest(digest)}\`${
      journal === null
        ? ''
        : `. The journal of the incident ends at entry ${journal.seq}, \`${journal.hash.slice(0, 12)}\``
    }.`,
    [
      '```sh',
      `sentinel incident snapshot verify ${name}`,
      `sentinel incident snapshot show ${name}`,
      `sentinel diagnose --bundle ${name}`,
      `tar -xzf ${name} && sha256sum -c SHA256SUMS`,
      '```',
    ].join('\n'),
  ]);
}

function paragraphs(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function countTable(name: string, count: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return rows.length === 0
    ? ''
    : table(
        [name, count],
        rows.map(([key, value]) => [key, String(value)]),
      );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** On one line, and no end of a column. */
function cell(words: string): string {
  return words.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
