/** Endpoints that look at a configuration before it is put in force: a part of the table of `endpoints.ts`. Data only. */
import type { PlanReply, PlanRequest, ValidateReply, ValidateRequest } from './plan-shapes.ts';

export interface PlanEndpointShapes {
  'config-plan': { query: void; body: PlanRequest; reply: PlanReply };
  'config-validate': { query: void; body: ValidateRequest; reply: ValidateReply };
}

export const planEndpoints = {
  'config-plan': {
    method: 'POST',
    path: '/admin/config/plan',
    danger: 'check',
    role: 'viewer',
    summary:
      'What differs between two configurations (`from`, by default what runs; `to`, by default the files on disk), object by object, with what goes through each of them now, listeners that open and close, and what could not be put in force.',
    takesText: true,
  },
  'config-validate': {
    method: 'POST',
    path: '/admin/config/validate',
    danger: 'check',
    role: 'viewer',
    summary:
      'Whether the daemon would put a configuration in force (`of`, by default the files on disk): its mistakes, its warnings, and what cannot change while the daemon runs.',
    takesText: true,
  },
} as const satisfies Readonly<Record<keyof PlanEndpointShapes, object>>;
