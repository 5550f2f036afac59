/** The entries of a run on their way: as NDJSON lines, kept for a transcript in the end, or to several screens at once. */
import { writeFileSync } from 'node:fs';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { plainJson } from '../../base/plain-json.ts';
import type { Entry, TranscriptSink } from '../../runbook/run/entry.ts';
import { markdownTranscript } from '../../runbook/run/markdown-transcript.ts';
import type { Screen } from '../../runbook/run/world.ts';
import { sorted } from '../envelope.ts';
import type { Output } from '../streams.ts';

/** First line of the stream, then an entry each. */
export const streamSchema = 'sentinel.runbook.run.stream/1';

export function ndjsonScreen(output: Output): Screen {
  output.write(`${plainJson({ schema: streamSchema })}\n`);
  return { ...silentScreen, show: (entry) => output.write(`${plainJson(sorted(entry))}\n`) };
}

export const silentScreen: Screen = {
  show: () => undefined,
  prose: () => undefined,
  fence: () => undefined,
  offer: () => undefined,
  output: () => undefined,
  progress: () => undefined,
};

export function screens(all: readonly Screen[]): Screen {
  const each =
    <K extends keyof Screen>(name: K) =>
    (...args: Parameters<Screen[K]>): void => {
      for (const screen of all) (screen[name] as (...args: Parameters<Screen[K]>) => void)(...args);
    };
  return {
    show: each('show'),
    prose: each('prose'),
    fence: each('fence'),
    offer: each('offer'),
    output: each('output'),
    progress: each('progress'),
  };
}

/** Keeps what is appended, before it goes on to another sink. */
export class Recorder implements TranscriptSink {
  readonly entries: Entry[];
  readonly #next: TranscriptSink | null;

  constructor(before: readonly Entry[], next: TranscriptSink | null) {
    this.entries = [...before];
    this.#next = next;
  }

  append(entry: Entry): void {
    this.#next?.append(entry);
    this.entries.push(entry);
  }
}

/** `.ndjson` and `.json` get the entries, every other name gets Markdown. @throws SNT-R030 */
export function writeTranscript(path: string, entries: readonly Entry[]): void {
  const raw = /\.(?:nd)?json$/.test(path);
  const text = raw ? entries.map((entry) => `${plainJson(entry)}\n`).join('') : markdownTranscript(entries);
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new SentinelError('SNT-R030', `cannot write the transcript ${path}: ${errnoOf(error) ?? error}`, {
      hint: 'name another file with --transcript',
    });
  }
}
