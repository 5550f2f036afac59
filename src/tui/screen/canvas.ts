/**
 * The one door to Ink and React: painted lines go in, the fewest bytes that bring the terminal from the frame before to this one come
 * out. Knows no keys, no signals and no modes of the terminal. Loaded only after the libraries were told that they are not being developed.
 */
import { Box, render, Text } from 'ink';
import { createElement, memo } from 'react';
import type { Size } from '../draw/line.ts';
import { leanFrame } from './lean-frame.ts';

export interface Canvas {
  /** Shows these lines, one for each row of the screen, at once. */
  show(lines: readonly string[], size: Size): void;
  /** What is on the screen is no longer what was shown: the next frame draws all of it, from the upper left corner. */
  forget(): void;
  close(): void;
}

/** One line of the screen. A line that says the same as before costs nothing. */
const Row = memo(({ text }: { readonly text: string }) => createElement(Text, { wrap: 'truncate-end' }, text));

/** Frames are paced by whoever calls; Ink is not to hold one back. */
const UNPACED_FPS = 1_000;
const homeAndErase = '\u001b[0m\u001b[H\u001b[2J';

/** @param write Everything that one frame needs, in one piece. */
export function openCanvas(size: Size, write: (bytes: string) => void): Canvas {
  const paper = paperOf(size, write);
  const instance = render(createElement(Box), {
    stdout: paper as unknown as NodeJS.WriteStream,
    stderr: paper as unknown as NodeJS.WriteStream,
    stdin: paper as unknown as NodeJS.ReadStream,
    // The terminal's modes have one owner, who also answers for them when things go wrong.
    alternateScreen: false,
    patchConsole: false,
    exitOnCtrlC: false,
    interactive: true,
    incrementalRendering: true,
    isScreenReaderEnabled: false,
    maxFps: UNPACED_FPS,
  });
  let fresh = true;
  return {
    show(lines, { columns, rows }) {
      paper.columns = columns;
      paper.rows = rows;
      if (fresh) {
        instance.clear();
        paper.startOver(homeAndErase);
      }
      fresh = false;
      const children = lines.map((text, index) => createElement(Row, { key: index, text: text === '' ? ' ' : text }));
      instance.rerender(
        // Lines fit as they are: to clip them would cost as much again as all the rest.
        createElement(Box, { flexDirection: 'column', width: columns, height: rows }, ...children),
      );
    },
    forget() {
      fresh = true;
    },
    close() {
      paper.tearOff();
      instance.unmount();
      instance.cleanup();
    },
  };
}

interface Paper extends Size {
  columns: number;
  rows: number;
  /** Forgets what was not handed on yet. */
  startOver(bytes: string): void;
  /** Nothing is handed on any more. */
  tearOff(): void;
}

/** What Ink takes for its terminal: hands on what was written once the frame is whole, and never tells of a size by itself. */
function paperOf({ columns, rows }: Size, handOn: (bytes: string) => void): Paper & Record<string, unknown> {
  let written = '';
  let torn = false;
  let waiting = false;
  const put = (bytes: string): void => {
    written += bytes;
    if (waiting || torn) return;
    waiting = true;
    setImmediate(() => {
      waiting = false;
      const frame = written;
      written = '';
      if (!torn && frame !== '') handOn(leanFrame(frame));
    });
  };
  return {
    isTTY: true,
    writable: true,
    columns,
    rows,
    write(bytes: string, ...rest: readonly unknown[]) {
      put(bytes);
      const done = rest.at(-1);
      if (typeof done === 'function') queueMicrotask(() => done());
      return true;
    },
    on: () => undefined,
    off: () => undefined,
    once: () => undefined,
    emit: () => false,
    addListener: () => undefined,
    removeListener: () => undefined,
    startOver(bytes) {
      written = '';
      put(bytes);
    },
    tearOff() {
      torn = true;
      written = '';
    },
  };
}
