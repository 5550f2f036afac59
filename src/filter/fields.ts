/**
 * The closed list of fields that a filter may name, with their type and units, and which of them each kind of thing has.
 * Asked by the parser; whoever shows things adds here what can be asked of them.
 */

export type FieldName = keyof typeof fields;

/** What can be filtered. */
export type SubjectKind = keyof typeof fieldsOfSubjects;

/**
 * `text` is compared as people read it; `ratio` is 0–1, written in percent; `time` is milliseconds; `size` bytes; `rate`
 * per second; `count` a plain number; `status` a status code or a class of them.
 */
export type FieldType = 'text' | 'ratio' | 'time' | 'size' | 'rate' | 'count' | 'status';

export interface FieldFacts {
  readonly type: FieldType;
  readonly meaning: string;
  /** What a number without a unit means; absent = a unit must be written, or the type has none. */
  readonly bareUnit?: string;
}

export const fields = {
  name: { type: 'text', meaning: 'what the thing is called; what a bare word is searched in' },
  upstream: { type: 'text', meaning: 'name of the upstream' },
  route: { type: 'text', meaning: 'name of the route' },
  target: { type: 'text', meaning: 'address and port of the target' },
  state: { type: 'text', meaning: 'state, in the words of the table' },
  adm: { type: 'text', meaning: 'what an operator ordered' },
  check: { type: 'text', meaning: 'code of the last health check, such as L7OK' },
  breaker: { type: 'text', meaning: 'closed, open, half_open or forced_open' },
  client: { type: 'text', meaning: 'address of the client' },
  method: { type: 'text', meaning: 'request method' },
  path: { type: 'text', meaning: 'path of the request, without its query' },
  host: { type: 'text', meaning: 'host that the request was for' },
  listener: { type: 'text', meaning: 'listener that it came in at' },
  protocol: { type: 'text', meaning: 'HTTP/1.0, HTTP/1.1 or HTTP/2.0' },
  id: { type: 'text', meaning: 'correlation id' },
  trace: { type: 'text', meaning: 'trace id' },
  agent: { type: 'text', meaning: 'user agent' },
  cause: { type: 'text', meaning: 'why the request ended other than by an answer (docs/errors.md)' },
  phase: { type: 'text', meaning: 'what the request waits for' },
  kind: { type: 'text', meaning: 'name of the event' },
  severity: { type: 'text', meaning: 'how bad the event is' },
  subject: { type: 'text', meaning: 'what the event is about' },
  actor: { type: 'text', meaning: 'who caused it' },
  reason: { type: 'text', meaning: 'reason that was given' },
  level: { type: 'text', meaning: 'level of the line' },
  module: { type: 'text', meaning: 'part of the program that wrote the line' },
  message: { type: 'text', meaning: 'what the line says' },
  status: { type: 'status', meaning: 'status code, or a class such as 5xx' },
  err: { type: 'ratio', bareUnit: '%', meaning: 'share of requests that failed' },
  share: { type: 'ratio', bareUnit: '%', meaning: 'share of all requests' },
  rps: { type: 'rate', bareUnit: 'rps', meaning: 'requests per second' },
  p50: { type: 'time', bareUnit: 'ms', meaning: 'median of durations; of one request its duration' },
  p95: { type: 'time', bareUnit: 'ms', meaning: '95th percentile; of one request its duration' },
  p99: { type: 'time', bareUnit: 'ms', meaning: '99th percentile; of one request its duration' },
  duration: { type: 'time', bareUnit: 'ms', meaning: 'how long the request took' },
  age: { type: 'time', meaning: 'how long ago it happened; of what is in flight, how long it runs' },
  since: { type: 'time', meaning: 'how long it has been in its state' },
  in: { type: 'size', bareUnit: 'b', meaning: 'bytes from the client' },
  out: { type: 'size', bareUnit: 'b', meaning: 'bytes to the client' },
  infl: { type: 'count', meaning: 'requests in flight' },
  conns: { type: 'count', meaning: 'open connections' },
  weight: { type: 'count', meaning: 'share of the traffic' },
  attempts: { type: 'count', meaning: 'how many times a target was asked' },
  requests: { type: 'count', meaning: 'how many requests' },
  count: { type: 'count', meaning: 'how many times it happened' },
} as const satisfies Readonly<Record<string, FieldFacts>>;

