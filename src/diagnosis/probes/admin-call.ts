/** One question to the daemon by a probe: bounded in silence, and a refusal told as what was tried. Probes of this folder call it. */
import type { AdminClient, CallInput } from '../../admin/client/client.ts';
import { type EndpointId, type EndpointShapes, endpoints } from '../../admin/contract/endpoints.ts';
import { SentinelError } from '../../base/errors.ts';
import { ProbeFault } from '../probe.ts';

/** A daemon that is well answers in milliseconds; one that took the connection and says nothing is not waited for longer. */
export const silenceMs = 2_000;

/** @param timeoutMs Longest silence. @throws ProbeFault with the request that had no good answer */
export async function askDaemon<K extends Exclude<EndpointId, 'stream'>>(
  client: AdminClient,
  id: K,
  input: Pick<CallInput<K>, 'query' | 'params'> = {},
  timeoutMs = silenceMs,
): Promise<EndpointShapes[K]['reply']> {
  try {
    const { data } = await client.call(id, { ...input, timeoutMs });
    return data;
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    const { method, path } = endpoints[id];
    throw new ProbeFault(error.message, [`${method} ${path}`]);
  }
}
