/** The header: whose screen it is, what runs there, and how fresh what is shown is. Made of the state; decides nothing about width. */
import { rfc3339 } from '../../base/units.ts';
import { ageText, said } from '../rows/cells.ts';
import { isStale, shownOf } from '../rows/shown.ts';
import { shownNode } from '../store/moments.ts';
import type { State } from '../store/state.ts';
import type { HeaderView } from './view.ts';

export function headerOf(state: State): HeaderView {
  const nodes = state.nodes.map((node) => shownNode(node, state));
  const one = nodes.length === 1;
  const readings = nodes.flatMap(({ reading }) => (reading === null ? [] : [reading]));
  const generations = new Set(readings.map(({ generation }) => generation));
  const roles = new Set(readings.map(({ identity }) => identity?.role ?? null));
  const [role] = roles;
  const mode = modeOf(state);
  const lost = state.nodes.filter((node) => node.lost !== null).length;
  return {
    name: one ? said(nodes[0]?.node ?? '') : `${nodes.length} daemons${lost === 0 ? '' : `, ${lost} lost`}`,
    role: roles.size === 1 ? (role ?? null) : null,
    uptimeMs: one ? (readings[0]?.status.uptime_ms ?? null) : null,
    generation: generations.size === 1 ? (readings[0]?.generation ?? null) : null,
    diskMatches: togetherOf(readings.map(({ status }) => status.config.disk_matches_running)),
    intervalMs: state.intervalMs,
    ageMs: ageOf(state),
    mode,
    modeWords: modeWords(mode, state),
    at: clockOf(state),
    lost: one
      ? []
      : state.nodes.flatMap(({ node, lost }) => (lost === null ? [] : [{ node: said(node), why: said(lost.why) }])),
  };
}

/** What is asked for on purpose is said first; what is old then, and last that all is live. */
function modeOf(state: State): HeaderView['mode'] {
  const { nodes } = state;
  if (state.pastMs !== null) return 'past';
  if (state.frozen !== null) return 'frozen';
  if (nodes.every(({ lost }) => lost !== null)) return 'lost';
  if (nodes.every(({ reading }) => reading === null)) return 'waiting';
  if (nodes.some((node) => node.lost === null && isStale(node, state))) return 'stale';
  return state.held === null ? 'live' : 'held';
}

function modeWords(mode: HeaderView['mode'], state: State): string | null {
  const { nodes, nowMs, frozenMs, backMs } = state;
  switch (mode) {
    case 'past': {
      const known = nodes.some((node) => shownOf(node, state).reading !== null);
      return `${ageText(backMs)} ago${known ? '' : ', nobody looked then: only rates are known'}; \\ comes back`;
    }
    case 'frozen':
      return `for ${ageText(nowMs - (frozenMs ?? nowMs))}; P goes on`;
    case 'held':
      return 'order held; p lets it go';
    case 'lost': {
      const lost = nodes.flatMap((one) => (one.lost === null ? [] : [one.lost]));
      const [first] = lost;
      if (first === undefined) return null;
      return `${said(first.why)}; since ${ageText(nowMs - first.sinceMs)}, asked again every ${ageText(Math.max(1000, first.retryMs))}`;
    }
    case 'stale':
      return 'no answer in time';
    case 'waiting':
      return 'for the first answer';
    case 'live':
      return null;
  }
}

/** False as soon as one differs; null as soon as one is not known. */
function togetherOf(each: readonly (boolean | null)[]): boolean | null {
  if (each.includes(false)) return false;
  return each.length === 0 || each.includes(null) ? null : true;
}

/** Of the oldest of those that answer; of all where none does. */
function ageOf(state: State): number | null {
  const nodes = state.nodes.map((node) => shownNode(node, state)).filter(({ reading }) => reading !== null);
  const live = nodes.filter(({ lost }) => lost === null);
  const received = (live.length > 0 ? live : nodes).map(({ reading }) => reading?.receivedMs ?? 0);
  return received.length === 0 ? null : Math.max(0, state.nowMs - Math.min(...received));
}

/** The clock of the daemon whose state is the newest of what is shown. */
function clockOf(state: State): string | null {
  const moments = state.nodes.flatMap((node) => {
    const { atMs } = shownOf(node, state);
    return atMs === null ? [] : [atMs];
  });
  return moments.length === 0 ? null : rfc3339(Math.max(...moments));
}
