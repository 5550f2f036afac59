/**
 * A real terminal for tests: a program of its own behind a pseudoterminal, and xterm that keeps its screen. Tests type, wait for what
 * is to be seen, and look at text, colours and modes. What is seen is what an operator would see; nothing reaches into the program.
 */
import { constants } from 'node:os';
import type { TestContext } from 'node:test';
import type { IPty, IPtyForkOptions } from '@lydell/node-pty';
import type { IBufferCell, Terminal as Xterm } from '@xterm/headless';
import { compileCache } from '../../helpers/compile-cache.ts';
import { commandLog } from '../../helpers/command-log.ts';
import { requireLibrary } from '../../helpers/components.ts';
import { patienceMs } from '../../helpers/eventually.ts';
import { bytesOfKey, type KeyName } from './keys.ts';

export interface TerminalPlan {
  readonly command: string;
  readonly args?: readonly string[];
  /** Over `PATH`, `LANG=C.UTF-8`, `TERM=xterm-256color`; `undefined` takes one away. Nothing else of this process is handed on. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
}

/** One place of the screen, with how it looks. */
export interface ScreenCell {
  /** Empty = the right half of a wide character. */
  readonly text: string;
  readonly width: number;
  /** Slot of the 16 colours; null = the terminal's own; `other`: not one of 16. */
  readonly colour: number | 'other' | null;
  readonly background: number | 'other' | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly blink: boolean;
}

export interface ScreenModes {
  readonly alternateScreen: boolean;
  readonly cursorVisible: boolean;
  readonly mouse: 'none' | 'x10' | 'vt200' | 'drag' | 'any';
  readonly bracketedPaste: boolean;
  readonly focusEvents: boolean;
  readonly applicationCursorKeys: boolean;
  readonly wraparound: boolean;
  /** The number of the kitty keyboard flags that are pushed; 0 = the plain keyboard. */
  readonly keyboardFlags: number;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Terminal {
  readonly pid: number;
  readonly columns: number;
  readonly rows: number;
  /** Every row, without the blanks at its right. */
  screen(): string[];
  cells(): ScreenCell[][];
  /** Where the cursor is, from 0. */
  cursor(): { readonly column: number; readonly row: number };
  type(text: string): void;
  key(name: KeyName): void;
  /** Text as terminals paste it: in brackets where the program asked for them. */
  paste(text: string): void;
  /** Waits until the screen is so, looking whenever something was drawn. The error shows the screen. */
  until(wanted: RegExp | ((screen: readonly string[]) => boolean), limitMs?: number): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Everything that was written so far, as it came. */
  output(): Buffer;
  modes(): ScreenModes;
  /** What the program put into the clipboard by OSC 52, in order, decoded. */
  copied(): readonly string[];
  exit(): Promise<Ended>;
  /** Signal to the program. */
  kill(signal: NodeJS.Signals): void;
  /** The terminal goes away, as when its window is closed. */
  close(): void;
}

/**
 * Opens it; gone when the test ends. `undefined` after having skipped the test, where there are no pseudoterminals:
 * `if (terminal === undefined) return;`.
 */
export async function openTerminal(t: TestContext, plan: TerminalPlan): Promise<Terminal | undefined> {
  const library = await requireLibrary(t, '@lydell/node-pty', () => import('@lydell/node-pty'));
  const emulator = await requireLibrary(t, '@xterm/headless', () => import('@xterm/headless'));
  if (library === undefined || emulator === undefined) return undefined;
  const columns = plan.columns ?? 80;
  const rows = plan.rows ?? 24;
  const xterm = new emulator.default.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 200 });
  const options: IPtyForkOptions = {
    name: plan.env?.['TERM'] ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: plan.cwd ?? process.cwd(),
    env: environmentOf(plan),
    encoding: null,
  };
  return makeTerminal(t, library.spawn(plan.command, [...(plan.args ?? [])], options), xterm);
}

