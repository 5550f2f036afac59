/**
 * Endpoints that the admin API has by name while what they stand for is not there yet: each with the capability that it waits
 * for and what does the same today. The daemon answers them with 501; an entry goes when its endpoint comes. Data only.
 */
import { type Danger, type Endpoint, isMutation, type Method } from './endpoints.ts';

export interface PendingEndpoint extends Omit<Endpoint, 'summary'> {
  /** What has to be there first. */
  readonly waitsFor: string;
  /** What to do instead, for people. */
  readonly instead: string;
}

function pending(method: Method, path: string, danger: Danger, waitsFor: string, instead: string): PendingEndpoint {
  return { method, path, danger, role: isMutation(danger) ? 'operator' : 'viewer', waitsFor, instead };
}

const history = ['history of configurations', 'keep the file under version control'] as const;

export const pendingEndpoints: readonly PendingEndpoint[] = [
  pending('GET', '/admin/config/history', 'read', ...history),
];
