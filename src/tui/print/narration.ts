/**
 * What has changed since it was told last, as sentences: what `--plain` prints. Tells of standings, verdicts, daemons and what is new in
 * a list; never of numbers, which change all the time. Pure.
 */
import { printable } from '../../cli/text.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import { everything } from '../../filter/filter.ts';
import { everyNode, type Row, type Standing, type Thing } from '../rows/row.ts';
import { rowsOf } from '../rows/rows.ts';
import { everyShown } from '../rows/shown.ts';
import { isFault } from '../rows/standing.ts';
import type { Level, NodeState, State } from '../store/state.ts';

/** What was told, and so need not be again. */
export interface Told {
  readonly nodes: ReadonlyMap<string, ToldNode>;
  readonly rows: ReadonlyMap<string, ToldRow>;
}

interface ToldNode {
  readonly answers: boolean;
  readonly generation: number | null;
  /** Of the verdict: null = none was told. */
  readonly verdict: string | null;
}

interface ToldRow {
  readonly node: string;
  readonly words: string;
  readonly standing: Standing;
}

export interface Sentence {
  /** Whose clock it happened by. */
  readonly node: string;
  /** On one line, without its full stop. */
  readonly words: string;
}

export interface Narrated {
  readonly told: Told;
  readonly sentences: readonly Sentence[];
}

export const nothingTold: Told = { nodes: new Map(), rows: new Map() };

export function narrated(before: Told, state: State): Narrated {
  const several = state.nodes.length > 1;
  const nodes = state.nodes.map((node) => ({ node, ...nodeChanges(before.nodes.get(node.node), node) }));
  const rows = rowChanges(before, state);
  const sentences = [...nodes.flatMap(({ sentences: own }) => own), ...rows.sentences].map(({ node, words }) => ({
    node,
    words: printable(several ? `${node}: ${words}` : words).replaceAll(/\s+/g, ' '),
  }));
  return {
    told: { nodes: new Map(nodes.map(({ node, told }) => [node.node, told])), rows: rows.told },
    sentences,
  };
}

function nodeChanges(
  before: ToldNode | undefined,
  { node, reading, lost, verdict, unjudged }: NodeState,
): { readonly told: ToldNode; readonly sentences: readonly Sentence[] } {
  const sentences: Sentence[] = [];
  const say = (words: string) => sentences.push({ node, words });
  const known = before ?? { answers: false, generation: null, verdict: null };
  if (lost !== null) {
    if (before === undefined || known.answers) say(`the daemon does not answer: ${lost.why}`);
    return { told: { ...known, answers: false }, sentences };
  }
  if (reading === null) return { told: known, sentences };
  const { generation, status } = reading;
  if (!known.answers) {
    const again = known.generation === null ? '' : ' again';
    say(`the daemon ${status.name} answers${again}: ${status.state.replaceAll('_', ' ')}, generation ${generation}`);
  } else if (known.generation !== generation) {
    say(`generation ${generation} of the configuration is in force, after ${known.generation}`);
  }
  const judged = verdict === null && unjudged === null ? known.verdict : verdictKey(verdict);
  if (judged !== known.verdict) say(verdictWords(verdict, unjudged));
  return { told: { answers: true, generation, verdict: judged }, sentences };
}

/** The same while the same is wrong; its numbers are no change. */
function verdictKey(verdict: Verdict | null): string {
  if (verdict === null) return 'unjudged';
  const causes = verdict.causes.map(({ cause, resource }) => `${cause} ${resource?.kind} ${resource?.name}`);
  return [verdict.status, verdict.severity, ...causes.sort()].join('\n');
}

function verdictWords(verdict: Verdict | null, unjudged: string | null): string {
  if (verdict === null) return `verdict: not known, ${unjudged}`;
  const [first, ...others] = verdict.causes;
  const more = others.length === 0 ? '' : `, and ${others.length} more: sentinel diagnose`;
  switch (verdict.status) {
    case 'ok':
      return 'verdict: all clear';
    case 'unknown':
      return `verdict: not known${verdict.unknown.map(({ section, why }) => `, ${section}: ${why}`)[0] ?? ''}`;
    case 'problems':
      return `verdict: ${verdict.severity ?? 'problems'}, ${first === undefined ? 'see sentinel diagnose' : first.detail}${more}`;
  }
}