const asked = ['id', 'trace', 'client', 'listener', 'method', 'host', 'path', 'protocol', 'agent'] as const;
const rates = ['rps', 'err', 'p50', 'p95', 'p99'] as const;

export const fieldsOfSubjects = {
  requests: [
    ...asked,
    ...['status', 'cause', 'route', 'upstream', 'target', 'attempts'],
    ...['duration', 'p50', 'p95', 'p99', 'age', 'in', 'out'],
  ],
  inflight: [...asked, 'phase', 'route', 'upstream', 'target', 'attempts', 'age', 'in', 'out'],
  targets: [
    'name',
    'upstream',
    'target',
    'state',
    'adm',
    'check',
    'breaker',
    'weight',
    ...rates,
    'infl',
    'conns',
    'since',
  ],
  upstreams: ['name', 'upstream', 'target', 'route', 'state', 'breaker', ...rates, 'infl', 'conns', 'since'],
  routes: ['name', 'route', 'upstream', 'host', 'path', 'method', 'listener', 'state', 'breaker', ...rates, 'infl'],
  clients: ['name', 'client', 'path', 'agent', 'state', 'requests', 'share', 'rps', 'err', 'out'],
  events: [
    ...['name', 'kind', 'severity', 'subject', 'actor', 'reason', 'route', 'upstream', 'target'],
    ...['client', 'listener', 'state', 'count', 'age'],
  ],
  logs: [
    ...['name', 'level', 'module', 'kind', 'message', 'id', 'trace', 'client', 'listener', 'method', 'host', 'path'],
    ...['status', 'cause', 'route', 'upstream', 'target', 'actor', 'reason', 'age'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What a bare word is searched in, and how things of the kind are called in a sentence. */
export const subjectWords: Readonly<Record<SubjectKind, string>> = {
  requests: 'finished requests',
  inflight: 'requests in flight',
  targets: 'targets',
  upstreams: 'upstreams',
  routes: 'routes',
  clients: 'clients',
  events: 'events',
  logs: 'log lines',
};

/** Of a field that the kind does not have: which one means what was probably asked. */
const instead: Readonly<Partial<Record<SubjectKind, Readonly<Partial<Record<FieldName, string>>>>>> = {
  requests: { name: 'path', since: 'age', err: 'status=5xx', state: 'cause', infl: 'sentinel inflight', kind: 'cause' },
  inflight: { name: 'path', duration: 'age', p50: 'age', p95: 'age', p99: 'age', since: 'age', state: 'phase' },
  targets: { age: 'since', duration: 'p99', status: 'err' },
  upstreams: { age: 'since', duration: 'p99', status: 'err' },
  routes: { duration: 'p99', status: 'err' },
  clients: { status: 'err', count: 'requests' },
  events: { since: 'age', level: 'severity', name: 'kind' },
  logs: { since: 'age', severity: 'level', duration: 'sentinel requests' },
};

export function isFieldName(word: string): word is FieldName {
  return Object.hasOwn(fields, word);
}

export function factsOf(field: FieldName): FieldFacts {
  return fields[field];
}

export function fieldsOf(kind: SubjectKind): readonly FieldName[] {
  return fieldsOfSubjects[kind] as readonly FieldName[];
}

/** What to ask instead of a field that the kind does not have; null = nothing comes near. */
export function insteadOf(kind: SubjectKind, field: FieldName): string | null {
  return instead[kind]?.[field] ?? null;
}
