/** One destination of the main thread's lines: a ring and its file. Lines are written as soon as they come. */
import type { Clock } from '../../base/clock.ts';
import { LogFile, newsWords } from '../shared/log-file.ts';
import { LogRing, newLogRing } from '../shared/log-ring.ts';

const RING_BYTES = 1 << 18;

export interface LogSinkOptions {
  readonly clock: Clock;
  /** Lines that could not be written. */
  readonly onDropped: (lines: number) => void;
  /** What happened to the file, for the log. */
  readonly onNews: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

export class LogSink {
  readonly file: LogFile;
  readonly #ring = new LogRing(newLogRing(RING_BYTES));
  readonly #onDropped: (lines: number) => void;

  constructor({ clock, onDropped, onNews }: LogSinkOptions) {
    this.#onDropped = onDropped;
    this.file = new LogFile({
      ring: this.#ring,
      clock,
      onDropped,
      onNews: (news) => {
        const { level, message, fields } = newsWords(news);
        onNews(level, message, fields);
      },
    });
  }

  write(line: string): void {
    if (!this.#ring.append(line)) this.#onDropped(1);
    void this.file.flush();
  }
}
