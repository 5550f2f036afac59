/** The probe of the daemon's process and its threads: what `GET /admin/runtime` says. */
import type { Probe } from '../probe.ts';
import { askDaemon } from './admin-call.ts';

export const threadsProbe: Probe<'threads'> = {
  name: 'threads',
  title: 'threads: event loops, garbage collection, processor of each worker',
  class: 'passive',
  mandatory: false,
  timeoutMs: 4_000,
  find: ({ client }) => askDaemon(client, 'runtime'),
};
