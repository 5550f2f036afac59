/** `sentinel runbook show`: a runbook, or one section of it, for the terminal or as it is written. Offline. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { nearestWord } from '../../base/near-miss.ts';
import { findingOf } from '../../config/render/finding.ts';
import { readMarkdown } from '../../runbook/markdown.ts';
import type { Runbook, Section } from '../../runbook/model.ts';
import { openShelf, withSubsections } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenRunbook, standInWords } from '../runbooks/chosen-runbook.ts';
import { renderRunbook } from '../runbooks/rendering.ts';
import { nodesOf } from '../runbooks/shown-nodes.ts';
import { printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const shelf = await openShelf(shelfFolders(invocation.context.environment));
  const [id = '', anchor] = (invocation.argument('id') ?? '').replace(/\.md(?=#|$)/, '').split('#', 2);
  const runbook = chosenRunbook(shelf, id, (meant) => `sentinel runbook show ${meant}`);
  const wanted = anchor === undefined || anchor === '' ? null : sectionOf(runbook, anchor);
  const sections = wanted === null ? runbook.sections : withSubsections(runbook, wanted);
  const { nodes } = await readMarkdown(runbook.text);
  const chosen = wanted === null ? nodes : nodesOf(nodes, sections);
  const start = wanted === null ? 0 : (chosen[0]?.start ?? 0);
  const markdown = `${runbook.text.slice(start, wanted === null ? undefined : chosen.at(-1)?.end).trimEnd()}\n`;
  // Problems of other files are not what was asked for.
  const own = shelf.problems.filter(({ span }) => span.source.name.endsWith(`/${id}.md`));
  const standIn = standInWords(shelf, id);
  if (standIn !== null && !invocation.json)
    invocation.stderr.write(`${invocation.stderr.style.yellow(`– ${standIn}`)}\n`);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: {
      id,
      title: runbook.title,
      severity: runbook.severity,
      symptoms: runbook.symptoms,
      origin: runbook.origin,
      file: runbook.file,
      section: wanted?.anchor ?? null,
      sections: sections.map(({ anchor: own, title, depth, line }) => ({ anchor: own, title, depth, line })),
      markdown,
    },
    findings: own.map(findingOf),
    warnings: own.length === 0 ? [] : [`a file of the site for ${id} cannot be used; this is the one of the package`],
    text: (style) =>
      invocation.flag('markdown') ? printable(markdown) : renderRunbook(runbook, chosen, wanted === null, style),
  };
}

function sectionOf(runbook: Runbook, anchor: string): Section {
  const found = runbook.sections.find((one) => one.anchor === anchor.toLowerCase());
  if (found !== undefined) return found;
  const anchors = runbook.sections.map((one) => one.anchor).filter((one) => one !== '');
  const near = nearestWord(anchor, anchors);
  const known = near === null ? `it has ${anchors.map((one) => `#${one}`).join(' ')}` : `did you mean #${near}?`;
  throw new SentinelError('SNT-R019', `the runbook ${runbook.id} has no section #${anchor}; ${known}`, {
    hint: `sentinel runbook show ${runbook.id}${near === null ? '' : `#${near}`}`,
  });
}
