/** Writes the lines that a dead worker had not written yet to where it would have written them. */
import type { Clock } from '../../base/clock.ts';
import type { AccessLogConfig } from '../../config/logging-model.ts';
import { LogFile } from '../shared/log-file.ts';
import { LogRing, newLogRing } from '../shared/log-ring.ts';
import { openLogTarget } from '../shared/log-target.ts';
import type { DaemonState } from './daemon-state.ts';
import type { Logging } from './logging.ts';

/** Lines of ended workers that are being written. */
export class LineRecovery {
  readonly #clock: Clock;
  readonly #logging: Pick<Logging, 'dropped'>;
  readonly #state: DaemonState;
  readonly #writing = new Set<Promise<void>>();

  constructor(clock: Clock, logging: Pick<Logging, 'dropped'>, state: DaemonState) {
    this.#clock = clock;
    this.#logging = logging;
    this.#state = state;
  }

  take(lines: Buffer): void {
    const writing = this.#write(lines).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(lines: Buffer): Promise<void> {
    if (this.#state.generation === 0) return;
    const lost = await writeRecoveredLines(lines, this.#state.applied.plan.accessLog, this.#clock);
    // Only now: others count while the lines are written.
    this.#logging.dropped += lost;
  }
}

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
