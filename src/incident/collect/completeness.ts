/**
 * What a snapshot says of itself: whether what an analysis cannot do without is there, and what the daemon and the verdict were
 * in short. Pure.
 */
import type { FoundItem, Item } from '../bundle/item.ts';
import type { BundleVerdict } from '../bundle/manifest.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import { adminDownPath } from './daemon-state.ts';
import { verdictPath } from './judgement.ts';

/** Groups of which one has to be there, and what it is called. */
const mandatory: readonly (readonly [words: string, anyOf: readonly string[]])[] = [
  ['the configuration, in force or on disk', ['config/running.kdl', 'config/disk.kdl']],
  ['the state of the daemon, or that it does not answer', ['state/status.json', adminDownPath]],
];

/** What of it is missing, in words; empty = it is complete. */
export function incompleteOf(items: readonly Item[]): readonly string[] {
  const found = new Set(items.filter(isFound).map(({ path }) => path));
  return mandatory.flatMap(([words, anyOf]) => (anyOf.some((path) => found.has(path)) ? [] : [words]));
}

function isFound(item: Item): item is FoundItem {
  return 'content' in item;
}

function contentOf(items: readonly Item[], path: string): unknown {
  const item = items.find((one) => one.path === path);
  if (item === undefined || !isFound(item)) return null;
  try {
    return JSON.parse(item.content) as unknown;
  } catch {
    return null;
  }
}

/** `running, generation 41`; `does not answer: no such socket`. */
export function daemonWords(items: readonly Item[]): string {
  const status = contentOf(items, 'state/status.json') as { generation?: unknown } | null;
  if (status !== null) return `running, generation ${String(status.generation)}`;
  const down = contentOf(items, adminDownPath) as { why?: unknown } | null;
  return down === null ? 'not asked to the end' : `does not answer: ${String(down.why)}`;
}

export function verdictOf(items: readonly Item[]): BundleVerdict | null {
  const held = contentOf(items, verdictPath) as { verdict?: Verdict } | null;
  const verdict = held?.verdict;
  if (verdict === undefined) return null;
  const { status, severity, procedure, causes, next } = verdict;
  const head =
    status === 'ok'
      ? 'nothing is wrong'
      : status === 'unknown'
        ? 'not known: what the answer needs could not be found out'
        : `${severity ?? 'not clean'}${procedure === null ? '' : `, ${procedure}`}`;
  return { status, severity, words: [head, ...causes.map(({ detail }) => detail)], next };
}

/** The last entry of the journal that is in the bundle. */
export function journalHeadOf(
  items: readonly Item[],
  path: string,
): { readonly seq: number; readonly hash: string } | null {
  const item = items.find((one) => one.path === path);
  if (item === undefined || !isFound(item)) return null;
  const last = item.content.trimEnd().split('\n').at(-1) ?? '';
  try {
    const { seq, hash } = JSON.parse(last) as { seq?: unknown; hash?: unknown };
    return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : null;
  } catch {
    return null;
  }
}
