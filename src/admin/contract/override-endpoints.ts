/** The endpoints of what is set at run time: a part of the table of `endpoints.ts`, with its shapes. Data only. */
import type {
  OverrideQuery,
  OverrideReply,
  OverrideRequest,
  OverridesReply,
  TargetQuery,
  TargetReply,
  TargetRequest,
} from './override-shapes.ts';

/** Request and reply of each. */
export interface OverrideEndpointShapes {
  overrides: { query: void; body: void; reply: OverridesReply };
  'overrides-clear': { query: void; body: void; reply: OverrideReply };
  'overrides-of': { params: { readonly kind: string }; query: void; body: void; reply: OverridesReply };
  'override-set': { params: { readonly kind: string }; query: void; body: OverrideRequest; reply: OverrideReply };
  'override-clear': {
    params: { readonly kind: string };
    query: OverrideQuery | void;
    body: void;
    reply: OverrideReply;
  };
  'target-add': { params: { readonly name: string }; query: void; body: TargetRequest; reply: TargetReply };
  'target-weight': { params: { readonly name: string }; query: void; body: TargetRequest; reply: TargetReply };
  'target-remove': { params: { readonly name: string }; query: TargetQuery; body: void; reply: TargetReply };
}

/** Where `{kind}` stands, `block` and `log-level` come before it. */
export const overrideEndpoints = {
  overrides: {
    method: 'GET',
    path: '/admin/overrides',
    danger: 'read',
    role: 'viewer',
    summary:
      'Everything that is set at run time, of every kind: value, what the file says in its place, by whom, why, until when, and what takes it back.',
  },
  'overrides-clear': {
    method: 'DELETE',
    path: '/admin/overrides',
    danger: 'moderate',
    role: 'operator',
    summary: 'Takes back everything that is laid over the file; blocked networks and log levels stay.',
  },
  'overrides-of': {
    method: 'GET',
    path: '/admin/overrides/{kind}',
    danger: 'read',
    role: 'viewer',
    summary:
      'What is set of one kind: `limits`, `rate-limit`, `weight`, `timeout`, `health`, `fallback`, `maintenance`, `target`.',
  },
  'override-set': {
    method: 'PUT',
    path: '/admin/overrides/{kind}',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Lays values over the file, for a while: all of them, or none and why. Maintenance everywhere, and a weight of 0 that leaves too few targets, only with `confirm`.',
  },
  'override-clear': {
    method: 'DELETE',
    path: '/admin/overrides/{kind}',
    danger: 'moderate',
    role: 'operator',
    summary: 'Takes back what is set of one kind, or of one subject (`?subject=`), or one of its values (`?key=`).',
  },
  'target-add': {
    method: 'POST',
    path: '/admin/upstreams/{name}/targets',
    danger: 'moderate',
    role: 'operator',
    summary: 'Gives an upstream one more target, until it is taken back or, with `persist`, in the file.',
  },
  'target-weight': {
    method: 'PUT',
    path: '/admin/upstreams/{name}/targets',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Sets the weight of a target; a weight of 0 that leaves too few targets only with `confirm`. With `persist` in the file.',
  },
  'target-remove': {
    method: 'DELETE',
    path: '/admin/upstreams/{name}/targets',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Takes a target out of an upstream (`?address=`): it gets no new requests, those in flight end as they would. Where too few would be left, only with `confirm`; `?persist=1` writes it into the file.',
  },
} as const;
