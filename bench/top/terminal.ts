/** The terminal that the screen is measured in: a pseudoterminal that counts its bytes and an emulator that tells when a key shows. */
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { mainThreadWaitMs } from '../processes.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Milliseconds. */
export interface KeyTime {
  readonly ms: number;
  /** Of it, or right behind it, the program and this one waited for a processor that others had. */
  readonly waitedMs: number;
}

const keyLimitMs = 5_000;
/** The corner of a box. */
const frame = /[┌╭]/;
/** What a row is of stands at its left. */
const nameColumns = 24;
/** ` 1 Upstreams [2]Routes` */
const chosenTab = /\[(\d)\][A-Z]/;

export class MeasuredTerminal implements AsyncDisposable {
  readonly #pty: IPty;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #ended: Promise<void>;
  #bytes = 0;
  #frames = 0;
  /** Called with when the bytes came, after the emulator has read them. */
  #look: ((atMs: number) => void) | null = null;

  constructor(command: readonly string[], { columns, rows }: TerminalSize, env: Readonly<Record<string, string>>) {
    const [program, ...args] = command as [string, ...string[]];
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
    this.#pty = spawn(program, args, {
      name: 'xterm-256color',
      cols: columns,
      rows,
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env },
      encoding: null,
    });
    // With `encoding: null` they are buffers, whatever the types say.
    this.#pty.onData((data) => {
      const chunk = data as unknown as Buffer;
      const atMs = performance.now();
      this.#bytes += chunk.length;
      this.#frames++;
      this.#screen.write(chunk, () => this.#look?.(atMs));
    });
    this.#screen.onData((answer) => this.#pty.write(answer));
    this.#ended = new Promise((resolve) => this.#pty.onExit(() => resolve()));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Written by the program so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pieces that they came in. */
  get frames(): number {
    return this.#frames;
  }

  text(): readonly string[] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  /** Waits until the screen is so. @throws what is to be seen instead, after `limitMs` */
  async until(wanted: (screen: readonly string[]) => boolean, limitMs = 20_000): Promise<void> {
    const end = performance.now() + limitMs;
    while (!wanted(this.text())) {
      if (performance.now() > end) throw new Error(`this is all that is to be seen:\n${this.text().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** From a key to the bytes that move what is marked: the row of the cursor, the tab, an overlay. */
  async latency(key: string): Promise<KeyTime> {
    const before = this.#marked();
    const { promise, resolve, reject } = Promise.withResolvers<KeyTime>();
    const waited = (): number => mainThreadWaitMs(this.pid) + mainThreadWaitMs(process.pid);
    const waitedMs = waited();
    const begun = performance.now();
    const limit = setTimeout(
      () => reject(new Error(`nothing moved after ${JSON.stringify(key)}:\n${this.text().join('\n')}`)),
      keyLimitMs,
    );
    this.#look = (atMs) => {
      if (this.#marked() !== before) resolve({ ms: atMs - begun, waitedMs: waited() - waitedMs });
    };
    this.#pty.write(key);
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
      this.#look = null;
    }
  }

  /** Which tab is chosen, what the first row that stands out is of, and whether anything lies over it: only keys change these. */
  #marked(): string {
    const { active } = this.#screen.buffer;
    const lines = this.text();
    const row = lines.findIndex((_, at) => active.getLine(at)?.getCell(0)?.isInverse() !== 0);
    const tab = lines.map((line) => chosenTab.exec(line)?.[1]).find((number) => number !== undefined);
    const over = lines.some((line) => frame.test(line));
    return `${tab} ${(lines[row] ?? '').slice(0, nameColumns)} ${over}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pty.kill('SIGTERM');
    const force = setTimeout(() => this.#pty.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(force);
  }
}
