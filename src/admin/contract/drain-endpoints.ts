/** Endpoints of drains: a part of the table of `endpoints.ts`. Data only. */
import type { DrainReply, DrainRequest, DrainsReply, DrainState, UndrainQuery, UndrainReply } from './drain-shapes.ts';

export interface DrainEndpointShapes {
  drains: { query: void; body: void; reply: DrainsReply };
  'drain-begin': { query: void; body: DrainRequest; reply: DrainReply };
  drain: { params: { readonly id: string }; query: void; body: void; reply: DrainState };
  'drain-end': { params: { readonly id: string }; query: UndrainQuery | void; body: void; reply: UndrainReply };
}

export const drainEndpoints = {
  drains: {
    method: 'GET',
    path: '/admin/drains',
    danger: 'read',
    role: 'viewer',
    summary:
      'The targets that were taken out of traffic: by whom and why, what is in flight to them and what they wait for, deadline and expiry; and the drains that have ended.',
  },
  'drain-begin': {
    method: 'POST',
    path: '/admin/drains',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Takes a target out of traffic: new requests go elsewhere, those in flight end as they would. Refused where too few would be left; asked for again, the same drain. With `dry_run` only says what it would do.',
  },
  drain: {
    method: 'GET',
    path: '/admin/drains/{id}',
    danger: 'read',
    role: 'viewer',
    summary: 'One drain, in force or ended not long ago.',
  },
  'drain-end': {
    method: 'DELETE',
    path: '/admin/drains/{id}',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Takes the target back, when its health check passes (`?force=1`: unasked), with the slow start of its upstream; cancels a drain that goes on.',
  },
} as const satisfies Readonly<Record<keyof DrainEndpointShapes, object>>;
