/**
 * Events out of log files, where neither a daemon nor a flight record has them: lines with a field `event`. Reads the ends of the files
 * that the run record names.
 */
import { open } from 'node:fs/promises';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import { readReason } from '../../base/read-reason.ts';
import { readRunRecord } from '../../history/run-record.ts';

/** Of each file, from its end. */
const MOST_BYTES = 32 << 20;

export interface LoggedEvents {
  readonly events: readonly EventState[];
  /** Files that could not be read, or not back to the beginning. */
  readonly why: readonly string[];
}

/** @param since Milliseconds since 1970, as `until`. */
export async function loggedEvents(instances: readonly string[], since: number, until: number): Promise<LoggedEvents> {
  const files = [...new Set(instances.flatMap((instance) => readRunRecord(instance).value?.log_files ?? []))];
  const events: EventState[] = [];
  const why: string[] = [];
  for (const file of files) {
    try {
      for (const line of (await endOf(file)).split('\n')) {
        // Most lines are of requests.
        const event = line.includes('"event":') ? eventOf(line) : null;
        if (event === null) continue;
        const ms = Date.parse(event.at);
        if (ms >= since && ms <= until) events.push(event);
      }
    } catch (error) {
      why.push(`${file}: ${readReason(error)}`);
    }
  }
  return { events, why };
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new Error('it is not a file');
    const length = Math.min(facts.size, MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, facts.size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Null for what is no event. What a subject is made of the log does not say. */
function eventOf(line: string): EventState | null {
  try {
    const { time, level, message, event, actor, reason, generation, ...fields } = JSON.parse(line) as Record<
      string,
      unknown
    >;
    if (typeof time !== 'string' || Number.isNaN(Date.parse(time)) || typeof event !== 'string') return null;
    const at = new Date(time).toISOString();
    return {
      seq: 0,
      at,
      last_at: at,
      count: 1,
      kind: event,
      severity:
        level === 'error' || level === 'fatal' ? 'error' : level === 'warn' || level === 'debug' ? level : 'info',
      subject: typeof fields['target'] === 'string' ? fields['target'] : null,
      actor: typeof actor === 'string' ? actor : null,
      reason: typeof reason === 'string' ? reason : null,
      words: typeof message === 'string' ? message : event,
      detail: typeof fields['why'] === 'string' ? fields['why'] : null,
      generation: typeof generation === 'number' ? generation : 0,
      fields,
    };
  } catch {
    return null;
  }
}
