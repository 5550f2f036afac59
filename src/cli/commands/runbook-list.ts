/** `sentinel runbook list`: every runbook with what it is for. Offline. */
import { exitCodes } from '../../base/exit-codes.ts';
import { findingOf } from '../../config/render/finding.ts';
import { renderShort } from '../../config/render/short.ts';
import { openShelf, type Shelf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation, Outcome } from '../command.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const shelf = await openShelf(shelfFolders(invocation.context.environment));
  const broken = shelf.problems.length > 0;
  return {
    kind: 'report',
    exitCode: broken ? exitCodes.problems : exitCodes.ok,
    status: broken ? 'problems' : 'ok',
    data: {
      runbooks: shelf.all().map(({ id, title, severity, symptoms, origin, file }) => ({
        id,
        title,
        severity,
        symptoms,
        origin,
        file,
      })),
    },
    findings: shelf.problems.map(findingOf),
    text: (style) => text(shelf, style, invocation.stdout),
  };
}

function text(shelf: Shelf, style: Style, output: Output): string {
  const runbooks = shelf.all();
  const own = runbooks.some(({ origin }) => origin === 'site');
  const columns = [
    { title: 'ID' },
    { title: 'SEV' },
    ...(own ? [{ title: 'FROM', drop: 1 }] : []),
    { title: 'TITLE', drop: 2 },
    { title: 'WHEN' },
  ];
  const rows = runbooks.map(({ id, severity, origin, title, symptoms }) => ({
    cells: [id, severity ?? '–', ...(own ? [origin === 'site' ? 'site' : 'package'] : []), title, symptoms.join('; ')],
  }));
  const problems = shelf.problems.length === 0 ? '' : `\n${renderShort(shelf.problems)}`;
  return fittedTable(columns, rows, style, output) + problems;
}
