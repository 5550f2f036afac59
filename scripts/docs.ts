/**
 * The pages that are made from the program itself: error codes, commands, manual pages, rules and dashboard. `npm run docs` writes them;
 * a test holds that what is committed is what would be written.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shippedFiles } from '../src/alerting/shipped-files.ts';
import { codes } from '../src/base/codes.ts';
import { environmentVariables } from '../src/base/environment.ts';
import type { CommandSpec } from '../src/cli/command.ts';
import { helpOf } from '../src/cli/parser.ts';
import { allCommands, groups } from '../src/cli/tree.ts';
import { embeddedConfig } from '../src/config/load.ts';
import { renderConfigDocs } from '../src/config/schema/config-docs.ts';
import { renderConfigMan } from '../src/config/schema/config-man.ts';
import { type CauseFacts, causes } from '../src/proxy/shared/causes.ts';
import { renderEventDocs } from '../src/proxy/shared/event-catalogue.ts';
import { renderMetricDocs } from '../src/proxy/shared/metric-catalogue.ts';
import { shelfFolders } from '../src/runbook/shelf-folders.ts';
import { openShelf } from '../src/runbook/shelf.ts';
import { renderFilterDocs, renderFilterMan } from './filter-pages.ts';
import { renderRunbookDocs, renderRunbookMan } from './runbook-pages.ts';
import { renderAdminApiDocs } from './admin-api.ts';
import { commandManual, programManual } from './manual.ts';
import { renderCardMan, renderExitCodesMan, renderMetricsMan, renderSignalsMan } from './topic-pages.ts';
import { renderSeedCommands } from './seed-command-page.ts';
import { renderSeedRows } from './seed-rows-page.ts';
import { renderTopKeys } from './top-key-page.ts';

/** Those of the package alone. */
const shelf = await openShelf({ ...shelfFolders({}), site: null });

const generated = '<!-- Made by `npm run docs`; edit the tables that it comes from. -->';

/** Path from the root of the project → text. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/config.md', renderConfigDocs()],
    ['man/sentinel.kdl.5', renderConfigMan()],
    ['docs/errors.md', errorsPage()],
    ['docs/events.md', renderEventDocs()],
    ['docs/admin-api.md', renderAdminApiDocs()],
    ['docs/filters.md', renderFilterDocs(generated)],
    ['man/sentinel-filters.7', renderFilterMan()],
    ['docs/runbooks.md', renderRunbookDocs(generated)],
    ['man/sentinel-runbooks.7', renderRunbookMan()],
    ['docs/metrics.md', renderMetricDocs()],
    ['man/sentinel-metrics.7', renderMetricsMan()],
    ['man/sentinel-signals.7', renderSignalsMan()],
    ['man/sentinel-exit-codes.7', renderExitCodesMan()],
    ['man/sentinel-card.7', renderCardMan()],
    ['docs/seed-commands.md', renderSeedCommands(generated)],
    ['docs/seeds.md', renderSeedRows(generated)],
    ['docs/top-keys.md', renderTopKeys(generated)],
    ...shippedFiles(embeddedConfig().config.alerts),
    ['docs/commands/README.md', commandsPage()],
    ...allCommands.map((spec) => [`docs/commands/${fileName(spec)}.md`, commandPage(spec)] as const),
    ['man/sentinel.1', programManual(groups, environmentVariables)],
    ...allCommands.map((spec) => [`man/sentinel-${fileName(spec)}.1`, commandManual(spec)] as const),
  ]);
}

function fileName({ path: words }: CommandSpec): string {
  return words.join('-');
}

function errorsPage(): string {
  const pages = Object.entries(codes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { title, meaning, remedy }]) =>
        `### ${code}\n\n**${title}.** ${meaning}\n\n${remedy}\n${runbookLinks(code)}`,
    );
  const rows = Object.entries<CauseFacts>(causes).map(([cause, { status, source, proxyStatus, meaning, next }]) =>
    [
      cause,
      status === 0 ? "upstream's" : String(status),
      source,
      proxyStatus ?? '–',
      next === undefined ? meaning : `${meaning} ${next}`,
    ].join(' | '),
  );
  return [
    generated,
    '# Errors',
    '`sentinel explain CODE` prints the same without a network, with the section of its runbook. A code is a fact: it is never reused and never renumbered.',
    '## Causes',
    'Why a request ended other than by an answer of its upstream: field `cause` of the access log, label `cause` of `sentinel_errors_total`, and the `Proxy-Status` of the response.',
    `| Cause | Status | Source | Proxy-Status | Meaning |\n| --- | --- | --- | --- | --- |\n${rows.map((row) => `| ${row} |`).join('\n')}`,
    '## Codes',
    pages.join('\n'),
  ].join('\n\n');
}

/** Where runbooks deal with the code: the sections that hold its cause, else its finding. */
function runbookLinks(code: string): string {
  const links = (['cause', 'finding'] as const).map((kind) =>
    shelf.all().flatMap(({ id, title, items, sections }) => {
      const anchors = new Set(
        items.flatMap((item) => (item.kind === kind && item.code === code ? [item.section] : [])),
      );
      return sections
        .filter(({ anchor }) => anchors.has(anchor))
        .map((section) => `[${title}: ${section.title}](../runbooks/${id}.md#${section.anchor})`);
    }),
  );
  const found = links.find((some) => some.length > 0) ?? [];
  return found.length === 0 ? '' : `\nRunbook: ${found.join(', ')}\n`;
}

function commandsPage(): string {
  const lists = groups.map(({ title, commands }) => {
    const lines = commands.map(
      (spec) => `- [\`sentinel ${spec.path.join(' ')}\`](${fileName(spec)}.md) – ${spec.summary}`,
    );
    return `## ${title}\n\n${lines.join('\n')}`;
  });
  return `${[generated, '# Commands', ...lists].join('\n\n')}\n`;
}

function commandPage(spec: CommandSpec): string {
  const examples = spec.examples.map(({ command, meaning }) => `# ${meaning}\n${command}`).join('\n\n');
  const exits = spec.exits.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n');
  const parts = [
    generated,
    `# sentinel ${spec.path.join(' ')}`,
    `${capital(spec.summary)}.`,
    `\`\`\`sh\n${examples}\n\`\`\``,
    ...spec.description,
    ...counterpartTable(spec),
    `\`\`\`text\n${helpOf(spec).trimEnd()}\n\`\`\``,
    `| Exit status | Meaning |\n| --- | --- |\n${exits}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function counterpartTable({ counterparts = [] }: CommandSpec): readonly string[] {
  if (counterparts.length === 0) return [];
  const cell = (command: string): string => `\`${command.replace(/\s*\\\n\s*/g, ' ').replaceAll('|', '\\|')}\``;
  const rows = counterparts.map(([theirs, ours]) => `| ${cell(theirs)} | ${cell(ours)} |`);
  return [`| In runbooks | Here |\n| --- | --- |\n${rows.join('\n')}`];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (import.meta.main) {
  const root = path.dirname(import.meta.dirname);
  for (const [file, text] of generatedPages()) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
}
