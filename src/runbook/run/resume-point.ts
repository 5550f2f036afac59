/** Reads a transcript for where its run stopped: what was done last, what was asserted, and whether it can be gone on with. */
import { SentinelError } from '../../base/errors.ts';
import { redacted } from '../../base/redaction.ts';
import type { BegunEntry, Entry, Place } from './entry.ts';
import type { ResumePoint } from './walk.ts';

/** Of a run, from its transcript. */
export interface RunHistory {
  readonly begun: BegunEntry & { readonly at: string };
  /** Who ran it last. */
  readonly last: { readonly actor: string; readonly host: string; readonly pid: number; readonly at: string };
  /** It came to its end. */
  readonly finished: boolean;
  /** It has stopped, at its end or before; else it runs, or was ended without being asked. */
  readonly ended: boolean;
  readonly point: ResumePoint;
}

/** @throws SNT-R027 it is no transcript of a run */
export function historyOf(file: string, entries: readonly Entry[]): RunHistory {
  const [begun] = entries;
  if (begun?.kind !== 'begun') {
    throw new SentinelError('SNT-R027', `${file} is no transcript of a run`, { hint: 'sentinel runbook list' });
  }
  const end = entries.findLast(({ kind }) => kind === 'ended' || kind === 'resumed');
  const started = entries.findLast((entry) => entry.kind === 'begun' || entry.kind === 'resumed') ?? begun;
  const { actor, host, pid } = started as BegunEntry;
  return {
    begun,
    last: { actor, host, pid, at: started.at },
    finished: end?.kind === 'ended' && (end.outcome === 'finished' || reachedEnd(end.words)),
    ended: end?.kind === 'ended',
    point: pointOf(entries),
  };
}

/** With a failure that the operator passed over it came to its end all the same. */
function reachedEnd(words: string): boolean {
  return words.startsWith('came to its end');
}

function pointOf(entries: readonly Entry[]): ResumePoint {
  const asserts = new Map<string, 'yes' | 'no'>();
  const values = new Map<string, string>();
  let after: Place | null = null;
  let unclear: string | null = null;
  for (const entry of entries) {
    switch (entry.kind) {
      case 'check':
        if (entry.what === 'assert' && entry.result === 'holds') asserts.set(entry.question, entry.expected);
        break;
      case 'value':
        if (!entry.value.includes(redacted)) values.set(entry.name, entry.value);
        break;
      case 'step-begun':
        unclear = `step ${entry.name}`;
        break;
      case 'step':
        unclear = null;
        if (['done', 'skipped', 'open', 'unavailable'].includes(entry.outcome)) after = entry.place;
        break;
      case 'wait':
        if (entry.outcome === 'held' || entry.outcome === 'skipped') after = entry.place;
        break;
      case 'confirm':
        // Agreed to for what followed then: it is asked again.
        break;
      case 'checklist':
        after = entry.place;
        break;
      default:
        break;
    }
  }
  const held = [...asserts].map(([question, expected]) => ({ question, expected }));
  return { after, asserts: held, values, unclear };
}
