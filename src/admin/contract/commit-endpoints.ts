/** Endpoints of guarded changes of the configuration: a part of the table of `endpoints.ts`. Data only. */
import type {
  ApplyReply,
  ApplyRequest,
  ConfirmReply,
  ConfirmRequest,
  ExtendReply,
  ExtendRequest,
  PendingReply,
  RollbackReply,
  RollbackRequest,
} from './commit-shapes.ts';

export interface CommitEndpointShapes {
  'config-pending': { query: void; body: void; reply: PendingReply };
  'config-apply': { query: void; body: ApplyRequest; reply: ApplyReply };
  'config-confirm': { query: void; body: ConfirmRequest; reply: ConfirmReply };
  'config-extend': { query: void; body: ExtendRequest; reply: ExtendReply };
  'config-rollback': { query: void; body: RollbackRequest; reply: RollbackReply };
}

export const commitEndpoints = {
  'config-pending': {
    method: 'GET',
    path: '/admin/config/pending',
    danger: 'read',
    role: 'viewer',
    summary:
      'The configuration that is in force on trial, with its deadline and its guards as they are now, and how the last ones ended.',
  },
  'config-apply': {
    method: 'POST',
    path: '/admin/config/apply',
    danger: 'moderate',
    role: 'operator',
    summary:
      'Puts a configuration in force, on trial (`confirm_within_ms`: it rolls itself back unless it is confirmed, or as soon as a guard has had enough) or for good; the file on disk is written when it is confirmed. One is on trial at a time; `stack` takes its place.',
    takesText: true,
  },
  'config-confirm': {
    method: 'POST',
    path: '/admin/config/confirm',
    danger: 'mild',
    role: 'operator',
    summary: 'Keeps the configuration on trial that has this `id`, and writes its file.',
  },
  'config-extend': {
    method: 'POST',
    path: '/admin/config/extend',
    danger: 'mild',
    role: 'operator',
    summary:
      'Gives the configuration on trial that has this `id` so long from now on (`by_ms`), never less than it has.',
  },
  'config-rollback': {
    method: 'POST',
    path: '/admin/config/rollback',
    danger: 'severe',
    role: 'operator',
    summary:
      'Ends the configuration on trial (`id`), or goes back to a kept `generation`, else to the one before; the files on disk are put back too.',
  },
} as const;
