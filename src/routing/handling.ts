/**
 * Says what stands between a route and its answer: guards, upstream and fallback, tries, breaker and times, in the order in
 * which a request meets them. Behind `route explain`; reads the configuration alone, knows nothing of how things are now.
 */
import type {
  Config,
  RateLimitConfig,
  RateLimitKey,
  RouteConfig,
  UpstreamConfig,
  UpstreamTlsConfig,
} from '../config/model.ts';
import { acmePrefix, namesAcmePath } from './acme.ts';

/**
 * One line each: `rate-limit: 5 requests/s of each client_ip, burst 5, then 429`.
 * @param path In normal form; null = no certain one
 */
export function handlingOf(config: Config, route: RouteConfig, path: string | null): readonly string[] {
  const upstream = config.upstreams.find(({ name }) => name === route.upstream);
  return [
    ...guardsOf(config, route, path),
    ...(upstream?.static === null ? [`websocket: ${websocketWords(route)}`] : []),
    ...upstreamWords('upstream', route.upstream, upstream),
    ...(route.fallbackUpstream === null
      ? []
      : upstreamWords(
          'fallback-upstream',
          route.fallbackUpstream,
          config.upstreams.find(({ name }) => name === route.fallbackUpstream),
        )),
    ...(upstream?.static === null ? triesOf(route, upstream) : []),
  ];
}

function guardsOf(
  { security, limits }: Config,
  { matches, policies }: RouteConfig,
  path: string | null,
): readonly string[] {
  const lines: string[] = [];
  const lists = [
    ...(security.block.length > 0 || security.blockFile !== null ? ['block lists'] : []),
    ...(security.allow.length > 0 ? ['an allow list'] : []),
  ];
  if (lists.length > 0) lines.push(`security: ${lists.join(', ')}`);
  if (security.challengeMode !== 'off' && path?.startsWith(acmePrefix) && matches.paths.some(namesAcmePath)) {
    lines.push('challenge: nobody, as this is where ACME proofs are asked for');
  } else if (security.challengeMode === 'always') {
    lines.push('challenge: every client without a pass');
  } else if (security.challengeMode === 'enabled') {
    lines.push(`challenge: clients above ${security.challengeThreshold} requests a minute without a pass`);
  }
  const perSecond = [
    ...(limits.maxRequestsPerSecondGlobal > 0 ? [`${limits.maxRequestsPerSecondGlobal}/s in all`] : []),
    ...(limits.maxRequestsPerSecondPerClient > 0 ? [`${limits.maxRequestsPerSecondPerClient}/s of each client`] : []),
  ];
  if (perSecond.length > 0) lines.push(`limits: ${perSecond.join(', ')}`);
  if (policies.rateLimit !== null) lines.push(`rate-limit: ${rateWords(policies.rateLimit)}`);
  if (policies.bufferRequests) lines.push('buffer-requests: the body is taken whole before a target is asked');
  if (lines.length > 0) lines.push(`failure-mode: ${policies.failureMode}, where one of these cannot decide`);
  return lines;
}

function rateWords(limit: RateLimitConfig): string {
  const { requestsPerSecond, burst, key, action, statusCode, maxDelayMs } = limit;
  const then = {
    block: `then ${statusCode}`,
    delay: `then they wait, at most ${seconds(maxDelayMs)}, else ${statusCode}`,
    log: 'above it only counted and logged',
  };
  return `${requestsPerSecond} requests/s ${keyWords(key)}, burst ${burst}, ${then[action]}`;
}

function keyWords(key: RateLimitKey): string {
  if (key.kind === 'route') return 'of the whole route';
  return `of each ${key.kind === 'header' ? `value of the field ${key.name}` : key.kind}`;
}

function websocketWords({ policies }: RouteConfig): string {
  if (!policies.websocket) return 'refused with 403';
  return policies.websocketIdleMs === 0
    ? 'allowed, however long it is silent'
    : `allowed, closed after ${seconds(policies.websocketIdleMs)} of silence`;
}

function upstreamWords(as: string, name: string, upstream: UpstreamConfig | undefined): readonly string[] {
  if (upstream === undefined) return [];
  if (upstream.static !== null) return [`${as} ${name}: answers ${upstream.static.status} by itself`];
  const { targets, discover, loadBalancing, healthCheck, passiveHealth } = upstream;
  const count = `${targets.length} ${targets.length === 1 ? 'target' : 'targets'}`;
  const judges = [
    ...(healthCheck === null ? [] : [`${healthCheck.type.kind} check`]),
    ...(passiveHealth === null ? [] : ['passive health']),
  ];
  const facts = [
    discover === null
      ? count
      : `${targets.length === 0 ? '' : `${count} and `}what ${discover.kind} ${discover.name} says`,
    loadBalancing.policy,
    judges.length === 0 ? 'nobody judges its health' : judges.join(' and '),
    ...(upstream.tls === null ? [] : [tlsWords(upstream.tls)]),
    ...(upstream.httpVersion === '2' ? [upstream.tls === null ? 'HTTP/2 without TLS' : 'HTTP/2'] : []),
  ];
  return [`${as} ${name}: ${facts.join(', ')}`];
}

function tlsWords({ sni, caFile, clientPair, insecureSkipVerify }: UpstreamTlsConfig): string {
  const name = sni === null ? '' : ` as ${sni}`;
  const by = caFile === null ? 'the authorities of the system' : caFile;
  const judged = insecureSkipVerify ? 'that nobody verifies' : `verified by ${by}`;
  return `TLS${name} ${judged}${clientPair === null ? '' : ', with a client certificate'}`;
}

function triesOf(route: RouteConfig, { circuitBreaker, timeouts }: UpstreamConfig): readonly string[] {
  const { retry, policies } = route;
  const bounds = [policies.timeoutMs, timeouts.requestMs].filter((ms) => ms > 0);
  const breakers = [
    ...(circuitBreaker === null ? [] : [`of a target after ${circuitBreaker.failureThreshold} failures in a row`]),
    ...(route.circuitBreaker === null ? [] : [`of the route after ${route.circuitBreaker.failureThreshold}`]),
  ];
  return [
    retry === null
      ? 'tries: what no target has taken goes to another; what was sent is not sent again'
      : `tries: at most ${retry.maxAttempts}, also after ${retry.retryableStatusCodes.join(', ') || 'no status'}${retry.retryNonIdempotent ? '' : ' where the method allows'}, within a budget of ${retry.budgetPercent} %`,
    ...(breakers.length === 0 ? [] : [`circuit-breaker: ${breakers.join(', ')}`]),
    `time to the answer: ${bounds.length === 0 ? 'no bound' : seconds(Math.min(...bounds))}`,
  ];
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
