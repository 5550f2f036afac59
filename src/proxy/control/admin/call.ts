/** What a handler of the admin API is: a call as dispatch has judged it, in; the reply of the contract, out. Types only. */
import type { EndpointId, EndpointShapes, ParamsOf } from '../../../admin/contract/endpoints.ts';
import type { Role } from '../../../admin/contract/roles.ts';
import type { SentinelError } from '../../../base/errors.ts';
import type { Stream } from './stream.ts';

export interface Call<K extends EndpointId = EndpointId> {
  /** What stands in the places of the path. */
  readonly params: ParamsOf<K>;
  readonly actor: string;
  readonly role: Role;
  readonly via: 'socket' | 'tcp';
  readonly reason: string | null;
  readonly query: URLSearchParams;
  /** Where a client that lost its stream wants to go on; null = nowhere. */
  readonly lastEventId: string | null;
  /** Parsed JSON; `undefined` when there was no body. */
  readonly body: unknown;
  /** Why what the caller was looking at is no longer so; null while it is, or where the caller did not say. Asked again in the turn of a change. */
  outdated(): SentinelError | null;
  /** What the audit line should say besides, where path and actor do not say what was changed; ignored for reads. */
  note(facts: Readonly<Record<string, string | number | null>>): void;
}

/** The one whose reply does not end: dispatch hands the response over to what it returns. */
type StreamingId = 'stream';

export type Handlers = {
  readonly [K in Exclude<EndpointId, StreamingId>]: (call: Call<K>) => Promise<EndpointShapes[K]['reply']>;
} & { readonly [K in StreamingId]: (call: Call<K>) => Promise<Stream> };
