/** One daemon in the state: as it begins, and how it is found again. Pure. */
import { calm } from './hysteresis.ts';
import { noPast } from './past.ts';
import type { NodeState, State } from './state.ts';

/** Before anything was read of it. */
export function nodeAt(node: string): NodeState {
  return {
    node,
    reading: null,
    lastParts: {},
    past: noPast,
    alarms: calm,
    thresholds: null,
    lost: null,
    verdict: null,
    unjudged: null,
    clearSinceMs: null,
    events: [],
    eventsGap: false,
    logs: [],
    logsGap: false,
    logsBefore: 0,
  };
}

/** Null for what is of several daemons, or of none. */
export function nodeNamed(state: Pick<State, 'nodes'>, name: string): NodeState | null {
  return state.nodes.find(({ node }) => node === name) ?? null;
}

export function withNode(state: State, name: string, change: (node: NodeState) => NodeState): State {
  return { ...state, nodes: state.nodes.map((node) => (node.node === name ? change(node) : node)) };
}
