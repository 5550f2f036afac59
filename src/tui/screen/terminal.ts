/**
 * The terminal itself: its modes, its size, its bytes in and out. What is switched on here is switched off here, by one sequence that is
 * right whatever has happened. Never blocks on a terminal that does not read, and notices when it goes away. Knows nothing of the state.
 */
import { writeSync } from 'node:fs';
import { WriteStream } from 'node:tty';
import type { Size } from '../draw/line.ts';

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Where libraries show the cursor when the process ends. */
  readonly stderr?: NodeJS.WriteStream;
}

export interface TerminalListener {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onSize: (size: Size) => void;
  /** It is gone: nothing can be read or written any more. */
  readonly onGone: () => void;
  /** All that was written has been taken. */
  readonly onIdle: () => void;
}

export interface Terminal {
  readonly size: Size;
  /** Bytes are waiting, because the terminal does not take them. */
  readonly busy: boolean;
  /** The alternate screen, keys as they are pressed, pastes in brackets. */
  enter(): void;
  /** As it was before, at once. */
  leave(): void;
  write(bytes: string): void;
  mouse(on: boolean): void;
  /** Resolves when all is written, at the latest after `mostMs`. */
  flushed(mostMs: number): Promise<void>;
  /** The size as it is now: nobody tells a process that is stopped. */
  measured(): Size;
  /** Writes what is left, for so long at most, and lets go of the streams. */
  close(mostMs: number): Promise<void>;
}

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[0m\u001b[H\u001b[2J';
const MOUSE_ON = '\u001b[?1000h\u001b[?1006h';
const MOUSE_OFF = '\u001b[?1006l\u001b[?1000l';
/** Synchronised output, mouse, brackets around pastes, colours, cursor, screen: off and back, whether they were on or not. */
const LEAVE = `\u001b[?2026l${MOUSE_OFF}\u001b[?2004l\u001b[0m\u001b[?25h\u001b[?1049l\u001b[?25h`;

/** Takes the streams; enters nothing yet. */
export function openTerminal({ stdin, stdout, stderr }: TerminalStreams, listener: TerminalListener): Terminal {
  const paper = unblocked(stdout);
  let entered = false;
  let mouseOn = false;
  let gone = false;
  let closed = false;
  let waiting = 0;

  const lose = (): void => {
    if (gone || closed) return;
    gone = true;
    listener.onGone();
  };
  const write = (bytes: string): void => {
    if (gone || closed) return;
    waiting += 1;
    paper.write(bytes, () => {
      waiting -= 1;
      if (waiting === 0 && !gone && !closed) listener.onIdle();
    });
  };
  const flushed = (mostMs: number): Promise<void> => {
    if (waiting === 0 || gone || closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      paper.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  };
  const onData = (bytes: Buffer): void => listener.onBytes(bytes);
  const onResize = (): void => listener.onSize(sizeOf(stdout));
  /** The last resort, where somebody ends the process without a word. */
  const onExit = (): void => {
    if (!entered || gone) return;
    try {
      writeSync(1, LEAVE);
      stdin.setRawMode(false);
    } catch {
      // There is nobody left to tell.
    }
  };
  stdin.on('data', onData);
  stdin.on('end', lose);
  stdin.on('error', lose);
  paper.on('error', lose);
  stdout.on('resize', onResize);
  process.on('exit', onExit);

  return {
    get size() {
      return sizeOf(stdout);
    },
    get busy() {
      return waiting > 0;
    },
    enter() {
      if (gone || closed) return;
      entered = true;
      // Off first: what is on already is not set again, and a shell may have had the terminal meanwhile.
      raw(stdin, false);
      raw(stdin, true);
      stdin.resume();
      write(mouseOn ? `${ENTER}${MOUSE_ON}` : ENTER);
    },
    leave() {
      if (!entered) return;
      entered = false;
      write(LEAVE);
      raw(stdin, false);
      stdin.pause();
    },
    write,
    mouse(on) {
      mouseOn = on;
      if (entered) write(on ? MOUSE_ON : MOUSE_OFF);
    },
    flushed,
    measured() {
      // What the process does when it is told of a new size.
      process.emit('SIGWINCH', 'SIGWINCH');
      return sizeOf(stdout);
    },
    async close(mostMs) {
      await flushed(mostMs);
      // It takes nothing: then nobody is to wait for it at the very end either, as libraries do to show a cursor.
      if (waiting > 0 && !gone) for (const stream of [stdout, stderr]) if (stream !== undefined) unwaited(stream);
      closed = true;
      stdin.off('data', onData);
      stdin.pause();
      stdout.off('resize', onResize);
      process.off('exit', onExit);
      if (paper !== stdout) paper.destroy();
    },
  };
}

/** Where the terminal is gone, or this process is no longer in front of it, there is no mode to set. */
function raw(stdin: NodeJS.ReadStream, on: boolean): void {
  try {
    stdin.setRawMode(on);
  } catch {
    // Whoever reads next notices.
  }
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: Math.max(1, columns || 80), rows: Math.max(1, rows || 24) };
}

/**
 * The same terminal through a stream of its own that does not wait for it: with the one of the process, a terminal that has stopped
 * reading would stop this program, its signals included.
 */
function unblocked(stdout: NodeJS.WriteStream): WriteStream {
  if ((stdout as { readonly fd?: number }).fd !== 1) return stdout;
  try {
    const paper = new WriteStream(1);
    unwaited(paper);
    return paper;
  } catch {
    return stdout;
  }
}

/** From now on a write to it does not wait until the terminal has taken it. */
function unwaited(stream: NodeJS.WriteStream): void {
  const { _handle } = stream as { readonly _handle?: { setBlocking?(blocking: boolean): unknown } | null };
  _handle?.setBlocking?.(false);
}
