/** What somebody changed before a trouble began: evidence beside its cause, and never a cause by itself. Read by rules. */
import { type Case, clockTime, lasting, seen } from './case.ts';
import type { Evidence } from './judgement.ts';

/** What comes so long before is not "right before". */
const BEFORE_MS = 120_000;
/** An onset is known to within a piece of the series. */
const AFTER_MS = 10_000;
const MOST = 3;

/** Events that are somebody's doing, or the start of a program that is not the one before. */
const doings: ReadonlySet<string> = new Set([
  'reload',
  'config_pending',
  'config_rollback',
  'certs_reload',
  'drain_begin',
  'undrain',
  'override_set',
  'override_clear',
  'override_expired',
  'block_add',
  'block_remove',
  'workers_restart',
  'handed_over',
  'ready',
]);

export interface Change {
  readonly at: string;
  readonly words: string;
}

/** The last configuration that was put in force in the time that is known; null where none was but the one of the start. */
export function lastChange(of: Case): Change | null {
  const generations = of.changes?.generations ?? [];
  const last = generations.at(-1);
  if (last === undefined) return null;
  const { number, at, actor, reason, summary } = last;
  // A start with the files that ran before changes nothing.
  if (actor === 'start' && summary === null) return null;
  return {
    at,
    words: `generation ${number} at ${clockTime(at)} by ${actor}${reason === null ? '' : `: "${reason}"`}${summary === null ? '' : ` (${summary})`}`,
  };
}

/** What was done right before `onset`, the latest first; nothing where it is not known when it began. */
export function changesBefore(of: Case, onset: string | null): readonly Evidence[] {
  if (onset === null || of.changes === null) return [];
  const begun = Date.parse(onset);
  const near = (at: string): boolean => Date.parse(at) >= begun - BEFORE_MS && Date.parse(at) <= begun + AFTER_MS;
  const applied = lastChange(of);
  const done = of.changes.events
    .filter(({ kind, last_at }) => doings.has(kind) && near(last_at))
    // A generation says more than the reload that brought it.
    .filter(({ kind }) => applied === null || !near(applied.at) || (kind !== 'reload' && kind !== 'config_pending'))
    .map(({ words, subject, actor, last_at: at }) => ({
      at,
      words: `${words}${subject === null ? '' : ` (${subject})`}${actor === null ? '' : ` by ${actor}`}`,
    }));
  const all = [...(applied !== null && near(applied.at) ? [applied] : []), ...done];
  return all
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST)
    .map(({ at, words }) => seen('changes', `${when(begun - Date.parse(at))} it began: ${words}`, { at }));
}

function when(beforeMs: number): string {
  return beforeMs < 1000 ? 'as' : `${lasting(beforeMs)} before`;
}
