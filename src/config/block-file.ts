/**
 * The file of clients to refuse: what a line may be, and the check of all of them when a configuration is loaded. The
 * security part of the daemon reads the same file with the same lines.
 */
import { SentinelError } from '../base/errors.ts';
import { spanText } from '../kdl/source.ts';
import type { CheckContext } from './check-values.ts';
import { isNetwork } from './schema/network-types.ts';
import type { Setting } from './tree.ts';

/** Some hundred thousand lines. */
export const maxBlockFileBytes = 32 << 20;

const maxReportedLines = 10;

export interface BlockFileLines {
  /** CIDRs or single addresses, in the order of the file. */
  readonly networks: readonly string[];
  /** Numbers of the lines that are neither, from 1. */
  readonly wrong: readonly number[];
}

/** One address or network a line; blank lines, and what follows a `#`, mean nothing. */
export function readBlockLines(text: string): BlockFileLines {
  const networks: string[] = [];
  const wrong: number[] = [];
  let line = 0;
  for (const whole of text.split('\n')) {
    line++;
    const comment = whole.indexOf('#');
    const entry = (comment < 0 ? whole : whole.slice(0, comment)).trim();
    if (entry === '') continue;
    if (isNetwork(entry)) networks.push(entry);
    else wrong.push(line);
  }
  return { networks, wrong };
}

/** Reports a file that cannot be read, and its first wrong lines. */
export function checkBlockFile(context: CheckContext, file: Setting<string | null> | undefined): void {
  if (file === undefined || file.value === null || file.span === null) return;
  // The path as written: it may contain a `${…}`.
  const shown = spanText(file.span).replace(/^"(.*)"$/, '$1');
  let text: string;
  try {
    text = Buffer.from(context.files.read(file.value, maxBlockFileBytes)).toString('utf8');
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    context.error('SNT-C166', file.span, error.message.replace(file.value, shown));
    return;
  }
  const { wrong } = readBlockLines(text);
  for (const line of wrong.slice(0, maxReportedLines)) {
    // Not what stands there: the path may lead to a file that is not for the reader of this message.
    context.error('SNT-C166', file.span, `${shown}:${line} is neither an IP address nor a network`, {
      label: `line ${line} of this file`,
      help: 'a line has one address such as 192.0.2.7, or a network such as 192.0.2.0/24; `#` begins a comment',
    });
  }
  if (wrong.length > maxReportedLines)
    context.error('SNT-C166', file.span, `${shown}: ${wrong.length - maxReportedLines} more lines are wrong`);
}
