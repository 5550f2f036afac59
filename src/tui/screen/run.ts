/**
 * The loop of the screen: what the feed says and what is typed changes the state, the state is drawn, and what it asks for is done.
 * Takes the terminal and gives it back as it was, however it ends. Called by `open.ts`; decides nothing about what is shown.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { chooseProductionLibraries, type Environment } from '../../base/environment.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Interruption } from '../../cli/command.ts';
import { draw } from '../draw/draw.ts';
import type { Look, Size } from '../draw/line.ts';
import { painted } from '../draw/paint.ts';
import { pointedAt } from '../draw/pointing.ts';
import type { Feed } from '../feed/feed.ts';
import { reduce } from '../store/reduce.ts';
import type { Effect, Input, Notice, State } from '../store/state.ts';
import { wantsOf } from '../store/wants.ts';
import type { View } from '../view/view.ts';
import { viewOf } from '../view/view-of.ts';
import { clipboardBytes } from './clipboard.ts';
import { createKeyboard, type Typed } from './keyboard.ts';
import { createPacing } from './pacing.ts';
import { type Ending, watchSignals } from './signals.ts';
import { openTerminal, type TerminalStreams } from './terminal.ts';

export interface ScreenParts {
  readonly streams: TerminalStreams;
  readonly feed: Feed;
  /** As it begins, for the size of the terminal. */
  readonly beginning: (size: Size, nowMs: number) => State;
  readonly look: Look;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly interruption: Interruption;
  /** Takes a snapshot beside the screen; resolves with what there is to say of it. */
  readonly snapshot: (node: string) => Promise<Omit<Notice, 'untilMs'>>;
  /** What a code means. */
  readonly explain: (code: string) => Promise<{ readonly title: string; readonly lines: readonly string[] }>;
}

/** An escape that nothing has followed by then was the key. */
const ESCAPE_MS = 40;
/** What was cut in the middle is not waited for longer. */
const SEQUENCE_MS = 500;
/** Something on the screen is older than it was: looked at when no news come. */
const TICK_MS = 1_000;
/** Whoever ends the screen waits no longer than this for a terminal or a daemon that hangs. */
const PATIENCE_MS = 25;
/** A stop that has not happened by then does not happen: nobody is there to continue. */
const STOP_MS = 60;

