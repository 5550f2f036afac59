/** A client, a network, a path or a user agent that sends much, as something that filters ask of: the same for daemon and screen. */
import type { FieldName } from './fields.ts';
import type { FieldValue, FilterSubject } from './match.ts';

export interface ClientFacts {
  readonly key: string;
  readonly requests: number;
  /** 0–1. */
  readonly share: number;
  readonly requests_per_s: number;
  readonly error_ratio: number | null;
  readonly bytes_out: number;
  /** Null for what is no address. */
  readonly blocked: boolean | null;
}

/** @param by what clients are told apart by */
export function clientSubject(client: ClientFacts, by: 'ip' | 'prefix' | 'path' | 'user-agent'): FilterSubject {
  return { name: client.key, value: (field) => clientValue(client, by, field) };
}

function clientValue(client: ClientFacts, by: string, field: FieldName): FieldValue {
  switch (field) {
    case 'client':
      return by === 'ip' || by === 'prefix' ? client.key : undefined;
    case 'path':
      return by === 'path' ? client.key : undefined;
    case 'agent':
      return by === 'user-agent' ? client.key : undefined;
    case 'state':
      return client.blocked === null ? undefined : client.blocked ? 'blocked' : 'served';
    case 'requests':
      return client.requests;
    case 'share':
      return client.share;
    case 'rps':
      return client.requests_per_s;
    case 'err':
      return client.error_ratio ?? undefined;
    case 'out':
      return client.bytes_out;
    default:
      return undefined;
  }
}
