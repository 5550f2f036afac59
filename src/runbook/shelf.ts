/**
 * Every runbook that there is: those of the package, and those of the site, which come before or add to them by their id. Read
 * once; a file of the site that cannot be read never hides the one of the package.
 */
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoOf } from '../base/errors.ts';
import { bytesOf, namesIn, pathIn } from '../base/package-files.ts';
import { readReason } from '../base/read-reason.ts';
import { diagnostic } from '../config/diagnostic.ts';
import { makeSource } from '../kdl/source.ts';
import { type LoadedRunbook, loadRunbook, longestRunbook, type RunbookProblem } from './load.ts';
import type { Runbook, Section } from './model.ts';
import type { ShelfFolders } from './shelf-folders.ts';

export interface Shelf {
  /** By id; the site's where both have one. */
  all(): readonly Runbook[];
  get(id: string): Runbook | null;
  /** By the anchor of its heading. */
  section(id: string, anchor: string): Section | null;
  /** Files that could not be used, and why; and those that a file of the site takes the place of have none. */
  readonly problems: readonly RunbookProblem[];
}

export async function openShelf({ shipped, site, siteNamed = false }: ShelfFolders): Promise<Shelf> {
  const own = await readFolder(shipped, 'shipped', true);
  const theirs = site === null ? emptyFolder : await readFolder(site, 'site', siteNamed);
  return shelfOf([...own.runbooks, ...theirs.runbooks], [...own.problems, ...theirs.problems]);
}

/** Later ones take the place of earlier ones with the same id. */
export function shelfOf(runbooks: readonly Runbook[], problems: readonly RunbookProblem[] = []): Shelf {
  const byId = new Map<string, Runbook>();
  const twice: RunbookProblem[] = [];
  for (const runbook of runbooks) {
    const first = byId.get(runbook.id);
    if (first?.origin === runbook.origin && first.file !== runbook.file) {
      const message = `the id ${runbook.id} is that of ${first.file} already: expected one of its own`;
      twice.push(diagnostic('error', 'SNT-R007', runbook.head, message));
    }
    byId.set(runbook.id, runbook);
  }
  const all = [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  return {
    all: () => all,
    get: (id) => byId.get(id) ?? null,
    section: (id, anchor) => byId.get(id)?.sections.find((one) => one.anchor === anchor) ?? null,
    problems: [...problems, ...twice],
  };
}

/** The section, and those below it up to the next of its depth. */
export function withSubsections(runbook: Runbook, section: Section): readonly Section[] {
  const from = runbook.sections.indexOf(section);
  const behind = runbook.sections.slice(from + 1);
  const next = behind.findIndex(({ depth }) => depth <= section.depth);
  return [section, ...(next < 0 ? behind : behind.slice(0, next))];
}

/** Reads one file; that it cannot be read is a problem of it like any other. */
export async function readRunbookFile(path: string, origin: Runbook['origin'], shown = path): Promise<LoadedRunbook> {
  let text: string;
  try {
    const bytes = bytesOf(path);
    if (bytes.length > longestRunbook) return unreadable(shown, 'it is larger than 512 KiB');
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const noText = errnoOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    return unreadable(shown, noText ? 'it is no text in UTF-8' : readReason(error));
  }
  return loadRunbook({ file: shown, text, origin, expectedId: basename(path).replace(/\.md$/, '') });
}

interface Folder {
  readonly runbooks: readonly Runbook[];
  readonly problems: readonly RunbookProblem[];
}

const emptyFolder: Folder = { runbooks: [], problems: [] };

async function readFolder(folder: string, origin: Runbook['origin'], expected: boolean): Promise<Folder> {
  let names: readonly string[];
  try {
    names = namesIn(folder).filter((name) => name.endsWith('.md') && !name.startsWith('.') && name !== 'README.md');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !expected) return emptyFolder;
    return { runbooks: [], problems: unreadable(folder, readReason(error)).problems };
  }
  const runbooks: Runbook[] = [];
  const problems: RunbookProblem[] = [];
  for (const name of names) {
    // One after the other takes half a second, in which a screen has keys to answer.
    await nextTurn();
    const loaded = await readRunbookFile(pathIn(folder, name), origin);
    if (loaded.kind === 'ok') runbooks.push(loaded.runbook);
    else problems.push(...loaded.problems);
  }
  return { runbooks, problems };
}

function unreadable(shown: string, reason: string): Extract<LoadedRunbook, { kind: 'invalid' }> {
  const span = { source: makeSource(shown, ''), start: 0, end: 0 };
  return { kind: 'invalid', problems: [diagnostic('error', 'SNT-R001', span, `cannot read ${shown}: ${reason}`)] };
}
