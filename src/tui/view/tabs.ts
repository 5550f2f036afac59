/** The tabs of the views, each with how many things in it are not well, as far as what was read anyway tells. */
import type { Reading } from '../feed/reading.ts';
import { remembering } from '../rows/remembered.ts';
import { type ViewName, viewNames } from '../rows/row.ts';
import { everyShown, type Shown } from '../rows/shown.ts';
import { targetStanding, upstreamStanding } from '../rows/standing.ts';
import { shownNode } from '../store/moments.ts';
import type { NodeState, State } from '../store/state.ts';
import type { View } from './view.ts';

const viewTitles: Readonly<Record<ViewName, string>> = {
  upstreams: 'Upstreams',
  routes: 'Routes',
  errors: 'Errors',
  inflight: 'In-flight',
  clients: 'Clients',
  certs: 'Certs',
  events: 'Events',
  log: 'Log',
};

/** What happened longer ago is over. */
const RECENT_MS = 5 * 60_000;

type Faults = Readonly<Record<ViewName, number>>;

const countedOnce = remembering<Faults>(2);

export function tabsOf(state: State): View['tabs'] {
  const chosen = state.stack.at(-1)?.view;
  const shown = everyShown(state);
  const nodes = state.nodes.map((node) => shownNode(node, state));
  const inputs = [...shown.flatMap(({ reading, stale }) => [reading, stale]), ...nodes.map(({ events }) => events)];
  const faults = countedOnce(inputs, () => faultsOf(shown, nodes));
  return viewNames.map((view) => ({ view, title: viewTitles[view], chosen: view === chosen, faults: faults[view] }));
}

function faultsOf(shown: readonly Shown[], nodes: readonly NodeState[]): Faults {
  const readings = shown.flatMap(({ reading, stale }) => (reading === null || stale ? [] : [reading]));
  const sum = (count: (reading: Reading) => number): number => readings.reduce((all, one) => all + count(one), 0);
  return {
    upstreams: sum(brokenTargets),
    routes: sum(({ status }) => status.upstreams.problems.filter(({ code }) => code === 'SNT-U003').length),
    errors: sum(({ status }) => status.windows['10s']?.errors ?? 0),
    inflight: 0,
    clients: 0,
    certs: sum(
      ({ status }) =>
        status.certificates.loaded.filter(({ standing, same_as_disk: same }) => standing !== 'ok' || same === false)
          .length,
    ),
    events: shown.reduce((all, { atMs }, index) => all + recentErrors(nodes[index], atMs), 0),
    log: 0,
  };
}

/** Targets that are down or half open, and upstreams that have none to ask. */
function brokenTargets({ upstreams }: Reading): number {
  return upstreams
    .filter(({ builtin, routes }) => !builtin || routes.length > 0)
    .reduce((all, upstream) => {
      const targets = upstream.targets.filter((target) => ['down', 'degraded'].includes(targetStanding(target))).length;
      return all + (targets > 0 ? targets : ['down', 'degraded'].includes(upstreamStanding(upstream)) ? 1 : 0);
    }, 0);
}

function recentErrors(node: NodeState | undefined, atMs: number | null): number {
  if (node === undefined || atMs === null) return 0;
  return node.events.filter(({ severity, last_at: at }) => {
    const ms = Date.parse(at);
    return severity === 'error' && ms <= atMs && atMs - ms <= RECENT_MS;
  }).length;
}
