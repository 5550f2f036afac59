/**
 * Everything that can be found of one request: in the daemon's records, among the requests under way, in the log lines that
 * it has in memory, and at the end of the access log. Says of each source whether it could be looked at. Judges nothing.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { InflightRequest, RequestRecord } from '../../admin/contract/request-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { readLogTail } from '../logs/log-lines.ts';
import { silentText } from '../unanswered.ts';

export type SourceName = 'records' | 'inflight' | 'log' | 'access_log';

/** Where was looked. */
export interface LookedAt {
  readonly source: SourceName;
  /** What, in words: `the access log /var/log/sentinel/access.log, since 14:00:00Z`. */
  readonly what: string;
  readonly found: number;
  /** Why it, or a part of it, could not be looked at; null = it could. */
  readonly fault: string | null;
}

export interface Traced {
  readonly id: string;
  /** Oldest first: a trace id may be that of several requests. */
  readonly requests: readonly RequestRecord[];
  readonly inflight: readonly InflightRequest[];
  readonly log_lines: readonly LogLineState[];
  readonly access_lines: readonly LogLineState[];
  readonly looked_at: readonly LookedAt[];
}

/** Correlation ids, trace ids, and short ids of `sentinel requests` and `inflight`. */
export async function traceSources(
  client: AdminClient,
  id: string,
  configuredAccessLog: () => string | null,
): Promise<Traced> {
  const filter = `id=${JSON.stringify(id)} or trace=${JSON.stringify(id)}`;
  const looked: LookedAt[] = [];
  let requests: readonly RequestRecord[] = [];
  let inflight: readonly InflightRequest[] = [];
  let logLines: readonly LogLineState[] = [];
  let accessLog: string | null | undefined;

  await look(looked, 'records', 'the records of the daemon', async () => {
    const { data } = await client.call('requests', { query: { filter, limit: '100' } });
    requests = [...data.requests].reverse();
    const since = data.kept.errors.complete_since;
    const reach = since === null ? 'every error since its start' : `every error since ${second(since)}`;
    return { what: `the records of the daemon (${reach}, slow ones, a sample of the rest)`, found: requests.length };
  });
  await look(looked, 'inflight', 'the requests under way', async () => {
    const { data } = await client.call('inflight', { query: { filter, limit: '100' } });
    inflight = data.requests;
    const { unanswered } = data;
    const fault = unanswered.length === 0 ? null : silentText(unanswered);
    return { what: `the requests under way (${data.total})`, found: inflight.length, fault };
  });
  await look(looked, 'log', 'the log lines of the daemon', async () => {
    // Log lines know no short ids; the record that has one has the others too.
    const known = new Set([id, ...[...requests, ...inflight].flatMap((one) => [one.correlation_id])]);
    const words = [...known].flatMap((one) => [`id=${JSON.stringify(one)}`, `trace=${JSON.stringify(one)}`]);
    const { data } = await client.call('logs', { query: { filter: words.slice(0, 20).join(' or '), limit: '200' } });
    logLines = data.lines;
    accessLog = data.access_log;
    return { what: `the log lines in memory, since ${second(data.kept_since)}`, found: logLines.length };
  });
  let accessLines: readonly LogLineState[] = [];
  await look(looked, 'access_log', 'the access log', async () => {
    const path = accessLog === undefined ? configuredAccessLog() : accessLog;
    if (path === null) return { what: 'no access log: the configuration writes none into a file', found: 0 };
    const tail = readLogTail(path);
    const known = new Set([id, ...[...requests, ...inflight].map((one) => one.correlation_id)]);
    accessLines = tail.lines
      .map(({ fields }) => fields)
      .filter(({ correlation_id, trace_id }) => known.has(String(correlation_id)) || trace_id === id);
    const first = tail.lines[0]?.atMs ?? null;
    const reach = tail.whole ? '' : first === null ? ', its end' : `, since ${second(new Date(first).toISOString())}`;
    return { what: `the access log ${path}${reach}`, found: accessLines.length };
  });
  return { id, requests, inflight, log_lines: logLines, access_lines: accessLines, looked_at: looked };
}

/** Looks at one source; what it cannot do it says. */
async function look(
  looked: LookedAt[],
  source: SourceName,
  what: string,
  task: () => Promise<{ readonly what: string; readonly found: number; readonly fault?: string | null }>,
): Promise<void> {
  try {
    looked.push({ source, fault: null, ...(await task()) });
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    looked.push({ source, what, found: 0, fault: error.message });
  }
}

function second(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
