/** Going back in time and coming back, second by second and then ten by ten; freezing what is seen; and what time alone changes. Pure. */
import { oldestMs } from './moments.ts';
import { closeStepMs, farStepMs, pastCloseMs, pastReachMs } from './past.ts';
import type { State, Step } from './state.ts';
import { only, refused, told } from './step.ts';

/** At this moment: notices end, and the past moves away. */
export function aged(state: State, nowMs: number): State {
  const now = Math.max(state.nowMs, nowMs);
  if (now === state.nowMs) return state;
  const notice = state.notice !== null && state.notice.untilMs <= now ? null : state.notice;
  if (state.pastMs === null) return { ...state, nowMs: now, notice };
  const pastMs = Math.max(state.pastMs, now - pastReachMs);
  return { ...state, nowMs: now, notice, pastMs, backMs: now - pastMs };
}

export function timeBack(state: State): Step {
  const oldest = oldestMs(state.nodes);
  if (oldest === null || oldest >= state.nowMs - closeStepMs) return refused(state, 'nothing is known from before');
  const step = state.backMs >= pastCloseMs ? farStepMs : closeStepMs;
  const wanted = (state.pastMs ?? state.nowMs) - step;
  if (wanted < oldest && state.pastMs !== null && state.pastMs <= oldest)
    return refused(state, 'nothing older is known');
  return only(at(state, Math.max(wanted, oldest)));
}

export function timeForward(state: State): Step {
  if (state.pastMs === null) return refused(state, 'this is now');
  const step = state.backMs > pastCloseMs ? farStepMs : closeStepMs;
  return only(at(state, state.pastMs + step));
}

export function timeLive(state: State): Step {
  return only(told({ ...state, pastMs: null, backMs: 0 }, 'info', 'live'));
}

/** `P`: what is seen stays as it is, and what comes is kept for later. */
export function toggleFreeze(state: State): Step {
  return only(
    state.frozenMs === null
      ? { ...state, frozenMs: state.nowMs, frozen: state.nodes }
      : { ...state, frozenMs: null, frozen: null },
  );
}

function at(state: State, pastMs: number): State {
  // Within half a step of now there is nothing else to see.
  if (pastMs > state.nowMs - closeStepMs / 2) return { ...state, pastMs: null, backMs: 0 };
  return { ...state, pastMs, backMs: state.nowMs - pastMs };
}
