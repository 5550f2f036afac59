/** What is made of facts: answers to the questions of the tree, suspected causes, the verdict. Types only. */
import type { Sev } from '../base/severity.ts';
import type { CauseName } from './causes.ts';
import type { SectionName } from './facts.ts';

export interface Evidence {
  /** Section that it comes from. */
  readonly source: SectionName;
  /** `connect ECONNREFUSED ×3 since 14:00:56Z` */
  readonly words: string;
  readonly value?: number | string;
  readonly threshold?: number | string;
  readonly at?: string;
}

/** Of a question of the triage tree. */
export interface Answer {
  readonly answer: 'yes' | 'no' | 'unknown';
  /** `✓ running pid 812, up 12d` without the glyph. */
  readonly words: string;
  readonly evidence: readonly Evidence[];
}

/** One cause that facts speak for, of one thing. */
export interface Suspicion {
  readonly cause: CauseName;
  /** 0–1: 1 = seen directly; below 0.5 it is no cause but something to look at. */
  readonly strength: number;
  /** `api-backend/10.1.1.12:8080 refuses connections: nothing listens there`: a sentence without its full stop. */
  readonly detail: string;
  readonly resource: { readonly kind: string; readonly name: string } | null;
  readonly evidence: readonly Evidence[];
  /** What this does to clients, for the severity; null = nothing yet. */
  readonly impact: Impact | null;
  /** When it began; null = not known. */
  readonly since: string | null;
  /** Commands to type next, the best first. */
  readonly next: readonly string[];
}

export type Impact = 'outage' | 'partial' | 'degraded' | 'minor';

/** A fact beyond its threshold, or worth a line, that is no cause by itself: `SNT-E010 5xx 4.2 % over 5m (limit 1 %)`. */
export interface Notice {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly detail: string;
  readonly evidence: readonly Evidence[];
}

/** A question that the walk came to, and where it led. */
export interface WalkStep {
  /** Runbook and anchor that asked. */
  readonly runbook: string;
  readonly question: string;
  readonly title: string;
  readonly answer: Answer;
  readonly led_to: string | null;
  /** Where the other answer would have led. */
  readonly not_taken: string | null;
}

export interface Verdict {
  readonly status: 'ok' | 'problems' | 'unknown';
  readonly exit_code: 0 | 1 | 3;
  /** Null when nothing is wrong or it is not known what. */
  readonly procedure: string | null;
  readonly path: readonly WalkStep[];
  /** The most likely first; empty when nothing is wrong. */
  readonly causes: readonly Suspicion[];
  readonly notices: readonly Notice[];
  readonly severity: Sev | null;
  readonly respond_within: string | null;
  /** Who to page now, by `contacts`: role, and who it is; null = the configuration does not say. */
  readonly page: readonly { readonly role: string; readonly contact: string | null }[];
  /** At most three. */
  readonly next: readonly string[];
  /** Sections that are not known; those that the answer needs first. */
  readonly unknown: readonly { readonly section: SectionName; readonly mandatory: boolean; readonly why: string }[];
}
