/**
 * How things stand now, for whoever takes an incident over: what the daemon says of itself, what is laid over its file, what drains,
 * what is on trial. A daemon that does not answer leaves all of that not known, and never an empty list.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { PendingChange } from '../../admin/contract/commit-shapes.ts';
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Invocation } from '../command.ts';
import { daemonOf } from '../daemon.ts';

/** Whoever takes over is waiting. */
const PATIENCE_MS = 1_000;

export type Standing =
  | {
      readonly known: true;
      readonly daemon: string;
      readonly status: StatusReply;
      /** Null = they could not be asked for. */
      readonly overrides: readonly OverrideState[] | null;
      readonly pending: PendingChange | null;
    }
  | { readonly known: false; readonly why: string };

export async function standingOf(invocation: Invocation): Promise<Standing> {
  try {
    const client = daemonOf(invocation);
    const { data: status, daemon } = await client.call('status', { timeoutMs: PATIENCE_MS });
    return { known: true, daemon, status, overrides: await overridesOf(client), pending: status.pending };
  } catch (error) {
    if (error instanceof SentinelError) return { known: false, why: error.message };
    throw error;
  }
}

async function overridesOf(client: AdminClient): Promise<readonly OverrideState[] | null> {
  try {
    return (await client.call('overrides', { timeoutMs: PATIENCE_MS })).data.overrides;
  } catch (error) {
    if (error instanceof SentinelError) return null;
    throw error;
  }
}
