/**
 * Standard streams as commands see them: whether a person watches, whether colour is wanted, and what happens when the
 * reader goes away. Decides from the environment once; knows nothing of commands.
 */
import { type Environment, variable } from '../base/environment.ts';
import { errnoOf } from '../base/errors.ts';

/** ANSI 16 colours only, so that the terminal's own theme decides; the identity where colour is not wanted. */
export interface Style {
  readonly coloured: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** Width in columns that text may take. */
  readonly columns: number;
}

export interface Output {
  readonly isTerminal: boolean;
  readonly style: Style;
  /** Aborted when its reader has gone away. */
  readonly closed: AbortSignal;
  write(text: string): void;
  /** Resolves when everything written has left the process, or its reader has gone away. */
  flushed(): Promise<void>;
}

export interface InputStream {
  readonly isTerminal: boolean;
  /** The stream up to its end, or its first `limitBytes`, or up to the piece that `ending` is in. */
  readUpTo(limitBytes: number, ending?: string): Promise<Buffer>;
}

/** Reports stay readable on a wide screen, and a pipe, or a terminal that knows no width, gets one of its own. */
const defaultColumns = 120;

/** Whether to colour: `FORCE_COLOR` decides when set, else `NO_COLOR`, a dumb terminal and a pipe mean no. */
export function wantsColour(environment: Environment, isTerminal: boolean): boolean {
  const forced = variable(environment, 'FORCE_COLOR');
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (variable(environment, 'NO_COLOR') !== undefined) return false;
  return isTerminal && variable(environment, 'TERM') !== 'dumb';
}

/** Wraps a writable of the process. */
export function outputTo(stream: NodeJS.WriteStream, environment: Environment): Output {
  const isTerminal = stream.isTTY === true;
  const closing = new AbortController();
  const { signal: closed } = closing;
  stream.on('error', (error) => {
    // `sentinel … | head` is not a failure: what was asked for was delivered to whoever still reads.
    if (errnoOf(error) !== 'EPIPE') throw error;
    closing.abort();
  });
  return {
    isTerminal,
    closed,
    style: styleFor(
      wantsColour(environment, isTerminal),
      isTerminal && stream.columns > 0 ? stream.columns : defaultColumns,
    ),
    write(text) {
      if (!closed.aborted) stream.write(text);
    },
    flushed: () =>
      new Promise((resolve) => {
        if (closed.aborted) resolve();
        else stream.write('', () => resolve());
      }),
  };
}

/** Wraps a readable of the process. */
export function inputFrom(stream: NodeJS.ReadStream): InputStream {
  return {
    isTerminal: stream.isTTY === true,
    async readUpTo(limitBytes, ending) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      // Not ended by being left: more may be asked, and meanwhile the terminal belongs to whatever the command starts.
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        const piece = Buffer.from(chunk as Uint8Array);
        chunks.push(piece);
        bytes += piece.length;
        if (bytes >= limitBytes || (ending !== undefined && piece.includes(ending))) break;
      }
      stream.pause();
      return Buffer.concat(chunks).subarray(0, limitBytes);
    },
  };
}

/** The style for a stream; without colour every function returns its text unchanged. */
export function styleFor(coloured: boolean, columns: number): Style {
  const paint = (open: number, close: number) => (text: string) =>
    coloured ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    coloured,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
    columns,
  };
}
