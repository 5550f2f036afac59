/** Which probes still run, on a terminal, in one line that goes away. Prints nothing on a pipe. Called by `diagnose`. */
import type { Clock } from '../../base/clock.ts';
import type { ProbeNews } from '../../diagnosis/collect.ts';
import type { Output } from '../streams.ts';
import { columnsOf } from './layout.ts';

/** Quicker answers need no progress. */
const QUIET_MS = 300;
const EVERY_MS = 200;

export interface Progress {
  readonly onProgress: (news: ProbeNews) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

export function progressOn({ isTerminal, style, write }: Output, clock: Clock): Progress {
  if (!isTerminal) return { onProgress: () => undefined, end: () => undefined };
  const begun = clock.now();
  const running = new Set<string>();
  let done = 0;
  let shown = 0;
  const draw = () => {
    const elapsed = clock.now() - begun;
    if (elapsed < QUIET_MS || running.size === 0) return;
    const words = `${done} of ${done + running.size} probes done, ${(elapsed / 1000).toFixed(1)}s; waiting for ${[...running].join(', ')}`;
    const room = Math.max(20, style.columns - 1);
    const line = words.length <= room ? words : `${words.slice(0, room - 1)}…`;
    write(`\r${style.dim(line)}${' '.repeat(Math.max(0, shown - columnsOf(line)))}`);
    shown = columnsOf(line);
  };
  const timer = clock.every(EVERY_MS, draw);
  return {
    onProgress({ probe, state }) {
      if (state === 'started') running.add(probe);
      else {
        running.delete(probe);
        done++;
      }
    },
    end() {
      timer.stop();
      if (shown > 0) write(`\r${' '.repeat(shown)}\r`);
    },
  };
}
