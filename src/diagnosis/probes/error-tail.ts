/** The last lines of level error and above: of log files, read from their end, and of the journal. Secrets go. */
import { errnoOf } from '../../base/errors.ts';
import { redactText } from '../../base/redaction.ts';
import { lastLines } from '../../machine/file-end.ts';
import type { LogTail } from '../facts/process.ts';
import type { ProbeContext } from '../probe.ts';
import { askTool, toolFailure } from '../tool-call.ts';
import { systemdRuns } from './systemd-unit.ts';

/** That much of the end of each file: a log under load has hundreds of lines in a second. */
const TAIL_BYTES = 512 * 1024;
const MOST_LINES = 20;
const LONGEST = 2000;
const LIMIT_MS = 2_000;

export interface ErrorTail {
  readonly lines: readonly LogTail[];
  readonly unread: readonly { readonly source: string; readonly why: string }[];
}

/** Of all sources together the newest, oldest first. */
export async function errorTail(context: ProbeContext, files: readonly string[], unit: string): Promise<ErrorTail> {
  const unread: { source: string; why: string }[] = [];
  const found: LogTail[] = [];
  for (const file of files) {
    try {
      found.push(
        ...lastLines(file, TAIL_BYTES)
          .flatMap((line) => errorIn(file, line))
          .slice(-MOST_LINES),
      );
    } catch (error) {
      unread.push({ source: file, why: errnoOf(error) ?? (error instanceof Error ? error.message : String(error)) });
    }
  }
  if (systemdRuns(context)) {
    const args = ['-u', unit, '-q', '--no-pager', '-o', 'cat', '-p', 'err', '-n', String(MOST_LINES)];
    const result = await askTool(context, 'journalctl', args, { timeoutMs: LIMIT_MS });
    const why = toolFailure(result);
    const source = `journalctl -u ${unit}`;
    if (why !== null) unread.push({ source, why });
    else if (result.kind === 'ran') {
      const lines = result.stdout.split('\n').filter((line) => line !== '');
      found.push(...lines.map((line) => tailOf(source, timeIn(line), line)));
    }
  }
  const byTime = found.map((line, at) => ({ line, at, ms: line.at === null ? 0 : Date.parse(line.at) }));
  byTime.sort((a, b) => a.ms - b.ms || a.at - b.at);
  return { lines: byTime.slice(-MOST_LINES).map(({ line }) => line), unread };
}

/** The line, if it is one of level error or above, as JSON or as people read it. */
function errorIn(source: string, line: string): readonly LogTail[] {
  if (line.startsWith('{')) {
    try {
      const { level, time } = JSON.parse(line) as { level?: unknown; time?: unknown };
      const grave = typeof level === 'string' && /^(?:error|fatal)$/i.test(level);
      return grave ? [tailOf(source, typeof time === 'string' ? time : null, line)] : [];
    } catch {
      return [];
    }
  }
  return /^\S+\s+(?:ERROR|FATAL)\b/.test(line) ? [tailOf(source, timeIn(line), line)] : [];
}

function tailOf(source: string, at: string | null, line: string): LogTail {
  return { source, at, line: redactText(line).slice(0, LONGEST) };
}

function timeIn(line: string): string | null {
  return /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/.exec(line)?.[0] ?? null;
}
