/** Shapes of `GET /admin/identity`: who one is for a daemon. Types only. */
import type { Role } from './roles.ts';

export interface IdentityReply {
  /** Whom the audit log would name: `user alice`, `token deploy`; `loopback` for a client of this machine without a token, who only reads. */
  readonly actor: string;
  /** What one may do; the endpoints say which role each needs. Without proof or token: `viewer`. */
  readonly role: Role;
  readonly via: 'socket' | 'tcp';
}
