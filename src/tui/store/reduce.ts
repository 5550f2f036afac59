/**
 * The one place where the state changes: each input is given to the part of the store that knows it, then cursor and scroll are settled,
 * and the feed is told when something else is wanted. Pure: called by the loop of the screen, by what prints, and by tests.
 */
import { defaultThresholds, type Thresholds } from '../../diagnosis/thresholds.ts';
import { everything } from '../../filter/filter.ts';
import type { Size } from '../draw/line.ts';
import type { ViewName } from '../rows/row.ts';
import { doing, only, told } from './step.ts';
import { explained } from './explaining.ts';
import { afterKey } from './keyboard.ts';
import { settled } from './navigation.ts';
import { afterNews } from './news.ts';
import { nodeAt } from './node.ts';
import { afterResult, askedAnew } from './orders.ts';
import { pointed } from './pointing.ts';
import { aged } from './scrubbing.ts';
import type { Input, Level, ShellCommand, State, Step } from './state.ts';
import { sameWants, wantsOf } from './wants.ts';

export interface Beginning {
  /** As `--daemon` named them; at least one. */
  readonly nodes: readonly string[];
  readonly size: Size;
  /** Our monotonic clock. */
  readonly nowMs: number;
  /** Default 1 s. */
  readonly intervalMs?: number;
  readonly view?: ViewName;
  readonly filter?: Level['filter'];
  readonly sorting?: Level['sorting'];
  readonly faultsOnly?: boolean;
  readonly wide?: boolean;
  readonly mouse?: boolean;
  /** No action is offered. Default false. */
  readonly readOnly?: boolean;
  readonly clientsBy?: State['clientsBy'];
  readonly thresholds?: Thresholds;
  /** What the palette offers besides keys and actions. */
  readonly commands?: readonly ShellCommand[];
}

export const noFilter: Level['filter'] = { text: '', filter: everything };

export function initialState(options: Beginning): State {
  const level: Level = {
    view: options.view ?? 'upstreams',
    of: null,
    filter: options.filter ?? noFilter,
    sorting: options.sorting ?? { column: null, reverse: false },
    cursor: null,
    scroll: 0,
    marks: [],
  };
  return {
    size: options.size,
    nodes: options.nodes.map(nodeAt),
    stack: [level],
    left: {},
    overlay: null,
    notice: null,
    held: null,
    frozenMs: null,
    frozen: null,
    pastMs: null,
    backMs: 0,
    faultsOnly: options.faultsOnly ?? false,
    wide: options.wide ?? false,
    mouse: options.mouse ?? false,
    prefix: null,
    intervalMs: Math.max(250, options.intervalMs ?? 1000),
    clientsBy: options.clientsBy ?? 'ip',
    filterHistory: {},
    suspended: false,
    readOnly: options.readOnly ?? false,
    thresholds: options.thresholds ?? defaultThresholds,
    commands: options.commands ?? [],
    pending: [],
    queued: [],
    again: null,
    lastUndo: null,
    nextOrder: 1,
    nowMs: options.nowMs,
  };
}

export function reduce(state: State, input: Input): Step {
  const now = aged(state, input.nowMs);
  const step = dispatched(now, input);
  const next = settled(state, step.state);
  const wants = wantsOf(next);
  return sameWants(wantsOf(state), wants)
    ? { state: next, effects: step.effects }
    : doing(next, { kind: 'wants', wants }, ...step.effects);
}

function dispatched(state: State, input: Input): Step {
  switch (input.kind) {
    case 'news':
      return askedAnew(afterNews(state, input.news));
    case 'key':
      return afterKey(state, input.press);
    case 'mouse':
      return pointed(state, input.pointed);
    case 'size':
      return only({ ...state, size: input.size });
    case 'tick':
      return only(state);
    case 'ordered':
      return afterResult(state, input.order, input.result);
    case 'explained':
      return only(explained(state, input.title, input.lines));
    case 'told':
      return only(told(state, input.notice.tone, input.notice.words));
    case 'resumed':
      return doing({ ...state, suspended: false }, { kind: 'redraw' });
  }
}
