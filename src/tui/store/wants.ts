/** What the screen needs of the daemons next, by what is seen. Asked after each input and by what prints; the feed asks for nothing else. */
import type { PartName, Wants } from '../feed/reading.ts';
import type { ViewName } from '../rows/row.ts';
import type { Level, State } from './state.ts';
import { levelOf } from './step.ts';

/** The header draws the rates of a quarter of an hour, memory and the delay of the event loop whatever the view. */
const always: readonly PartName[] = ['traffic', 'runtime'];

const ofViews: Readonly<Record<ViewName, readonly PartName[]>> = {
  upstreams: ['breakers'],
  routes: ['routes', 'breakers'],
  errors: ['errors'],
  inflight: ['inflight'],
  clients: ['clients'],
  certs: ['certs'],
  events: [],
  log: [],
};

export function wantsOf(state: State): Wants {
  const level = levelOf(state);
  return {
    parts: [...always, ...partsOf(level)],
    logs: level.view === 'log',
    clientsBy: state.clientsBy,
    intervalMs: state.intervalMs,
    paused: state.suspended,
  };
}

/** Requests of something are those that ended and those that go on; one that is looked at while it goes on ends at some time. */
function partsOf({ view, of }: Level): readonly PartName[] {
  if (of === null || (view !== 'errors' && view !== 'inflight')) return ofViews[view];
  return ['errors', 'inflight'];
}

export function sameWants(a: Wants, b: Wants): boolean {
  return (
    a.logs === b.logs &&
    a.clientsBy === b.clientsBy &&
    a.intervalMs === b.intervalMs &&
    a.paused === b.paused &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, index) => part === b.parts[index])
  );
}
