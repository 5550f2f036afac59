/**
 * Where runbooks lead: gotos and links that end nowhere, runbooks that nothing leads to, questions that only lead back to
 * themselves. Used by `lint.ts`.
 */
import { basename } from 'node:path';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Span } from '../../kdl/source.ts';
import type { Goto, Item, Mention, Runbook } from '../model.ts';
import type { Shelf } from '../shelf.ts';
import { nearest, problem, spotOf } from './finding.ts';

/** Where a diagnosis begins. */
export const firstRunbook = 'triage';

interface Way {
  readonly runbook: string | null;
  readonly anchor: string | null;
  readonly span: Span;
  readonly what: 'goto' | 'link';
}

export function deadWays(shelf: Shelf, runbook: Runbook): readonly Diagnostic[] {
  return waysOf(runbook).flatMap(({ runbook: id, anchor, span, what }) => {
    const there = id === null ? runbook : shelf.get(id);
    if (there === null) {
      // It is there, and its own mistakes are told.
      if (unreadableIds(shelf).has(id ?? '')) return [];
      const ids = shelf.all().map((one) => one.id);
      return [
        problem(
          'SNT-R008',
          span,
          `the ${what} leads to ${JSON.stringify(id)}: expected the id of a runbook`,
          nearest(id ?? '', ids),
        ),
      ];
    }
    if (anchor === null || there.sections.some((one) => one.anchor === anchor)) return [];
    const anchors = there.sections.map((one) => one.anchor).filter((one) => one !== '');
    const whose = id === null ? 'this runbook' : `the runbook ${there.id}`;
    const message = `the ${what} leads to the heading #${anchor}, which ${whose} does not have`;
    return [problem('SNT-R008', span, message, nearest(anchor, anchors))];
  });
}

/** Of the shelf's files that could not be read, as far as their names say. */
function unreadableIds(shelf: Shelf): ReadonlySet<string> {
  const ids = shelf.problems.map(({ span }) => basename(span.source.name, '.md'));
  return new Set(ids.filter((id) => shelf.get(id) === null));
}

function waysOf(runbook: Runbook): readonly Way[] {
  const gotos = runbook.items.flatMap((item) =>
    item.kind === 'ask'
      ? [item.yes, item.no].flatMap((one) => (one === null ? [] : [{ ...one, what: 'goto' as const }]))
      : [],
  );
  return [...gotos, ...runbook.mentions.flatMap(linkWay)];
}

/** Links to other runbooks and within this one; what leads elsewhere is not judged here. */
function linkWay({ kind, text, span }: Mention): readonly Way[] {
  if (kind !== 'link') return [];
  const [, id, anchor] = /^(?:([a-z0-9-]+)\.md)?(?:#(.+))?$/.exec(text) ?? [];
  return id === undefined && anchor === undefined
    ? []
    : [{ runbook: id ?? null, anchor: anchor ?? null, span, what: 'link' }];
}

/** From the triage, or from one that people open by themselves, by gotos and links. */
export function unreachable(shelf: Shelf): readonly Diagnostic[] {
  // What a file that could not be read leads to is not known.
  if (shelf.get(firstRunbook) === null || unreadableIds(shelf).size > 0) return [];
  const reached = new Set(shelf.all().flatMap(({ id, entry }) => (entry || id === firstRunbook ? [id] : [])));
  for (const id of reached) {
    for (const way of waysOf(shelf.get(id) as Runbook)) {
      if (way.runbook !== null && shelf.get(way.runbook) !== null) reached.add(way.runbook);
    }
  }
  return shelf
    .all()
    .filter(({ id }) => !reached.has(id))
    .map(({ id, head }) =>
      problem('SNT-R011', spotOf(head, id), `nothing leads from the triage to ${id}`, {
        help: 'lead to it with a `goto` or a link, or say `entry: true` where people open it by themselves',
      }),
    );
}

/** Questions from which no answers ever lead to the end of a runbook. */
export function traps(shelf: Shelf): readonly Diagnostic[] {
  const states = new States(shelf);
  const leaves = states.thatReachTheEnd();
  return shelf.all().flatMap((runbook) =>
    runbook.items.flatMap((item, index) => {
      if (item.kind !== 'ask' || leaves.has(states.key(runbook, index)) || !states.comesBack(runbook, index)) return [];
      const message = `the question ${JSON.stringify(item.question)} is asked for ever: every answer leads back to it`;
      return [problem('SNT-R015', spotOf(item.span, item.question), message)];
    }),
  );
}

const end = 'end';

/** A place in a runbook is the index of its next item; behind the last one is the end. */
class States {
  readonly #shelf: Shelf;
  readonly #next = new Map<string, readonly string[]>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
    for (const runbook of shelf.all()) {
      for (const [index, item] of runbook.items.entries()) {
        this.#next.set(this.key(runbook, index), this.#after(runbook, index, item));
      }
    }
  }

  key(runbook: Runbook, index: number): string {
    return index >= runbook.items.length ? end : `${runbook.id} ${index}`;
  }

  thatReachTheEnd(): ReadonlySet<string> {
    const before = new Map<string, string[]>();
    for (const [from, targets] of this.#next) {
      for (const target of targets) before.set(target, [...(before.get(target) ?? []), from]);
    }
    const reached = new Set([end]);
    for (const key of reached) for (const from of before.get(key) ?? []) reached.add(from);
    return reached;
  }

  comesBack(runbook: Runbook, index: number): boolean {
    const start = this.key(runbook, index);
    const seen = new Set(this.#next.get(start) ?? []);
    for (const key of seen) for (const target of this.#next.get(key) ?? []) seen.add(target);
    return seen.has(start);
  }

  #after(runbook: Runbook, index: number, item: Item): readonly string[] {
    const behind = this.key(runbook, index + 1);
    if (item.kind !== 'ask') return [behind];
    return [item.yes, item.no].map((way) => (way === null ? behind : this.#at(runbook, way)));
  }

  /** What leads nowhere is told elsewhere, and counts as an end. */
  #at(runbook: Runbook, { runbook: id, anchor }: Goto): string {
    const there = id === null ? runbook : this.#shelf.get(id);
    if (there === null) return end;
    if (anchor === null) return this.key(there, 0);
    const section = there.sections.findIndex((one) => one.anchor === anchor);
    if (section < 0) return end;
    const later = new Set(there.sections.slice(section).map((one) => one.anchor));
    const index = there.items.findIndex((one) => later.has(one.section));
    return index < 0 ? end : this.key(there, index);
  }
}
