/** What a handler of the admin API is: a call as dispatch has judged it, in; the reply of the contract, out. Types only. */
import type { EndpointId, EndpointShapes, ParamsOf } from '../../../admin/contract/endpoints.ts';

export interface Call<K extends EndpointId = EndpointId> {
  /** What stands in the places of the path. */
  readonly params: ParamsOf<K>;
  readonly actor: string;
  readonly reason: string | null;
  readonly query: URLSearchParams;
  /** Parsed JSON; `undefined` when there was no body. */
  readonly body: unknown;
  /** What the audit line should say besides, where path and actor do not say what was changed; ignored for reads. */
  note(facts: Readonly<Record<string, string | number | null>>): void;
}

export type Handlers = { readonly [K in EndpointId]: (call: Call<K>) => Promise<EndpointShapes[K]['reply']> };