/** Resolves when the terminal is as it was. @throws whatever was thrown in any part, after that. */
export async function runScreen(parts: ScreenParts): Promise<ExitCode> {
  const { clock, feed, look, interruption } = parts;
  chooseProductionLibraries();
  const { openCanvas } = await import('./canvas.ts');
  const { promise: ended, resolve: end } = Promise.withResolvers<Ending>();

  /** What is called from outside: nothing that is thrown in it is lost, and the terminal comes first. */
  const guarded =
    <A extends readonly unknown[]>(act: (...given: A) => void) =>
    (...given: A): void => {
      try {
        act(...given);
      } catch (error) {
        end({ kind: 'failed', error });
      }
    };

  const keyboard = createKeyboard();
  const terminal = openTerminal(parts.streams, {
    onBytes: guarded((bytes) => onTyped(keyboard.push(bytes))),
    onSize: guarded((size) => onSize(size)),
    onGone: () => end({ kind: 'gone' }),
    onIdle: guarded(() => {
      if (owed) pacing.wish(true);
    }),
  });
  const signals = watchSignals({
    interruption,
    end,
    onStop: guarded(() => suspend()),
    onContinue: guarded(() => continued()),
  });
  const canvas = openCanvas(terminal.size, terminal.write);
  const pacing = createPacing(clock, guarded(frame));

  let state = parts.beginning(terminal.size, clock.now());
  let seen: { readonly view: View; readonly size: Size; readonly lines: readonly string[] } | null = null;
  /** A frame was wished for while the terminal did not take the one before. */
  let owed = false;
  let away = false;
  let over = false;
  let escape: Stoppable | null = null;
  let tick: Stoppable | null = null;

  function frame(): void {
    if (away || over) return;
    owed = terminal.busy;
    if (owed) return;
    const { size } = state;
    const view = viewOf(state);
    const lines = draw(view, size, look).map((line) => painted(line, look));
    const same =
      seen !== null && seen.lines.length === lines.length && lines.every((line, at) => line === seen?.lines[at]);
    seen = { view, size, lines };
    if (!same) canvas.show(lines, size);
  }

  function drawAnew(): void {
    canvas.forget();
    seen = null;
    pacing.wish(true);
  }

  function take(input: Input): void {
    if (over) return;
    const step = reduce(state, input);
    const changed = step.state !== state;
    state = step.state;
    for (const effect of step.effects) carryOut(effect);
    if (changed) pacing.wish(input.kind !== 'news' && input.kind !== 'tick');
    tick?.stop();
    tick = clock.after(
      TICK_MS,
      guarded(() => take({ kind: 'tick', nowMs: clock.now() })),
    );
  }

  function onTyped(typed: readonly Typed[]): void {
    escape?.stop();
    for (const one of typed) {
      const nowMs = clock.now();
      if (one.kind === 'key') take({ kind: 'key', press: one.press, nowMs });
      else if (one.kind === 'wheel') take({ kind: 'mouse', pointed: { on: 'wheel', by: one.by }, nowMs });
      else {
        const pointed = seen === null ? null : pointedAt(seen.view, seen.size, one);
        if (pointed !== null) take({ kind: 'mouse', pointed, nowMs });
      }
    }
    if (keyboard.pending === 'nothing') return;
    const patience = keyboard.pending === 'escape' ? ESCAPE_MS : SEQUENCE_MS;
    escape = clock.after(
      patience,
      guarded(() => onTyped(keyboard.settle())),
    );
  }

  function onSize(size: Size): void {
    canvas.forget();
    seen = null;
    take({ kind: 'size', size, nowMs: clock.now() });
  }

  function tell(notice: Omit<Notice, 'untilMs'>): void {
    take({ kind: 'told', notice, nowMs: clock.now() });
  }

  /** What comes of something that takes its time; what goes wrong in it ends the screen as anything else would. */
  function later<T>(work: Promise<T>, then: (result: T) => void): void {
    work.then(guarded(then)).catch((error: unknown) => end({ kind: 'failed', error }));
  }

  function carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'order':
        return later(feed.perform(effect.order), (result) =>
          take({ kind: 'ordered', order: effect.order, result, nowMs: clock.now() }),
        );
      case 'wants':
        return feed.want(effect.wants);
      case 'refresh':
        return feed.refresh();
      case 'copy': {
        const bytes = clipboardBytes(effect.text, parts.environment);
        if (bytes === null)
          return tell({ tone: 'warn', words: 'too long for the clipboard of a terminal: nothing was copied' });
        return terminal.write(bytes);
      }
      case 'snapshot':
        return later(parts.snapshot(effect.node), tell);
      case 'explain':
        return later(parts.explain(effect.code), (page) => take({ kind: 'explained', ...page, nowMs: clock.now() }));
      case 'mouse':
        return terminal.mouse(effect.on);
      case 'redraw':
        return drawAnew();
      case 'suspend':
        return suspend();
      case 'quit':
        return end({ kind: 'quit' });
    }
  }

  function suspend(): void {
    if (away || over) return;
    away = true;
    terminal.leave();
    later(terminal.flushed(PATIENCE_MS), () => {
      signals.stop();
      clock.after(STOP_MS, guarded(comeBack));
    });
  }

  function comeBack(): void {
    if (!away || over) return;
    away = false;
    terminal.enter();
    take({ kind: 'size', size: terminal.measured(), nowMs: clock.now() });
    take({ kind: 'resumed', nowMs: clock.now() });
    drawAnew();
  }

  /** Stopped and continued from outside: a shell has had the terminal meanwhile. */
  function continued(): void {
    if (away || over) return;
    away = true;
    comeBack();
  }

  const leave = async (): Promise<void> => {
    over = true;
    pacing.stop();
    escape?.stop();
    tick?.stop();
    canvas.close();
    terminal.leave();
    await Promise.race([
      feed.stop().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
    await terminal.close(PATIENCE_MS);
  };

  guarded(() => {
    terminal.enter();
    feed.want(wantsOf(state));
    feed.start(guarded((news) => take({ kind: 'news', news, nowMs: clock.now() })));
    if (state.mouse) terminal.mouse(true);
    pacing.wish(true);
  })();
  const ending = await ended;
  await leave();
  await signals.over(ending);
  if (ending.kind === 'failed') throw ending.error;
  return ending.kind === 'interrupted' ? interruption.exitCode() : exitCodes.ok;
}
