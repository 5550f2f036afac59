/** What a run shows of facts on its way: probes, findings, causes and what helps against them. Changes nothing and stops for nothing. */
import type { Fix, Item } from '../model.ts';
import type { ShownFix } from './entry.ts';
import type { Part } from './parts.ts';
import type { Walk } from './walk.ts';

type Shown = Extract<Item, { readonly kind: 'probe' | 'finding' | 'cause' | 'fix' | 'note' }>;

/** Below this a cause is something to look at, and not shown as suspected. */
const SUSPECTED = 0.5;

export async function showItem(walk: Walk, part: Part, item: Shown): Promise<void> {
  const place = walk.placeOf(part);
  const { facts } = walk.world;
  const clean = (text: string): string => walk.discretion.text(text);
  switch (item.kind) {
    case 'probe': {
      const section = await facts.section(item.name);
      const { state, lines } = section ?? { state: 'unknown' as const, lines: ['there is no such probe here'] };
      return walk.emit({ kind: 'probe', place, name: item.name, state, lines: lines.map(clean) });
    }
    case 'finding': {
      const { state, title, words } = await facts.finding(item.code);
      return walk.emit({ kind: 'finding', place, code: item.code, title, state, words: clean(words) });
    }
    case 'cause': {
      const { name, code, words, fixes } = item;
      const { strength, detail } = await facts.cause(name);
      const state = strength === null ? 'unknown' : strength >= SUSPECTED ? 'suspected' : 'absent';
      const cause = { kind: 'cause', place, name, code, words: await walk.fillText(words), state } as const;
      return walk.emit({
        ...cause,
        strength: strength ?? 0,
        detail: clean(detail),
        fixes: await Promise.all(fixes.map((fix) => fixed(walk, fix))),
      });
    }
    case 'fix':
      return walk.emit({ kind: 'fix', place, ...(await fixed(walk, item)) });
    case 'note':
      return walk.emit({ kind: 'note', place, words: await walk.fillText(item.words) });
  }
}

async function fixed(walk: Walk, { words, command }: Fix): Promise<ShownFix> {
  const argv = command === null ? null : await walk.fillLoosely(command);
  return { words: await walk.fillText(words), argv: argv === null ? null : walk.discretion.argv(argv) };
}
