/** Last phase: the exchange is counted, logged and over. Every exchange ends here exactly once. */
import { bump, proxyFields, recordDuration, release } from '../../shared/cells.ts';
import { causeIndex, rejectReasons } from '../../shared/causes.ts';
import { countOutcome } from '../../shared/outcome-counts.ts';
import type { Exchange } from './exchange.ts';

/** Ends the exchange; what it held is given back. */
export function finish(x: Exchange): void {
  if (x.done) return;
  x.done = true;
  x.bodySink = null;
  x.abandon = null;
  x.tries = null;
  x.held?.drop();
  x.resumeResponse = null;
  const { runtime, host, route } = x;
  const cells = runtime.cells;
  if (x.inFlight) release(cells.proxy, proxyFields.inFlight);
  const now = host.now();
  // Of a WebSocket its handshake: how long people stay says nothing of how fast anybody is.
  const seconds = ((x.switched ? x.firstByteAt : now) - x.startedAt) / 1000;
  recordDuration(route === null ? cells.unrouted : route.cell, seconds);
  if (x.status >= 500 && x.cause === null) x.cause = 'upstream_status';
  if (x.cause !== null) bump(cells.errors, causeIndex[x.cause]);
  if (x.reason !== null) bump(cells.rejects, rejectReasons.indexOf(x.reason));
  const used = x.upstream;
  const upstream = used !== null && (x.attempts > 0 || used.plan.static !== null) ? used : null;
  if (upstream !== null && x.firstByteAt !== 0) recordDuration(upstream.cell, (x.firstByteAt - x.sentAt) / 1000);
  const bytesOut = x.client.bytesWritten - x.bytesOutBefore;
  const { status, cause, bytesIn } = x;
  countOutcome(route === null ? cells.unroutedOutcomes : route.outcomes, status, cause, bytesIn, bytesOut);
  if (upstream !== null) countOutcome(upstream.outcomes, status, cause, bytesIn, bytesOut);
  bump(cells.proxy, proxyFields.bytesIn, x.bytesIn);
  bump(cells.proxy, proxyFields.bytesOut, bytesOut);
  host.countRequest(route?.plan.label ?? 0, upstream?.plan.label ?? 0, x.head.method, x.status);
  host.record(x, now, bytesOut);
  if (x.trace !== null) host.tellSpans(x, now);
  x.client.finished(x);
}
