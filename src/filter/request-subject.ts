/** A request as something that filters ask of, finished or under way: the same for the daemon's records and for the screen. */
import type { FieldName } from './fields.ts';
import type { FieldValue, FilterSubject } from './match.ts';

/** What replies of the admin API say of both kinds. */
export interface RequestFacts {
  readonly id: string;
  readonly correlation_id: string;
  readonly trace_id: string;
  readonly client_ip: string;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number;
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly attempts: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly user_agent: string;
  /** Of a finished one. */
  readonly cause?: string;
  readonly duration_ms?: number;
  /** Of one under way. */
  readonly phase?: string;
}

/** @param ageMs how long ago it ended; of what is under way, how long it runs */
export function requestSubject(facts: RequestFacts, ageMs: number): FilterSubject {
  const { method, host, path } = facts;
  return { name: `${method} ${host}${path}`, value: (field) => requestValue(facts, field, ageMs) };
}

export function requestValue(facts: RequestFacts, field: FieldName, ageMs: number): FieldValue {
  switch (field) {
    case 'id':
      return [facts.correlation_id, facts.id];
    case 'trace':
      return facts.trace_id;
    case 'client':
      return facts.client_ip;
    case 'agent':
      return facts.user_agent;
    case 'listener':
    case 'method':
    case 'host':
    case 'path':
    case 'protocol':
    case 'status':
    case 'cause':
    case 'phase':
    case 'route':
    case 'upstream':
    case 'target':
    case 'attempts':
      return facts[field];
    case 'duration':
    case 'p50':
    case 'p95':
    case 'p99':
      return facts.duration_ms;
    case 'age':
      return Math.max(0, ageMs);
    case 'in':
      return facts.bytes_in;
    case 'out':
      return facts.bytes_out;
    default:
      return undefined;
  }
}