function environmentOf({ env }: TerminalPlan): Record<string, string> {
  const whole = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    ...compileCache(),
    ...commandLog(),
    ...env,
  };
  return Object.fromEntries(Object.entries(whole).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function makeTerminal(t: TestContext, pty: IPty, xterm: Xterm): Terminal {
  const chunks: Buffer[] = [];
  const clips: string[] = [];
  const extra = followExtraModes(xterm, clips);
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  // With `encoding: null` they are buffers, whatever the types say.
  pty.onData((data) => {
    const chunk = data as unknown as Buffer;
    chunks.push(chunk);
    xterm.write(chunk, look);
  });
  // Answers to what programs ask of a terminal: where the cursor is, what it can do.
  xterm.onData((answer) => write(answer));
  let ended: Ended | null = null;
  const exit = new Promise<Ended>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      ended = signal ? { code: null, signal: signalName(signal) } : { code: exitCode, signal: null };
      // What it wrote last is on the screen before anybody hears of its end.
      xterm.write('', () => {
        resolve(ended as Ended);
        look();
      });
    });
  });
  const write = (text: string): void => {
    if (ended === null) pty.write(text);
  };
  t.after(async () => {
    if (ended === null) pty.kill('SIGKILL');
    await exit;
    xterm.dispose();
  });
  const screen = (): string[] => screenOf(xterm);
  return {
    pid: pty.pid,
    get columns() {
      return xterm.cols;
    },
    get rows() {
      return xterm.rows;
    },
    screen,
    cells: () => cellsOf(xterm),
    cursor: () => ({ column: xterm.buffer.active.cursorX, row: xterm.buffer.active.cursorY }),
    type: write,
    key: (name) => write(bytesOfKey(name)),
    paste: (text) => write(xterm.modes.bracketedPasteMode ? `\x1b[200~${text}\x1b[201~` : text),
    until(wanted, limitMs = patienceMs) {
      const holds = (): boolean =>
        wanted instanceof RegExp ? wanted.test(screen().join('\n')) : wanted(screen()) === true;
      return new Promise<void>((resolve, reject) => {
        const end = (why: string | null): void => {
          waiting.delete(check);
          clearTimeout(timer);
          if (why === null) resolve();
          else reject(new Error(`${why}: ${wanted}\n${framed(screen())}`));
        };
        const check = (): void => {
          try {
            if (holds()) end(null);
            else if (ended !== null)
              end(`the program ended (${JSON.stringify(ended)}) before the screen was as wanted`);
          } catch (error) {
            end(String(error));
          }
        };
        const timer = setTimeout(() => end(`not seen in ${limitMs} ms`), limitMs);
        waiting.add(check);
        check();
      });
    },
    resize(wide, high) {
      xterm.resize(wide, high);
      if (ended === null) pty.resize(wide, high);
    },
    output: () => Buffer.concat(chunks),
    modes: () => ({
      alternateScreen: xterm.buffer.active.type === 'alternate',
      mouse: xterm.modes.mouseTrackingMode,
      bracketedPaste: xterm.modes.bracketedPasteMode,
      focusEvents: xterm.modes.sendFocusMode,
      applicationCursorKeys: xterm.modes.applicationCursorKeysMode,
      wraparound: xterm.modes.wraparoundMode,
      ...extra(),
    }),
    copied: () => clips,
    exit: () => exit,
    kill: (signal) => pty.kill(signal),
    close: () => (pty as IPty & { destroy(): void }).destroy(),
  };
}

/** What xterm acts on, or leaves alone, and does not tell: the cursor, the keyboard, the clipboard. */
function followExtraModes(xterm: Xterm, clips: string[]): () => Pick<ScreenModes, 'cursorVisible' | 'keyboardFlags'> {
  let cursorVisible = true;
  const keyboard: number[] = [];
  const onMode = (shown: boolean) => (params: (number | number[])[]) => {
    if (params.includes(25)) cursorVisible = shown;
    return false;
  };
  xterm.parser.registerCsiHandler({ prefix: '?', final: 'h' }, onMode(true));
  xterm.parser.registerCsiHandler({ prefix: '?', final: 'l' }, onMode(false));
  xterm.parser.registerCsiHandler({ prefix: '>', final: 'u' }, ([flags]) => {
    keyboard.push(Number(flags));
    return true;
  });
  xterm.parser.registerCsiHandler({ prefix: '<', final: 'u' }, ([count]) => {
    keyboard.splice(-Math.max(1, Number(count)));
    return true;
  });
  xterm.parser.registerOscHandler(52, (data) => {
    const at = data.indexOf(';');
    if (data.slice(at + 1) !== '?') clips.push(Buffer.from(data.slice(at + 1), 'base64').toString());
    return true;
  });
  // A full reset puts everything back.
  xterm.parser.registerEscHandler({ final: 'c' }, () => {
    cursorVisible = true;
    keyboard.length = 0;
    return false;
  });
  return () => ({ cursorVisible, keyboardFlags: keyboard.at(-1) ?? 0 });
}

function screenOf(xterm: Xterm): string[] {
  const { active } = xterm.buffer;
  return Array.from({ length: xterm.rows }, (_, row) =>
    (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
  );
}

function cellsOf(xterm: Xterm): ScreenCell[][] {
  const { active } = xterm.buffer;
  return Array.from({ length: xterm.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row);
    return Array.from({ length: xterm.cols }, (_, column) => cellOf(line?.getCell(column)));
  });
}

function cellOf(cell: IBufferCell | undefined): ScreenCell {
  return {
    text: cell === undefined ? ' ' : cell.getChars() || (cell.getWidth() === 0 ? '' : ' '),
    width: cell?.getWidth() ?? 1,
    colour: slot(cell?.isFgDefault(), cell?.isFgPalette(), cell?.getFgColor()),
    background: slot(cell?.isBgDefault(), cell?.isBgPalette(), cell?.getBgColor()),
    bold: Boolean(cell?.isBold()),
    dim: Boolean(cell?.isDim()),
    italic: Boolean(cell?.isItalic()),
    underline: Boolean(cell?.isUnderline()),
    inverse: Boolean(cell?.isInverse()),
    blink: Boolean(cell?.isBlink()),
  };
}

function slot(isDefault = true, isPalette = false, colour = 0): ScreenCell['colour'] {
  if (isDefault) return null;
  return isPalette && colour < 16 ? colour : 'other';
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(number);
}

/** A screen as errors and golden files show it. */
export function framed(screen: readonly string[]): string {
  return screen.map((line) => `│${line}`).join('\n');
}
