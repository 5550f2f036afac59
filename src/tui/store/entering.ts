/** Where Enter leads from a row: the view, and of what. Pure. */
import type { Row, Thing } from '../rows/row.ts';
import type { Level } from './state.ts';

/** Deeper than anything leads by itself. */
const ofThings: Readonly<Record<Thing['kind'], Level['view'] | null>> = {
  upstream: 'upstreams',
  target: 'errors',
  route: 'errors',
  client: 'errors',
  cause: 'errors',
  request: 'errors',
  inflight: 'inflight',
  cert: 'certs',
  event: 'events',
  log: 'log',
  line: null,
};

/** Null = nothing is behind it. */
export function entered({ node, thing }: Pick<Row, 'node' | 'thing'>): Pick<Level, 'view' | 'of'> | null {
  const view = ofThings[thing.kind];
  return view === null ? null : { view, of: { node, thing } };
}
