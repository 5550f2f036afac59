/**
 * What is written down of an incident: the entries of its journal, one line each, only ever added. Types and names only; how they
 * are chained is the business of `journal.ts`, what they mean together that of `incident.ts`.
 */

import type { Sev } from '../../base/severity.ts';

/** Moments that somebody marks, in the order in which they come. `alert` is when the first alert fired. */
export const marks = ['alert', 'identified', 'mitigated', 'monitoring', 'resolved'] as const;
export type Mark = (typeof marks)[number];

/** What was written, without what every entry has. Times are RFC 3339 in UTC with milliseconds. */
export type EntryBody =
  | {
      readonly kind: 'opened';
      readonly title: string | null;
      readonly sev: Sev | null;
      /** Why that severity, where facts proposed it. */
      readonly why: string | null;
      readonly by: 'operator' | 'alert';
      /** What it is about, as `incidents { service }` names it. */
      readonly service: string | null;
      /** Every address at which its daemons can be asked, as far as that was known; without it any daemon may be meant. */
      readonly daemons?: readonly string[];
      /** Configuration of its daemon, absolute; null = not known, or several daemons. */
      readonly config?: string | null;
    }
  | { readonly kind: 'reopened'; readonly why: string | null }
  | { readonly kind: 'acked' }
  | {
      readonly kind: 'marked';
      readonly mark: Mark;
      /** When it was so; the entry itself says when it was said. */
      readonly when: string;
      /** What proposed it: `event health: …`; null = the operator knew. */
      readonly from: string | null;
    }
  | {
      readonly kind: 'severity';
      readonly sev: Sev;
      readonly was: Sev | null;
      readonly why: string | null;
      /** Facts proposed it. */
      readonly proposed: boolean;
    }
  | { readonly kind: 'titled'; readonly title: string }
  | { readonly kind: 'note'; readonly text: string }
  /** `commander`, `communications`, `scribe` … Null = nobody any more. */
  | { readonly kind: 'role'; readonly role: string; readonly person: string | null }
  | { readonly kind: 'factor'; readonly text: string }
  /** Numbers begin at 1; `due` is a date, `2026-11-23`. */
  | {
      readonly kind: 'action';
      readonly number: number;
      readonly text: string;
      readonly owner: string | null;
      readonly due: string | null;
    }
  | { readonly kind: 'action-done'; readonly number: number }
  /** A line of a checklist (`checklist.ts`); `by_command` = what proved it, null = somebody said so. */
  | { readonly kind: 'ticked'; readonly item: string; readonly by_command: string | null }
  | { readonly kind: 'unticked'; readonly item: string }
  /** A diagnosis that was made while it was open. */
  | {
      readonly kind: 'diagnosis';
      readonly status: 'ok' | 'problems' | 'unknown';
      readonly sev: Sev | null;
      /** `upstream-failure`; null = nothing is wrong. */
      readonly procedure: string | null;
      readonly causes: readonly { readonly code: string; readonly words: string; readonly subject: string | null }[];
      readonly exit_code: number;
      /** File beside the journal that holds its facts; null = they were not kept. */
      readonly facts: string | null;
      /** Of that file. */
      readonly sha256?: string;
    }
  /** A run of a runbook that ended, or stopped, while it was open. */
  | {
      readonly kind: 'runbook';
      readonly runbook: string;
      readonly run: string;
      readonly outcome: string;
      readonly exit_code: number;
      /** Its transcript, copied beside the journal; null = it could not be. */
      readonly file: string | null;
      /** Of that copy. */
      readonly sha256?: string;
    }
  | {
      readonly kind: 'snapshot';
      /** Name beside the journal, or an absolute path elsewhere. */
      readonly file: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly complete: boolean;
      /** What the diagnosis in it says: `SEV1, process-crash`; null = it has none. */
      readonly verdict: string | null;
    }
  | {
      readonly kind: 'alert';
      readonly status: 'firing' | 'resolved';
      /** Which alert it is, whatever is sent again: of Alertmanager the fingerprint. */
      readonly fingerprint: string;
      readonly group: string;
      readonly name: string;
      readonly summary: string | null;
      readonly labels: Readonly<Record<string, string>>;
      readonly starts_at: string;
      readonly ends_at: string | null;
    }
  | { readonly kind: 'message'; readonly message: string; readonly format: string }
  | { readonly kind: 'postmortem'; readonly file: string; readonly sha256: string }
  /** The timeline as it was when somebody closed it. */
  | { readonly kind: 'timeline'; readonly file: string; readonly sha256: string; readonly moments: number }
  /** Numbers of what it did to traffic, as they were when somebody closed it (`impact`). */
  | { readonly kind: 'impact'; readonly impact: Readonly<Record<string, unknown>> }
  /** What a process that died in the middle of a line had written of it was put aside. */
  | { readonly kind: 'mended'; readonly file: string; readonly bytes: number }
  | { readonly kind: 'closed'; readonly why: string | null };

/** A line of `journal.ndjson`: what was written, by whom, and the mark of the line before. */
export type JournalEntry = EntryBody & {
  /** 1, 2, 3 … */
  readonly seq: number;
  /** When it was written down. */
  readonly at: string;
  readonly actor: string;
  readonly host: string;
  /** `hash` of the line before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 in hex of the bytes of this line up to `,"hash":`. */
  readonly hash: string;
};
