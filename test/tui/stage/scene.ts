/**
 * What a scripted daemon tells: replies of the admin API by endpoint, at one moment that never passes. Kept true by the types of the
 * contract, and by a test that holds them against a real daemon. Types only.
 */
import type { EndpointId, EndpointShapes } from '../../../src/admin/contract/endpoints.ts';
import type { ClientSort } from '../../../src/admin/contract/client-shapes.ts';

type Told = Exclude<EndpointId, 'stream' | 'clients' | 'config' | 'requests'>;

/** What it answers to whom asks; what is not here is answered with 404. */
export type Replies = { readonly [K in Told]?: EndpointShapes[K]['reply'] } & {
  readonly clients?: Readonly<Record<ClientSort, EndpointShapes['clients']['reply']>>;
  /** By `kind=`. */
  readonly requests?: Readonly<Record<'errors' | 'slow' | 'all', EndpointShapes['requests']['reply']>>;
  /** By `block=`, of form `json`. */
  readonly config?: Readonly<Record<string, EndpointShapes['config']['reply']>>;
};

export interface Scene {
  /** Of the daemon's clock, RFC 3339. */
  readonly at: string;
  readonly generation: number;
  readonly revision: number;
  readonly replies: Replies;
}
