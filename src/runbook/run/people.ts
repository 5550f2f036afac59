/**
 * What people do and agree to in a run: checklists, `confirm`, and the ladder that stands before every step. Where nobody can be
 * asked, agreement has to be on the command line, or the run stops and names the flag.
 */
import type { Item } from '../model.ts';
import type { Effect } from './entry.ts';
import type { Part } from './parts.ts';
import { Stop, type Walk } from './walk.ts';

export async function tickList(walk: Walk, part: Extract<Part, { readonly kind: 'checklist' }>): Promise<void> {
  const place = walk.placeOf(part);
  let done = 0;
  for (const [index, { text }] of part.entries.entries()) {
    const known = (await walk.world.isDone?.(text)) ?? false;
    const may = walk.asks && !walk.plan.dryRun;
    const ticked = known || (may && (await tick(walk, text, index + 1, part.entries.length)));
    if (ticked) done++;
    else walk.open.push(text);
    walk.emit({ kind: 'tick', place, text, state: ticked ? 'done' : 'open' });
  }
  walk.emit({ kind: 'checklist', place, done, total: part.entries.length });
}

async function tick(walk: Walk, text: string, number: number, total: number): Promise<boolean> {
  const choice = await walk.choose(
    `☐ ${number}/${total} ${text}`,
    [
      { key: 'y', name: 'done', means: 'done' },
      { key: 'n', name: 'open', means: 'leave it open' },
      { key: 'q', name: 'stop', means: 'stop here' },
    ],
    'open',
  );
  if (choice === 'stop') throw walk.declined('stopped in a checklist');
  return choice === 'done';
}

export async function confirmItem(
  walk: Walk,
  part: Part,
  item: Extract<Item, { readonly kind: 'confirm' }>,
): Promise<void> {
  const place = walk.placeOf(part);
  const words = await walk.fillText(item.words);
  const typed = item.typed === null ? null : await walk.fillText(item.typed);
  if (walk.plan.dryRun) return walk.emit({ kind: 'confirm', place, words, typed, outcome: 'shown', by: 'option' });
  const by = await agreement(walk, { what: words, effect: typed === null ? 'change' : 'destroy', name: typed ?? '' });
  if (by === 'operator' || by === 'option')
    return walk.emit({ kind: 'confirm', place, words, typed, outcome: 'agreed', by });
  walk.emit({ kind: 'confirm', place, words, typed, outcome: 'declined', by: 'operator' });
  throw walk.declined(`not confirmed: ${words}`);
}

export interface Proposal {
  /** `run step restart` */
  readonly what: string;
  readonly effect: Effect;
  /** What has to be typed for what cannot be taken back. */
  readonly name: string;
  /** Passing it over is one of the answers. */
  readonly skippable?: boolean;
}

/**
 * Who agreed; `skip` and `no` where nobody did.
 * @throws Stop nobody can be asked and the flag is missing
 */
export async function agreement(walk: Walk, proposal: Proposal): Promise<'operator' | 'option' | 'skip' | 'no'> {
  const { what, effect, name, skippable = false } = proposal;
  if (effect === 'observe') return 'option';
  const given = effect === 'change' ? walk.plan.yes : walk.plan.confirms.has(name);
  if (given) return 'option';
  if (!walk.asks) throw unasked(walk, what, effect, name);
  if (effect === 'change') {
    const choices = [
      { key: 'y', name: 'yes', means: 'yes' },
      { key: 'n', name: 'no', means: 'no, stop here' },
    ];
    const skip = { key: 's', name: 'skip', means: 'pass it over' };
    const answer = await walk.choose(`${what}?`, skippable ? [...choices, skip] : choices, 'no');
    return answer === 'yes' ? 'operator' : (answer as 'no' | 'skip');
  }
  const typed = (await walk.type(`${what}? type ${name} to go on${skippable ? ', skip to pass it over' : ''}:`)).trim();
  if (typed === name) return 'operator';
  return skippable && typed === 'skip' ? 'skip' : 'no';
}

function unasked(walk: Walk, what: string, effect: Effect, name: string): Stop {
  const flag = effect === 'change' ? '--yes' : `--confirm=${/^[\w.:/@-]+$/.test(name) ? name : `'${name}'`}`;
  return new Stop(
    'usage',
    'SNT-R022',
    `nobody can be asked whether to ${what}: give ${flag} if that is what you mean; nothing of it was done`,
    [walk.againWith(flag)],
  );
}
