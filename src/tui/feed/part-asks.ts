/** How each part of a reading is asked for: endpoint, query, how much, and how often at most. A table for the poller; keeps nothing. */
import type { AdminClient } from '../../admin/client/client.ts';
import type { ReplyRoom } from '../../admin/client/exchange.ts';
import type { PartName, Parts, Wants } from './reading.ts';
import type { TrafficPast } from './traffic-past.ts';

/** How a call of this look may go on. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly room: ReplyRoom;
}

export interface PartAsk {
  readonly client: AdminClient;
  readonly wants: Wants;
  readonly patience: Patience;
  readonly past: TrafficPast;
}

/** As many as anybody looks through; the newest errors, the oldest requests, the busiest clients. */
const MOST_ERRORS = '300';
const MOST_IN_FLIGHT = '500';
const MOST_CLIENTS = '100';

/** Milliseconds for which a part holds: certificates are read from their files for it. */
export const seldom: { readonly [K in PartName]?: number } = { certs: 5_000 };

const asks: { readonly [K in PartName]: (ask: PartAsk) => Promise<Parts[K]> } = {
  routes: async ({ client, patience }) => (await client.call('routes', patience)).data,
  breakers: async ({ client, patience }) => (await client.call('breakers', patience)).data,
  traffic: async ({ client, patience, past }) =>
    past.join((await client.call('traffic', { ...patience, query: past.query() })).data),
  errors: async ({ client, patience }) =>
    (await client.call('requests', { ...patience, query: { kind: 'errors', limit: MOST_ERRORS } })).data,
  inflight: async ({ client, patience }) =>
    (await client.call('inflight', { ...patience, query: { limit: MOST_IN_FLIGHT } })).data,
  clients: async ({ client, patience, wants }) =>
    (await client.call('clients', { ...patience, query: { by: wants.clientsBy, limit: MOST_CLIENTS } })).data,
  certs: async ({ client, patience }) => (await client.call('certs', patience)).data,
  runtime: async ({ client, patience }) => (await client.call('runtime', patience)).data,
};

/** @throws as `AdminClient.call` */
export function askPart<K extends PartName>(part: K, ask: PartAsk): Promise<Parts[K]> {
  return asks[part](ask);
}
