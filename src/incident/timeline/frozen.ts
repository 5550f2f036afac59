/**
 * A timeline in the folder of its incident, as it was when somebody closed it: what daemons and logs forget later stays known. Written
 * whole or not at all; one that somebody changed since is not believed.
 */
import { createHash } from 'node:crypto';
import { chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { readPlainFile } from '../../base/plain-file.ts';
import { plainJson } from '../../base/plain-json.ts';
import type { EntryBody } from '../record/entry.ts';
import type { Moment, Timeline } from './moment.ts';

const timelineSchema = 'sentinel.timeline/1';

/** Beside the journal; in a bundle too. */
export const timelineName = 'timeline.ndjson';

const MOST_BYTES = 64 << 20;

type TimelineEntry = Extract<EntryBody, { kind: 'timeline' }>;

/** A line for the whole, then one for each moment. */
export function timelineLines({ incident, since, until, moments, missing }: Timeline): string {
  const head = { schema: timelineSchema, incident, since, until, missing };
  return [head, ...moments].map((line) => `${plainJson(line)}\n`).join('');
}

/**
 * Writes it into the folder of the incident.
 * @returns What the journal says of it; whoever closes the incident appends it.
 * @throws the system error
 */
export function freezeTimeline(folder: string, timeline: Timeline): TimelineEntry {
  const text = timelineLines(timeline);
  const path = join(folder, timelineName);
  writeFileAtomically(path, text, 0o600);
  // What root writes belongs to whoever has the incident.
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
  return { kind: 'timeline', file: timelineName, sha256: digestOf(text), moments: timeline.moments.length };
}

/** As the journal says that it was frozen; `why` where it is not that any more. */
export function thawTimeline(
  folder: string,
  entry: Pick<TimelineEntry, 'file' | 'sha256'>,
): { readonly timeline: Timeline } | { readonly why: string } {
  try {
    const text = readPlainFile(join(folder, timelineName), MOST_BYTES).toString('utf8');
    if (entry.file !== timelineName || digestOf(text) !== entry.sha256)
      return { why: `${timelineName} is not what the journal says: it was changed since it was closed` };
    const [head, ...moments] = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
    const { incident, since, until, missing } = head as Omit<Timeline, 'moments'>;
    return { timeline: { incident, since, until, missing, moments: moments as readonly Moment[] } };
  } catch (error) {
    return { why: `${timelineName} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
