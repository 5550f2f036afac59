/**
 * The quick reference card of the incident runbook, with the commands that do it here and the names that the metrics have. Data only.
 * Seed: Quick Reference Card.
 */

export const cardCommands: readonly (readonly [meaning: string, command: string])[] = [
  ['what is wrong, why, and what to type next', 'sentinel diagnose'],
  ['the screen to keep open', 'sentinel top'],
  ['health check', 'curl -sf localhost:8080/health'],
  ['ready for traffic, or why not', 'curl -s localhost:8080/ready'],
  ['reload the configuration, and hear whether it was taken', 'sentinel reload'],
  ['back to the configuration before', 'sentinel config rollback'],
  ['a new process takes over, no connection is refused', 'sentinel upgrade'],
  ['stop; what is in flight finishes', 'systemctl stop sentinel'],
  ['errors, with their causes', 'sentinel requests --errors'],
  ['the log', 'sentinel logs --level error'],
  ['targets, and why one is down', 'sentinel upstreams'],
  ['take a target out; nothing is cut', 'sentinel drain 10.1.1.10:8080'],
  ['who sends the most', 'sentinel clients'],
  ['keep the evidence before anything is restarted', 'sentinel incident snapshot --fast'],
  ['the first five minutes, step by step', 'sentinel runbook run first-five-minutes'],
];

export const cardMetrics: readonly (readonly [name: string, meaning: string])[] = [
  ['sentinel_requests_total{status=~"5.."}', 'errors'],
  ['sentinel_upstream_health', 'which targets are up'],
  ['sentinel_request_duration_seconds', 'latency'],
  ['sentinel_open_connections', 'connections'],
  ['sentinel_circuit_breaker_state', '0 closed, 1 open, 2 half-open'],
];
