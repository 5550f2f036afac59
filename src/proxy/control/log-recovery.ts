/** Writes the lines that a dead worker had not written yet to where it would have written them. */
import type { Clock } from '../../base/clock.ts';
import type { AccessLogConfig } from '../../config/logging-model.ts';
import { LogFile } from '../shared/log-file.ts';
import { LogRing, newLogRing } from '../shared/log-ring.ts';
import { openLogTarget } from '../shared/log-target.ts';

/** Resolves with the number of lines that could not be written; never rejects. */
export async function writeRecoveredLines(
  lines: Buffer,
  { enabled, file: path }: AccessLogConfig,
  clock: Clock,
): Promise<number> {
  const texts = lines.toString('utf8').split('\n').slice(0, -1);
  if (!enabled || path === null) return 0;
  let dropped = 0;
  const ring = new LogRing(newLogRing(lines.length + 1));
  for (const text of texts) if (!ring.append(text)) dropped++;
  const file = new LogFile({
    ring,
    clock,
    onDropped: (count) => {
      dropped += count;
    },
    onNews: () => {},
  });
  try {
    await file.use(openLogTarget(path));
  } catch {
    // Without a destination the lines are dropped and counted.
  }
  await file.close();
  return dropped;
}
