/** The one door to zod: checks request bodies of the admin API. The daemon loads it when the first body arrives; no client does. */
import { z } from 'zod';
import { type DrainRequest, drainTimeouts } from './drain-shapes.ts';
import type { ApplyRequest, ConfirmRequest, ExtendRequest, RollbackRequest } from './commit-shapes.ts';
import { type LogLevelRequest, logLevelNames } from './log-shapes.ts';
import type { OverrideRequest, TargetRequest } from './override-shapes.ts';
import type { PlanRequest, ValidateRequest } from './plan-shapes.ts';
import type { BlockRequest } from './security-shapes.ts';
import type { ExplainRequest } from './shapes.ts';
import type { UpgradeRequest } from './upgrade-shapes.ts';
import type { RestartRequest } from './worker-shapes.ts';

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

/** Ten years: who means longer means for ever. */
const MAX_EXPIRY_MS = 10 * 366 * 86_400_000;

/** Seven days: who means longer writes it into the file. */
const MAX_LEVEL_MS = 7 * 86_400_000;

const blockRequest = z.strictObject({
  address: z.string().min(1).max(64),
  expires_in_ms: z.int().min(1).max(MAX_EXPIRY_MS).optional(),
  confirm: z.string().max(64).optional(),
}) satisfies z.ZodType<unknown>;

const logLevelRequest = z.strictObject({
  level: z.enum(logLevelNames),
  module: z.string().max(64).optional(),
  expires_in_ms: z.int().min(1000).max(MAX_LEVEL_MS),
}) satisfies z.ZodType<unknown>;

/** A day: who waits longer watches otherwise. */
const MAX_DRAIN_MS = 86_400_000;

const drainRequest = z.strictObject({
  target: z.string().min(1).max(512),
  upstream: z.string().min(1).max(256).optional(),
  all: z.boolean().optional(),
  timeout_ms: z.int().min(0).max(MAX_DRAIN_MS).optional(),
  on_timeout: z.enum(drainTimeouts).optional(),
  expires_in_ms: z.int().min(1000).max(MAX_EXPIRY_MS).optional(),
  allow_below_min: z.boolean().optional(),
  confirm: z.string().max(512).optional(),
  persist: z.boolean().optional(),
  remove: z.boolean().optional(),
  dry_run: z.boolean().optional(),
}) satisfies z.ZodType<unknown>;

const overrideRequest = z.strictObject({
  subject: z.string().min(1).max(512).optional(),
  values: z
    .record(z.string().max(64), z.union([z.number(), z.string().max(131_072), z.array(z.string().max(64)).max(100)]))
    .refine((values) => Object.keys(values).length <= 32, 'too many values'),
  expires_in_ms: z.int().min(1000).max(MAX_LEVEL_MS).nullable().optional(),
  confirm: z.string().max(512).optional(),
  dry_run: z.boolean().optional(),
}) satisfies z.ZodType<unknown>;

const targetRequest = z.strictObject({
  address: z.string().min(1).max(300),
  weight: z.int().min(0).max(65_535).optional(),
  persist: z.boolean().optional(),
  expires_in_ms: z.int().min(1000).max(MAX_LEVEL_MS).nullable().optional(),
  confirm: z.string().max(512).optional(),
}) satisfies z.ZodType<unknown>;

const restartRequest = z.strictObject({
  timeout_ms: z.int().min(1).max(86_400_000).optional(),
  on_timeout: z.enum(['wait', 'close']).optional(),
}) satisfies z.ZodType<unknown>;

const upgradeRequest = z.strictObject({
  binary: z.string().min(1).max(4096).optional(),
  timeout_ms: z.int().min(1_000).max(600_000).optional(),
}) satisfies z.ZodType<unknown>;

const ratio = z.number().min(0).max(1);
const changeId = z.string().min(1).max(64);

const applyRequest = z.strictObject({
  text: z.string(),
  // Its range has an error of its own, which says why.
  confirm_within_ms: z.int().min(0).max(MAX_EXPIRY_MS).optional(),
  guards: z
    .strictObject({
      errors: ratio.nullable().optional(),
      healthy: z.null().optional(),
      p99: z.number().min(1).max(1000).nullable().optional(),
      tls: ratio.nullable().optional(),
    })
    .optional(),
  stack: z.boolean().optional(),
}) satisfies z.ZodType<unknown>;

