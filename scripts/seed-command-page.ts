/** The page that accounts for every command that the seed runbooks print: from the ledger and the seeds. Makes text; checks nothing. */
import { everySeedCommand, type SeedCommand, seedQueries } from '../test/seeds/seed-commands.ts';
import { incidentRows, queryLedger, type SeedAccount, seedDefects, seedLedger } from '../test/seeds/seed-ledger.ts';

const seedFolder = '../test/seeds';

export function renderSeedCommands(generated: string): string {
  const commands = everySeedCommand();
  const count = (kind: SeedAccount['kind']): number =>
    commands.filter(({ text }) => seedLedger[text]?.kind === kind).length;
  const rows = commands.map((command) => {
    const account = seedLedger[command.text];
    return row(command, account === undefined ? '?' : accountText(account));
  });
  const queries = seedQueries().map((query) => {
    const account = queryLedger[query.text] ?? null;
    const text =
      account === null
        ? 'Right as printed'
        : `**Misleads**: ${seedDefects[account.defect]}. Ask ${code(account.instead)}`;
    return row(query, text);
  });
  return `${[
    generated,
    '# Every command of the runbooks',
    `The runbooks that sentinel comes from print ${commands.length} different commands. ${count('runs')} run as printed, and a test types each of them; ${count('counterpart')} have a command of ours that does the same or more; ${count('defect')} mislead, and what to type instead stands beside them. What is wrong with those that mislead is explained in [Commands of the runbooks](runbook-commands.md).`,
    table('Command', rows),
    '## Queries',
    'What the runbooks ask of Prometheus. The rules and the dashboard that are shipped ask rightly: [alerts](alerts.md).',
    table('Query', queries),
    '## Incidents',
    'What the runbooks say of incidents besides commands. Their checklists are what `sentinel incident checklist` ticks, their templates what `sentinel incident comms` and `sentinel incident postmortem` fill.',
    `| In the runbooks | Shown by |\n| --- | --- |\n${Object.entries(incidentRows)
      .map(([words, { test, title }]) => `| ${words} | [${title}](../${test}) |`)
      .join('\n')}`,
  ].join('\n\n')}\n`;
}

function table(what: string, rows: readonly string[]): string {
  return `| ${what} | Printed at | What becomes of it |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function row({ text, places }: SeedCommand, account: string): string {
  return `| ${code(text)} | ${places.map(place).join('<br>')} | ${account} |`;
}

function accountText(account: SeedAccount): string {
  switch (account.kind) {
    case 'runs': {
      const file = account.file === undefined ? '' : `, which writes ${code(account.file)} beside it`;
      const more = account.better === null ? '' : `. Says more: ${code(account.better)}${file}`;
      return `Runs as printed ([test](../${account.test}))${more}`;
    }
    case 'counterpart':
      return `${code(account.command)}: ${account.why}`;
    case 'defect':
      return `**Misleads**: ${seedDefects[account.defect]}. Type ${code(account.instead)}`;
  }
}

/** Lines of a loop one below the other. */
function code(text: string): string {
  return text
    .split('\n')
    .map((line) => `\`${line.replaceAll('|', '\\|')}\``)
    .join('<br>');
}

function place(place: string): string {
  const [file = '', line = ''] = place.split(':');
  return `[${file.replace('.md', '')}](${seedFolder}/${file}):${line}`;
}
