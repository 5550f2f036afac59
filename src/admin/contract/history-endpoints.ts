/** The part of the table of endpoints that is about configurations of before. Does nothing itself. */
import type { GenerationReply, HistoryReply } from './history-shapes.ts';

export interface HistoryEndpointShapes {
  'config-history': { query: void; body: void; reply: HistoryReply };
  'config-generation': { params: { readonly number: string }; query: void; body: void; reply: GenerationReply };
}

export const historyEndpoints = {
  'config-history': {
    method: 'GET',
    path: '/admin/config/history',
    danger: 'read',
    role: 'viewer',
    summary: 'The configurations that were in force, newest first: when, by whom, why, and where each came from.',
  },
  'config-generation': {
    method: 'GET',
    path: '/admin/config/history/{number}',
    danger: 'read',
    role: 'viewer',
    summary: 'One of them with its texts, as they were written; literal secrets are hidden.',
  },
} as const satisfies Readonly<Record<keyof HistoryEndpointShapes, object>>;
