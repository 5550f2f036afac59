/**
 * What can stand for each argument and option of the commands: the table that completion asks. A test holds it against the tree, so
 * that no value is forgotten.
 */
import { logLevelNames } from '../../admin/contract/log-shapes.ts';

/** Names that are looked up when they are asked for; `free`: nobody can know. */
export type ValueKind =
  | 'file'
  | 'folder'
  | 'page'
  | 'upstream'
  /** `10.0.0.1:8080`. */
  | 'target'
  /** `api-backend/10.0.0.1:8080`, `route/api`. */
  | 'breaker'
  | 'route'
  | 'listener'
  | 'drain'
  | 'generation'
  /** Id of a configuration on trial. */
  | 'pending'
  | 'inflight'
  | 'incident'
  | 'code'
  | 'runbook'
  | 'log-module'
  | 'free';

export type Values = ValueKind | readonly string[];

const levels: readonly string[] = logLevelNames;
const severities = ['SEV1', 'SEV2', 'SEV3', 'SEV4'];
const durations = ['30s', '5m', '15m', '1h'];

/** By `command argument`, `command --option`; else by the name alone. */
const table: Readonly<Record<string, Values>> = {
  // Arguments.
  id: 'incident',
  'breakers id': 'breaker',
  'breakers action': ['reset', 'open'],
  'config confirm id': 'pending',
  'config extend id': 'pending',
  'drains id': 'drain',
  'inflight action': ['kill'],
  'inflight id': 'inflight',
  'logs action': ['reopen'],
  'maintenance action': ['on', 'off'],
  'runbook run id': 'runbook',
  'runbook show id': 'runbook',
  'trace id': 'free',
  severity: severities,
  role: ['commander', 'operations', 'communications', 'scribe'],
  mark: ['alert', 'identified', 'mitigated', 'monitoring', 'resolved'],
  message: ['initial', 'update', 'resolution', 'maintenance-announce', 'maintenance-done'],
  person: 'free',
  text: 'free',
  item: 'free',
  number: 'free',
  file: 'file',
  path: 'free',
  a: 'file',
  b: 'file',
  'config diff a': 'generation',
  'config diff b': 'generation',
  upstream: 'upstream',
  method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
  url: 'free',
  targets: 'file',
  name: 'free',
  level: levels,
  'log-level level': [...levels, 'reset'],
  target: 'target',
  address: 'target',
  'block add address': 'free',
  'block remove address': 'free',
  weight: 'free',
  values: 'free',
  subject: 'upstream',
  'override rate-limit subject': 'route',
  'override timeout subject': 'route',
  'override fallback subject': 'route',
  'override weight subject': 'breaker',
  kind: ['limits', 'rate-limit', 'timeout', 'health', 'fallback', 'weight', 'maintenance', 'block', 'log-level'],
  key: 'free',
  time: durations,
  to: 'generation',
  generation: 'generation',
  query: 'free',
  code: 'code',
  shell: ['bash', 'zsh', 'fish'],
  words: 'free',
  topic: 'page',
  // Options.
  '--config': 'file',
  '--binary': 'file',
  '--facts': 'file',
  '--bundle': 'file',
  '--save-facts': 'file',
  '--map': 'file',
  '--output': 'file',
  'config alerts --output': 'folder',
  '--transcript': 'file',
  '--ca': 'file',
  '--page': 'file',
  'drain --resume': 'file',
  'runbook run --resume': 'free',
  '--timeout': durations,
  '--interval': ['1s', '10s', '1m'],
  '--for': durations,
  'cert-check --for': 'listener',
  '--since': durations,
  '--until': 'free',
  '--confirm-within': ['2m', '5m', '15m'],
  '--retry-after': durations,
  '--symptom': 'runbook',
  '--incident': 'incident',
  '--sev': severities,
  '--level': levels,
  '--module': 'log-module',
  '--upstream': 'upstream',
  '--rolling': 'upstream',
  '--route': 'route',
  '--confirm': 'target',
  'incident snapshot --confirm': ['none'],
  'maintenance --confirm': ['all'],
  'block add --confirm': 'free',
  'config rollback --confirm': 'free',
  'restart --confirm': 'free',
  'runbook run --confirm': 'free',
  '--sort': ['name', 'err', 'rps', 'p50', 'p95', 'p99', 'infl', 'since'],
};

/** Options whose value nobody can know. */
const freeOptions: ReadonlySet<string> = new Set(
  'to workers port tls-port metrics-port reason daemon title at source filter why owner due impact update next cause service window resolved step from rollback set answer header client-ip name kind limit exec max-parallel allow guard line'.split(
    ' ',
  ),
);

/** @returns null for what the table does not know */
export function valuesOf(command: string, name: string): Values | null {
  return (
    table[`${command} ${name}`] ??
    table[name] ??
    (name.startsWith('--') && freeOptions.has(name.slice(2)) ? 'free' : null)
  );
}
