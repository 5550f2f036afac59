/**
 * A runbook as it was read: front matter, sections, and what their fences say. Made by `load`; printed, linted, run and walked by
 * others. Types only; every part knows its place in the file.
 */
import type { Sev } from '../base/severity.ts';
import type { Span } from '../kdl/source.ts';

export interface Runbook {
  /** `upstream-failure`; the name of its file without `.md`. */
  readonly id: string;
  readonly title: string;
  /** What it usually is: `SEV1` … `SEV4`; null = it depends. */
  readonly severity: Sev | null;
  readonly symptoms: readonly string[];
  /** People open it by themselves: no other runbook has to lead to it. */
  readonly entry: boolean;
  /** As people should see it; absolute where a shelf found it. */
  readonly file: string;
  readonly origin: 'shipped' | 'site';
  readonly sections: readonly Section[];
  /** Every machine part in the order of the file. */
  readonly items: readonly Item[];
  /** What its prose names between backticks or as a link, in the order of the file. */
  readonly mentions: readonly Mention[];
  /** Of the front matter, dashes included. */
  readonly head: Span;
  /** The whole text. */
  readonly text: string;
}

export interface Section {
  /** As GitHub makes it: `immediate-actions`; empty for what stands before the first heading. */
  readonly anchor: string;
  readonly title: string;
  /** 1 to 6; 0 for what stands before the first heading. */
  readonly depth: number;
  readonly line: number;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'prose'; readonly line: number; readonly markdown: string }
  /** `- [ ]`: ticked by people. */
  | {
      readonly kind: 'checklist';
      readonly line: number;
      readonly entries: readonly { readonly line: number; readonly text: string }[];
    }
  /** Shown, and run when it is chosen. `line` is that of its first line of text, `span` that text. */
  | { readonly kind: 'bash'; readonly line: number; readonly text: string; readonly span: Span }
  /** Fence ```` ```kdl example ````: of the configuration; checked, never run. `line` and `span` as of `bash`. */
  | { readonly kind: 'example'; readonly line: number; readonly text: string; readonly span: Span }
  | { readonly kind: 'machine'; readonly line: number; readonly items: readonly Item[] };

export interface Mention {
  /** `link`: where it leads (`upstream-failure.md#dns`). */
  readonly kind: 'code' | 'link';
  readonly text: string;
  /** Of the text itself. */
  readonly span: Span;
}

interface Placed {
  /** Anchor of its section. */
  readonly section: string;
  /** The whole node. */
  readonly span: Span;
}

export type Item = Placed &
  (
    | { readonly kind: 'probe'; readonly name: string }
    | AskItem
    | { readonly kind: 'finding'; readonly code: string }
    | {
        readonly kind: 'cause';
        readonly name: string;
        readonly code: string;
        readonly words: string;
        readonly fixes: readonly Fix[];
      }
    | ({ readonly kind: 'fix' } & Fix)
    | StepItem
    | { readonly kind: 'assert'; readonly question: string; readonly answer: 'yes' | 'no' }
    /** `condition` is one that `readCondition` takes. */
    | { readonly kind: 'wait'; readonly condition: string; readonly forMs: number; readonly timeoutMs: number }
    /** `typed`: what has to be typed; null = yes or no. */
    | { readonly kind: 'confirm'; readonly words: string; readonly typed: string | null }
    /** Either the undoing of a step, or a command, or words for people. */
    | {
        readonly kind: 'rollback';
        readonly step: string | null;
        readonly command: readonly string[] | null;
        readonly words: string | null;
      }
    | { readonly kind: 'note'; readonly words: string }
  );

/** What helps, in words; and the program and arguments that do it, where one command does. */
export interface Fix {
  readonly words: string;
  readonly command: readonly string[] | null;
}

/** A fork. Where `question` is one of the diagnosis, facts answer it; else the operator does. */
export interface AskItem {
  readonly kind: 'ask';
  readonly question: string;
  /** Null = the words of the question itself. */
  readonly words: string | null;
  /** Null = the runbook goes on behind it. One of both leads somewhere. */
  readonly yes: Goto | null;
  readonly no: Goto | null;
}

/** `upstream-failure`, `upstream-failure#dns`, `#next-section`. Null runbook = this one; null anchor = its beginning. */
export interface Goto {
  readonly runbook: string | null;
  readonly anchor: string | null;
  readonly span: Span;
}

export interface StepItem {
  readonly kind: 'step';
  readonly name: string;
  readonly words: string;
  /** `observe`: changes nothing. `change`: can be taken back. `destroy`: cannot, or hits many. */
  readonly effect: 'observe' | 'change' | 'destroy';
  /** Program and arguments; `{target}` and the like are filled in from facts as whole arguments or parts of one. Null = by hand. */
  readonly command: readonly string[] | null;
  /** Questions whose answer has to be yes before it, again when it is resumed. */
  readonly needs: readonly string[];
  /** What takes it back; null = nothing. */
  readonly undo: readonly string[] | null;
  /** `no-undo "…"`: why nothing takes it back, or what does in words; null = not said. */
  readonly noUndo: string | null;
  /** Exit statuses that count as done; default 0. */
  readonly accepts: readonly number[];
  /** Default 60 s. */
  readonly timeoutMs: number;
}
