/**
 * What values mean to each other once defaults are in place: a value of an upstream or route may contradict one of the
 * top level. `cross-checks.ts` is for what can be seen in the file as written.
 */
import type { CheckContext } from './check-values.ts';
import type { Root } from './schema/root.ts';
import type { Settled } from './tree.ts';

const MOST_CAPTURED = 16;

type Tree = Settled<Root>;
type Route = Tree['routes'][number]['keys'];
type HealthCheck = NonNullable<Tree['upstreams'][number]['keys']['health-check']>;

/** @param tree Keys that are required and missing may be undefined in it. */
export function checkSettled(context: CheckContext, tree: Tree): void {
  const reported = new Set<unknown>();
  for (const { keys } of tree.upstreams) {
    const check = keys.static === null ? keys['health-check'] : null;
    if (check !== null && check.enabled.value) checkProbeTime(context, check, reported);
  }
  for (const { keys } of tree.routes) warnLongTries(context, keys);
  warnNoWebsockets(context, tree.routes);
  checkCaptures(context, tree.observability.logging['access-log']);
}

/** Each costs every request. */
function checkCaptures(context: CheckContext, log: Tree['observability']['logging']['access-log']): void {
  for (const name of ['capture-request-header', 'capture-response-header'] as const) {
    const beyond = log[name][MOST_CAPTURED];
    if (beyond === undefined || beyond.span === null) continue;
    context.error(
      'SNT-C169',
      beyond.span,
      `\`${name}\` names ${log[name].length} fields, expected at most ${MOST_CAPTURED}`,
    );
  }
}

/** @param reported Timeouts that several upstreams share are wrong once. */
function checkProbeTime(context: CheckContext, check: HealthCheck, reported: Set<unknown>): void {
  const { 'timeout-secs': timeout, 'interval-secs': interval } = check;
  if (timeout.value === null || timeout.span === null || timeout.value <= interval.value) return;
  if (reported.has(timeout)) return;
  reported.add(timeout);
  context.error(
    'SNT-C149',
    timeout.span,
    `a check may take ${timeout.value} seconds, longer than the ${interval.value} until the next one`,
    {
      label: 'longer than the interval',
      secondary: interval.span === null ? [] : [{ span: interval.span, label: 'the interval' }],
      help: interval.span === null ? `\`interval-secs\` is ${interval.value} unless it is written` : null,
    },
  );
}

/** A bound on WebSockets is idle where every route that has it refuses them. */
function warnNoWebsockets(context: CheckContext, routes: Tree['routes']): void {
  const idle = new Map(routes.map(({ keys }) => [keys.policies['websocket-idle-secs'], keys.policies.websocket]));
  for (const { keys } of routes) {
    if (keys.policies.websocket.value) idle.delete(keys.policies['websocket-idle-secs']);
  }
  for (const [{ keySpan }, { span }] of idle) {
    if (keySpan === null) continue;
    context.warning('SNT-C172', keySpan, 'this has no effect: requests may not become WebSockets', {
      secondary: span === null ? [] : [{ span, label: 'switched off here' }],
    });
  }
}

/** A try that may take longer than the request as a whole is never the one that ends. */
function warnLongTries(context: CheckContext, route: Route): void {
  const perTry = route['retry-policy']?.['per-try-timeout-ms'];
  const whole = route.policies['timeout-secs'];
  if (perTry === undefined || perTry.span === null || whole.value === 0 || perTry.value <= whole.value * 1000) return;
  context.warning(
    'SNT-C172',
    perTry.span,
    `this has no effect: \`timeout-secs\` ${whole.text} ends the request first`,
    {
      secondary: whole.span === null ? [] : [{ span: whole.span, label: 'shorter' }],
    },
  );
}
