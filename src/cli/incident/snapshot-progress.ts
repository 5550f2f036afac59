/** What a snapshot waits for, on a terminal, in one line that goes away. Prints nothing on a pipe. Called by `incident snapshot`. */
import type { Clock } from '../../base/clock.ts';
import type { SnapshotNews } from '../../incident/collect/snapshot.ts';
import { columnsOf } from '../diagnose/layout.ts';
import type { Output } from '../streams.ts';

const EVERY_MS = 200;

export interface SnapshotProgress {
  readonly onProgress: (news: SnapshotNews) => void;
  /** Somebody wants it to end: said at once. */
  readonly ending: (words: string) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

export function snapshotProgress({ isTerminal, style, write }: Output, clock: Clock): SnapshotProgress {
  if (!isTerminal) return { onProgress: () => undefined, ending: () => undefined, end: () => undefined };
  const begun = clock.now();
  const running = new Set<string>();
  let done = 0;
  let phase = 'collecting';
  let shown = 0;
  const draw = (): void => {
    const elapsed = `${((clock.now() - begun) / 1000).toFixed(1)}s`;
    const count =
      running.size === 0 ? '' : ` ${done} of ${done + running.size}; waiting for ${[...running].join(', ')}`;
    const words = `${elapsed} ${phase}${count}`;
    const room = Math.max(20, style.columns - 1);
    const line = words.length <= room ? words : `${words.slice(0, room - 1)}…`;
    write(`\r${style.dim(line)}${' '.repeat(Math.max(0, shown - columnsOf(line)))}`);
    shown = columnsOf(line);
  };
  const timer = clock.every(EVERY_MS, draw);
  const clear = (): void => {
    if (shown > 0) write(`\r${' '.repeat(shown)}\r`);
    shown = 0;
  };
  return {
    onProgress(news) {
      if (news.state === 'capture') {
        phase = `capture ${news.number} of ${news.of}:`;
        done = 0;
      } else if (news.state === 'writing') {
        running.clear();
        phase = 'writing, and searching it for secrets';
        draw();
      } else if (news.state === 'started') running.add(news.path);
      else {
        running.delete(news.path);
        done++;
      }
    },
    ending(words) {
      clear();
      write(`${words}\n`);
    },
    end() {
      timer.stop();
      clear();
    },
  };
}
