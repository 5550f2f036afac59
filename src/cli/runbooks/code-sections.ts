/**
 * What runbooks say of a code: the sections that hold its `cause`, else those with its `finding`. Called by `sentinel explain` when
 * the text of some runbook has the code; loads everything that reads Markdown, so import it only then.
 */
import { type CauseFacts, causes } from '../../diagnosis/causes.ts';
import { readMarkdown } from '../../runbook/markdown.ts';
import type { Runbook, Section } from '../../runbook/model.ts';
import { openShelf, withSubsections } from '../../runbook/shelf.ts';
import type { ShelfFolders } from '../../runbook/shelf-folders.ts';
import type { Style } from '../streams.ts';
import { renderRunbook } from './rendering.ts';
import { nodesOf } from './shown-nodes.ts';

export interface RunbookPart {
  readonly runbook: string;
  /** Null = the whole runbook. */
  readonly anchor: string | null;
  readonly title: string;
  /** `sentinel runbook show process-crash#the-kernel-killed-it-snt-p082` */
  readonly command: string;
  /** As it is written. */
  readonly markdown: string;
}

export interface ShownPart extends RunbookPart {
  readonly text: (style: Style) => string;
}

/** Sections on a code, that of the procedure which deals with it first. */
export async function sectionsOn(code: string, folders: ShelfFolders): Promise<readonly ShownPart[]> {
  const shelf = await openShelf(folders);
  const home = Object.values<CauseFacts>(causes).find((cause) => cause.code === code)?.procedure;
  const places = (kind: 'cause' | 'finding') =>
    shelf.all().flatMap((runbook) => {
      const anchors = runbook.items.flatMap((item) => (item.kind === kind && item.code === code ? [item.section] : []));
      return runbook.sections.flatMap((section) => (anchors.includes(section.anchor) ? [{ runbook, section }] : []));
    });
  const [ofCauses, ofFindings] = [places('cause'), places('finding')];
  const found = ofCauses.length > 0 ? ofCauses : ofFindings;
  const ordered = [...found].sort((a, b) => Number(b.runbook.id === home) - Number(a.runbook.id === home));
  return Promise.all(ordered.map(({ runbook, section }) => partOf(runbook, section)));
}

/** A runbook by its id; null = there is none. */
export async function wholeRunbook(id: string, folders: ShelfFolders): Promise<ShownPart | null> {
  const runbook = (await openShelf(folders)).get(id);
  return runbook === null ? null : partOf(runbook, null);
}

async function partOf(runbook: Runbook, section: Section | null): Promise<ShownPart> {
  const { nodes } = await readMarkdown(runbook.text);
  const chosen = section === null ? nodes : nodesOf(nodes, withSubsections(runbook, section));
  const end = section === null ? undefined : chosen.at(-1)?.end;
  const anchor = section?.anchor ?? null;
  return {
    runbook: runbook.id,
    anchor,
    title: section?.title ?? runbook.title,
    command: `sentinel runbook show ${runbook.id}${anchor === null ? '' : `#${anchor}`}`,
    markdown: `${runbook.text.slice(section === null ? 0 : chosen[0]?.start, end).trimEnd()}\n`,
    text: (style) => renderRunbook(runbook, chosen, section === null, style),
  };
}
