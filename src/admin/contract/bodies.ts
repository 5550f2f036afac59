/** The one door to zod: checks request bodies of the admin API. The daemon loads it when the first body arrives; no client does. */
import { z } from 'zod';
import type { ExplainRequest } from './shapes.ts';

const explainRequest = z.strictObject({
  method: z
    .string()
    .max(64)
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a method'),
  url: z.string().min(1).max(8192),
  headers: z
    .array(z.tuple([z.string().max(256), z.string().max(8192)]))
    .max(100)
    .optional(),
  client_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  listener: z.string().max(256).optional(),
}) satisfies z.ZodType<unknown>;

export type BodyCheck<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Body of `POST /admin/routes/explain`. */
export function checkExplainRequest(body: unknown): BodyCheck<ExplainRequest> {
  const found = explainRequest.safeParse(body);
  if (found.success) return { ok: true, value: found.data as ExplainRequest };
  const problems = found.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return { ok: false, problems };
}