const confirmRequest = z.strictObject({ id: changeId }) satisfies z.ZodType<unknown>;

const extendRequest = z.strictObject({
  id: changeId,
  by_ms: z.int().min(0).max(MAX_EXPIRY_MS),
}) satisfies z.ZodType<unknown>;

const rollbackRequest = z
  .strictObject({ id: changeId.optional(), generation: z.int().min(1).optional() })
  .refine(({ id, generation }) => id === undefined || generation === undefined, 'give id or generation, not both');

const planSide = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('running') }),
  z.strictObject({ kind: z.literal('disk') }),
  z.strictObject({ kind: z.literal('generation'), number: z.int().min(1) }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
]);

const planRequest = z.strictObject({ from: planSide.optional(), to: planSide.optional() }) satisfies z.ZodType<unknown>;

const validateRequest = z.strictObject({ of: planSide.optional() }) satisfies z.ZodType<unknown>;

export type BodyCheck<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Body of `POST /admin/routes/explain`. */
export function checkExplainRequest(body: unknown): BodyCheck<ExplainRequest> {
  return check<ExplainRequest>(explainRequest, body);
}

/** Body of `PUT /admin/overrides/block`. */
export function checkBlockRequest(body: unknown): BodyCheck<BlockRequest> {
  return check<BlockRequest>(blockRequest, body);
}

/** Body of `PUT /admin/overrides/log-level`. */
export function checkLogLevelRequest(body: unknown): BodyCheck<LogLevelRequest> {
  return check<LogLevelRequest>(logLevelRequest, body);
}

/** Body of `POST /admin/drains`. */
export function checkDrainRequest(body: unknown): BodyCheck<DrainRequest> {
  return check<DrainRequest>(drainRequest, body);
}

/** Body of `PUT /admin/overrides/{kind}`; what the kind takes is judged against the configuration. */
export function checkOverrideRequest(body: unknown): BodyCheck<OverrideRequest> {
  return check<OverrideRequest>(overrideRequest, body);
}

/** Body of `POST` and `PUT /admin/upstreams/{name}/targets`. */
export function checkTargetRequest(body: unknown): BodyCheck<TargetRequest> {
  return check<TargetRequest>(targetRequest, body);
}

/** Body of `POST /admin/workers/restart`; none is as good as an empty one. */
export function checkRestartRequest(body: unknown): BodyCheck<RestartRequest> {
  return check<RestartRequest>(restartRequest, body ?? {});
}

/** Body of `POST /admin/upgrade`; none is as good as an empty one. */
export function checkUpgradeRequest(body: unknown): BodyCheck<UpgradeRequest> {
  return check<UpgradeRequest>(upgradeRequest, body ?? {});
}

/** Body of `POST /admin/config/apply`. */
export function checkApplyRequest(body: unknown): BodyCheck<ApplyRequest> {
  return check<ApplyRequest>(applyRequest, body);
}

/** Body of `POST /admin/config/confirm`. */
export function checkConfirmRequest(body: unknown): BodyCheck<ConfirmRequest> {
  return check<ConfirmRequest>(confirmRequest, body);
}

/** Body of `POST /admin/config/extend`. */
export function checkExtendRequest(body: unknown): BodyCheck<ExtendRequest> {
  return check<ExtendRequest>(extendRequest, body);
}

/** Body of `POST /admin/config/rollback`; none is as good as an empty one. */
export function checkRollbackRequest(body: unknown): BodyCheck<RollbackRequest> {
  return check<RollbackRequest>(rollbackRequest, body ?? {});
}

/** Body of `POST /admin/config/plan`; none is as good as an empty one. */
export function checkPlanRequest(body: unknown): BodyCheck<PlanRequest> {
  return check<PlanRequest>(planRequest, body ?? {});
}

/** Body of `POST /admin/config/validate`; none is as good as an empty one. */
export function checkValidateRequest(body: unknown): BodyCheck<ValidateRequest> {
  return check<ValidateRequest>(validateRequest, body ?? {});
}

function check<T>(schema: z.ZodType, body: unknown): BodyCheck<T> {
  const found = schema.safeParse(body);
  if (found.success) return { ok: true, value: found.data as T };
  const problems = found.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return { ok: false, problems };
}
