/** What happened before it began: events and configurations of the last hour, those nearest to the onset. */
import { type Case, clockTime, lasting } from '../../case.ts';
import type { Verdict } from '../../judgement.ts';
import type { ReportLine } from '../report.ts';
import { line } from './line.ts';

const shownChanges = 5;
/** What happened longer before the onset is not likely to be its cause. */
const NEAR_MS = 30 * 60_000;
/** Clocks, and windows that errors are counted in, are not exact. */
const BLUR_MS = 15_000;

/** Closer together nobody can say what came first. */
const SAME_MS = 3_000;

interface Change {
  readonly atMs: number;
  readonly words: string;
}

/** When it began, as far as a cause or the series of errors and latency say; null = not known. */
export function onsetOf({ traffic }: Case, { causes }: Verdict): number | null {
  const times = [
    ...causes.flatMap(({ since }) => (since === null ? [] : [Date.parse(since)])),
    ...[traffic?.error_onset, traffic?.latency_onset].flatMap((onset) => (!onset ? [] : [Date.parse(onset.at)])),
  ].filter((ms) => Number.isFinite(ms));
  return times.length === 0 ? null : Math.min(...times);
}

/** Oldest first; beside each how long before the onset, or before now, it was. */
export function changeLines(of: Case, verdict: Verdict): readonly ReportLine[] {
  if (of.changes === null) return [];
  const unread = of.changes.unread.map(({ source, why }) => line('unknown', `${source} not known: ${why}`));
  const all = changesOf(of).toSorted((a, b) => a.atMs - b.atMs);
  const onset = verdict.causes.length === 0 ? null : onsetOf(of, verdict);
  const until = onset === null ? of.nowMs : onset + BLUR_MS;
  const near = all.filter(({ atMs }) => atMs <= until && atMs >= until - NEAR_MS);
  const chosen = near.slice(-shownChanges);
  if (chosen.length === 0) {
    const when = onset === null ? 'in the last 30m' : `in the 30m before ${clockTime(new Date(onset).toISOString())}`;
    if (unread.length > 0) return [line('note', `no change is known ${when}`), ...unread];
    return [line('note', `nothing changed ${when}`)];
  }
  const lines = chosen.map(({ atMs, words }) => {
    const before = (onset ?? of.nowMs) - atMs;
    const distance =
      onset === null
        ? `${lasting(before)} ago`
        : before <= SAME_MS
          ? 'as it began'
          : `${lasting(before)} before it began`;
    return line('note', `${clockTime(new Date(atMs).toISOString())} ${words} (${distance})`);
  });
  return [...lines, ...unread];
}

/** Kinds that say what is wrong, not what was done. */
const symptoms: ReadonlySet<string> = new Set([
  'health',
  'ejection',
  'ejection_refused',
  'internal_error',
  'memory_pressure',
  'garbage_collection',
  'shed_idle',
  'standing_warning',
  'standing_warning_over',
  'tls_handshake_failed',
  'upstream',
]);

/** Said by the generation that came of it, or by the event of what it did. */
const told: ReadonlySet<string> = new Set(['admin_action', 'plan_refresh', 'ready', 'config_written']);

function changesOf({ changes, process }: Case): readonly Change[] {
  if (changes === null) return [];
  const applied = changes.generations.map(({ number, at, actor, reason, summary }) => {
    const why = reason === null ? '' : `: "${reason}"`;
    return {
      atMs: Date.parse(at),
      words: `config generation ${number} by ${actor}${why}${summary === null ? '' : `, ${summary}`}`,
    };
  });
  const events = changes.events
    .filter(({ kind, severity }) => severity !== 'debug' && !symptoms.has(kind) && !told.has(kind))
    // A reload that was completed is a generation.
    .filter(({ kind, severity }) => kind !== 'reload' || severity !== 'info')
    .map(({ last_at: at, kind, words, actor, reason, subject, count }) => {
      const who = actor === null ? '' : ` by ${actor}`;
      const why = reason === null ? '' : `: "${reason}"`;
      const times = count > 1 ? ` ×${count}` : '';
      const what = subject === null || words.includes(subject) ? words : `${words} ${subject}`;
      return { atMs: Date.parse(at), words: `${kind}: ${what}${who}${why}${times}` };
    });
  const started = process?.started_at ?? null;
  const own = started === null ? [] : [{ atMs: Date.parse(started), words: 'daemon started' }];
  return [...own, ...applied, ...events].filter(({ atMs }) => Number.isFinite(atMs));
}
