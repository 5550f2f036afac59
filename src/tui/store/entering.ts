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

/** Null = nothing is behind it. @param of what has been entered already: behind an upstream that stands above its targets there are its requests */
export function entered(
  { node, thing }: Pick<Row, 'node' | 'thing'>,
  of: Level['of'],
): Pick<Level, 'view' | 'of'> | null {
  const again = thing.kind === 'upstream' && of?.thing.kind === 'upstream' && of.thing.upstream === thing.upstream;
  const view = again ? 'errors' : ofThings[thing.kind];
  return view === null ? null : { view, of: { node, thing } };
}
