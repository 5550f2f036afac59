/** When the next frame is drawn: at once after a key, a moment after news, because news come several at a time, and never too often. */
import type { Clock, Stoppable } from '../../base/clock.ts';

/** At most about thirty frames a second, while a key is held. */
const BETWEEN_FRAMES_MS = 33;
/** Reading, verdict and events of one second come within this. */
const GATHERING_MS = 60;

export interface Pacing {
  /** Something has changed. `now`: a person waits for it. */
  wish(now: boolean): void;
  stop(): void;
}

/** @param frame Draws; called never twice within a frame's time. */
export function createPacing(clock: Clock, frame: () => void): Pacing {
  let lastMs = Number.NEGATIVE_INFINITY;
  let waiting: { readonly timer: Stoppable; readonly dueMs: number } | null = null;
  let stopped = false;
  return {
    wish(now) {
      if (stopped) return;
      const nowMs = clock.now();
      const dueMs = Math.max(lastMs + BETWEEN_FRAMES_MS, nowMs + (now ? 0 : GATHERING_MS));
      if (waiting !== null && waiting.dueMs <= dueMs) return;
      waiting?.timer.stop();
      const timer = clock.after(Math.max(0, dueMs - nowMs), () => {
        waiting = null;
        lastMs = clock.now();
        frame();
      });
      waiting = { timer, dueMs };
    },
    stop() {
      stopped = true;
      waiting?.timer.stop();
    },
  };
}
