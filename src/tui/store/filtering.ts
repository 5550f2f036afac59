/**
 * The filter of a level: typed, tried at each key, kept or taken back. What does not read changes nothing: the last good one stays in
 * force, and what is wrong is said. Pure.
 */
import { everything, type Filter } from '../../filter/filter.ts';
import { parseFilter } from '../../filter/parse.ts';
import { subjectOf } from '../rows/row.ts';
import type { KeyPress } from '../keys/keymap.ts';
import type { Level, Overlay, State, Step } from './state.ts';
import { levelOf, only, refused, told, withLevel, withOverlay } from './step.ts';
import { typed } from './typing.ts';

type FilterInput = Extract<Overlay, { kind: 'filter' }>;

/** Filters of one view that are remembered. */
const mostRecalled = 50;

export function openFilter(state: State): Step {
  const { filter } = levelOf(state);
  const { text } = filter;
  const input: FilterInput = {
    kind: 'filter',
    ...{ text, caret: text.length, problem: null },
    ...{ before: filter, recalled: null, draft: '' },
  };
  return only(withOverlay(state, input));
}

export function clearFilter(state: State): Step {
  return levelOf(state).filter.text === ''
    ? refused(state, 'there is no filter')
    : only(withLevel(state, { filter: none }));
}

const none: Level['filter'] = { text: '', filter: everything };

export function filterKey(state: State, input: FilterInput, press: KeyPress): Step {
  switch (press.key) {
    case 'escape':
      return only(withOverlay(withLevel(state, { filter: input.before }), null));
    case 'enter':
      // What does not read stays open with what is wrong with it, so that it can be put right.
      return input.problem === null ? only(kept(state, input)) : only(state);
    case 'up':
    case 'ctrl-p':
      return only(recall(state, input, -1));
    case 'down':
    case 'ctrl-n':
      return only(recall(state, input, 1));
  }
  const line = typed(input, press);
  if (line === null) return only(state);
  return only(tried(state, { ...input, ...line, recalled: null }));
}

/** With what is typed in force, if it reads. */
function tried(state: State, input: FilterInput): State {
  const level = levelOf(state);
  const { text } = input;
  if (text === level.filter.text) return withOverlay(state, { ...input, problem: null });
  const read = readFilter(text, level);
  return 'problem' in read
    ? withOverlay(state, { ...input, problem: read.problem })
    : withOverlay(withLevel(state, { filter: { text: text.trim() === '' ? '' : text, filter: read.filter } }), {
        ...input,
        problem: null,
      });
}

export type ReadFilter = { readonly filter: Filter } | { readonly problem: NonNullable<FilterInput['problem']> };

/** In the fields of what the level shows. */
export function readFilter(text: string, { view }: Pick<Level, 'view'>): ReadFilter {
  const subject = subjectOf[view];
  const read = parseFilter(text, subject ?? 'targets');
  if (!read.ok) {
    const { words, from, to } = read.problem;
    return { problem: { words, start: from, end: to } };
  }
  const field = subject === null ? fieldOf(read.filter) : null;
  if (field === null) return { filter: read.filter };
  const start = Math.max(0, text.toLowerCase().indexOf(field));
  return { problem: { words: `here only names are filtered: leave out ${field}`, start, end: start + field.length } };
}

/** A field other than the name that is asked for; null = none is. */
function fieldOf(filter: Filter): string | null {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.map(fieldOf).find((field) => field !== null) ?? null;
    case 'not':
      return fieldOf(filter.of);
    case 'word':
    case 'pattern':
      return null;
    default:
      return filter.field === 'name' ? null : filter.field;
  }
}

function kept(state: State, { text }: FilterInput): State {
  const { view } = levelOf(state);
  const closed = withOverlay(state, null);
  if (text.trim() === '') return closed;
  const history = [...historyOf(state).filter((one) => one !== text), text].slice(-mostRecalled);
  return told({ ...closed, filterHistory: { ...state.filterHistory, [view]: history } }, 'info', `filter: ${text}`);
}

function recall(state: State, input: FilterInput, by: 1 | -1): State {
  const history = historyOf(state);
  const at = (input.recalled ?? history.length) + by;
  if (at < 0 || at > history.length || history.length === 0) return state;
  const draft = input.recalled === null ? input.text : input.draft;
  const text = history[at] ?? draft;
  return tried(state, { ...input, text, caret: text.length, draft, recalled: at === history.length ? null : at });
}

function historyOf(state: State): readonly string[] {
  return state.filterHistory[levelOf(state).view] ?? [];
}