/** What a list gets new is told; what such a list loses has only grown old. */
const lists: ReadonlySet<Thing['kind']> = new Set(['event', 'log', 'request']);
/** Come and go by the thousand: worth a sentence only where something is wrong with them. */
const passing: ReadonlySet<Thing['kind']> = new Set(['inflight', 'client', 'cause']);

function rowChanges(
  before: Told,
  state: State,
): { readonly told: ReadonlyMap<string, ToldRow>; readonly sentences: readonly Sentence[] } {
  // Of what is older than it looks nothing is told: that the daemon is silent is, when it is clear.
  const answering = new Set(
    everyShown(state).flatMap(({ node, reading, stale }) => (stale || reading === null ? [] : [node])),
  );
  const each = rowsOf(withoutFaultsOnly(state, false)).rows;
  const matching = new Set(each.map(({ id }) => id));
  // What was told of is told of until it is gone, though the filter asked for what is wrong with it.
  const all = rowsOf(withoutFaultsOnly(state, true)).rows;
  const told = new Map<string, ToldRow>();
  const sentences: Sentence[] = [];
  for (const row of all) {
    const was = before.rows.get(row.id);
    if (row.node === everyNode || (was === undefined && !matching.has(row.id)) || !answering.has(row.node)) continue;
    if (matching.has(row.id)) told.set(row.id, { node: row.node, words: nameOf(row), standing: row.standing });
    const words = rowWords(was, row, before.nodes.get(row.node)?.answers === true);
    if (words !== null) sentences.push({ node: row.node, words });
  }
  const there = new Set(all.map(({ id }) => id));
  for (const [id, was] of before.rows) {
    if (there.has(id) && answering.has(was.node)) continue;
    if (!answering.has(was.node)) told.set(id, was);
    else if (was.words !== '') sentences.push({ node: was.node, words: `${was.words} is gone` });
  }
  return { told, sentences };
}

function withoutFaultsOnly(state: State, unfiltered: boolean): State {
  const level = state.stack.at(-1) as Level;
  const shown = unfiltered ? { ...level, filter: { text: '', filter: everything } } : level;
  return { ...state, faultsOnly: false, stack: [...state.stack.slice(0, -1), shown] };
}

/** Empty for what nobody misses when it is gone. */
function nameOf({ thing, name }: Row): string {
  return lists.has(thing.kind) || passing.has(thing.kind) ? '' : `${thing.kind} ${name}`;
}

/** Null = nothing to tell. @param asked The daemon had answered before, so that what was not there then is new. */
function rowWords(was: ToldRow | undefined, row: Row, asked: boolean): string | null {
  const { thing, standing, why } = row;
  if (lists.has(thing.kind)) return was === undefined ? cellWords(row) : null;
  const subject = `${thing.kind} ${row.name}`;
  const because = why === null || standing === 'up' ? '' : `: ${why}`;
  if (was === undefined) {
    if (!asked || passing.has(thing.kind))
      return isFault(standing) ? `${subject} is ${standingWords[standing]}${because}` : null;
    return `${subject} is new, ${standingWords[standing]}${because}`;
  }
  if (was.standing === standing) return null;
  return `${subject} is ${standingWords[standing]}, and was ${standingWords[was.standing]}${because}`;
}

const standingWords: Readonly<Record<Standing, string>> = {
  up: 'up',
  none: 'unchecked',
  maintenance: 'in maintenance',
  draining: 'draining',
  unknown: 'not known',
  degraded: 'degraded',
  down: 'down',
};

/** All that its line says. */
function cellWords({ cells, node }: Row): string {
  return Object.entries(cells)
    .filter(([id, { text }]) => id !== 'st' && id !== 'node' && text !== '–' && text !== '·' && text !== node)
    .map(([, { text }]) => text)
    .join(' ');
}
