/** What a message to people outside is made of: kinds, formats, facts, and the blocks of a draft. Types and names only. */
import type { Sev } from '../../base/severity.ts';

export const messageKinds = ['initial', 'update', 'resolution', 'maintenance-announce', 'maintenance-done'] as const;
export type MessageKind = (typeof messageKinds)[number];

export const messageFormats = ['text', 'markdown', 'slack', 'statuspage'] as const;
export type MessageFormat = (typeof messageFormats)[number];

/** What is known; null = a blank. Texts may hold anything: they are made fit for the public. */
export interface MessageFacts {
  readonly service: string | null;
  /** Brief description. */
  readonly title: string | null;
  readonly sev: Sev | null;
  readonly phase: string;
  /** What people noticed, without technical words. */
  readonly impact: string | null;
  /** RFC 3339, as all times. */
  readonly now: string;
  readonly started: string | null;
  readonly resolved: string | null;
  /** Milliseconds between two updates; null = none is promised. */
  readonly updateEveryMs: number | null;
  /** What was learned or done. */
  readonly update: string | null;
  readonly next: string | null;
  /** Brief and non-technical. */
  readonly cause: string | null;
  /** Of a maintenance. */
  readonly window: { readonly from: string; readonly to: string } | null;
  /** Names of hosts and targets that nobody outside is to read. */
  readonly hidden: readonly string[];
}

export interface Message {
  readonly kind: MessageKind;
  readonly format: MessageFormat;
  readonly subject: string;
  /** To be pasted; ends with a newline. */
  readonly text: string;
  /** What somebody has to fill in, as it stands in the text. */
  readonly blanks: readonly string[];
  /** What was put in place of names and addresses, and what does not fit together. */
  readonly notes: readonly string[];
}

/** A message before it has a format. */
export interface Draft {
  readonly kind: MessageKind;
  readonly subject: string;
  readonly blocks: readonly Block[];
  readonly facts: MessageFacts;
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: 'section'; readonly name: string; readonly text: string };
