/** Roles of those who use the admin API, and what they are worth. Knows no endpoint and no token. */

/** In rising order; each may do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whether who has a role may do what needs another. */
export function suffices(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
