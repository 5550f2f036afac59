/** docs/top-keys.md: the keys of the dashboard, from the table that binds them. Writes nothing; `docs.ts` does. */
import type { KeySpec } from '../src/tui/keys/keymap.ts';
import { keyGroups } from '../src/tui/keys/table.ts';

const introduction = [
  'The same table binds the keys of `sentinel top`, makes its help (`?`), its footer and its palette (`:`). Whatever has a key is in the palette too, by its name, with the command that does the same at a shell. What has no letter of its own (blocking a client, ending a request, a log level, the end of a maintenance) is in the menu of the row (`A`) and in the palette.',
  'Esc closes what is open and never quits. A dangerous action asks first: Cancel has the focus, Enter alone never says yes, what is pasted confirms nothing, and what could take more than one target out of traffic wants its name typed.',
];

/** @param generated the line that says where the page comes from */
export function renderTopKeys(generated: string): string {
  const groups = keyGroups.map(({ title, keys }) =>
    [`## ${title}`, ['| Key | What it does | At a shell |', '| --- | --- | --- |', ...keys.map(rowOf)].join('\n')].join(
      '\n\n',
    ),
  );
  return `${[generated, '# Keys of `sentinel top`', ...introduction, ...groups].join('\n\n')}\n`;
}

function rowOf({ shown, meaning, views, cli }: KeySpec): string {
  const where = views === undefined ? '' : ` (in ${views.join(' and ')})`;
  const command = cli === null ? '–' : code(cli.replace(/\{(\w+)\}/g, (_place, name: string) => name.toUpperCase()));
  return `| ${shown.split(' ').map(code).join(' ')} | ${meaning}${where} | ${command} |`;
}

/** A backslash and a bar mean something in a table. */
function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
