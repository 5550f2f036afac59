/**
 * Collectors of logs: the files that the configuration names, with the one before the last rotation; the memory of the daemon
 * where there is no file; the journal of the system.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readReason } from '../../base/read-reason.ts';
import { bytesText, rfc3339 } from '../../base/units.ts';
import { systemdRuns, unitOf } from '../../diagnosis/probes/systemd-unit.ts';
import { askTool, toolFailure } from '../../diagnosis/tool-call.ts';
import type { Collector, CollectScene, Piece } from './collector.ts';
import { CollectFault } from './fault.ts';
import { ndjsonText } from './daemon-state.ts';
import { logEnd } from './log-window.ts';
import { sourceOf } from './lookups.ts';

/** Lines of the journal: an hour of a talkative daemon. */
const JOURNAL_LINES = { fast: 5_000, usual: 50_000 } as const;

interface LogPlaces {
  readonly log: string | null;
  readonly access: string | null;
  readonly audit: string | null;
}

/** As the daemon says; else as the file says; else as the last daemon wrote down. */
async function placesOf({ lookups, surroundings: { local, directory } }: CollectScene): Promise<LogPlaces> {
  if (!local) return { log: null, access: null, audit: null };
  const config = await lookups.config();
  const absolute = (path: string | null) =>
    path === null || path === 'stdout' || path === 'stderr' ? null : resolve(directory, path);
  if (config !== null) {
    const { file, accessLog, auditLog } = config.observability.logging;
    return {
      log: absolute(file),
      access: accessLog.enabled ? absolute(accessLog.file) : null,
      audit: auditLog.enabled ? absolute(auditLog.file) : null,
    };
  }
  // The order of the record: log, access log, audit log, as far as there are any.
  const files = (await lookups.runRecord())?.log_files ?? [];
  const named = (word: string) => files.find((file) => file.includes(word)) ?? null;
  const [access, audit] = [named('access'), named('audit')];
  return { log: files.find((file) => file !== access && file !== audit) ?? null, access, audit };
}

/** The wanted stretch of one log file, and of the one before it where that reaches back into it. */
async function fileEnd(path: string, { logsMs, logBytes, surroundings, signal }: CollectScene): Promise<Piece> {
  const since = surroundings.clock.wallMs() - logsMs;
  let end: Awaited<ReturnType<typeof logEnd>>;
  try {
    end = await logEnd(path, since, logBytes, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new CollectFault(`${path}: ${readReason(error)}`, { cause: error });
  }
  const left = [
    ...(end.cut ? [`the oldest ${bytesText(end.before)} of ${path}`] : []),
    ...(end.holes > 0 ? [`${bytesText(end.holes)} of ${path} that hold nothing`] : []),
  ];
  const rotated = `${path}.1`;
  let text = end.text;
  let source = path;
  const room = logBytes - Buffer.byteLength(text);
  if (end.before === 0 && room > 0 && isYoung(rotated, since)) {
    try {
      const older = await logEnd(rotated, since, room, signal);
      if (older.text !== '') [text, source] = [joined(older.text, text), `${rotated}, ${path}`];
      if (older.cut) left.push(`the oldest ${bytesText(older.before)} of ${rotated}`);
    } catch (error) {
      signal.throwIfAborted();
      left.push(`${rotated}: ${readReason(error)}`);
    }
  }
  return { content: text, source, ...(left.length === 0 ? {} : { truncated: left.join('; ') }) };
}

function joined(older: string, younger: string): string {
  return older === '' || older.endsWith('\n') ? older + younger : `${older}\n${younger}`;
}

function isYoung(path: string, sinceMs: number): boolean {
  try {
    const { mtimeMs } = statSync(path);
    return mtimeMs >= sinceMs;
  } catch {
    return false;
  }
}

const log: Collector = {
  path: 'logs/sentinel.ndjson',
  class: 'logs',
  kind: 'ndjson',
  source: 'the log file, else GET /admin/logs',
  fast: true,
  estimate: (_, { logBytes }) => logBytes,
  find: async (scene) => {
    const { log: path } = await placesOf(scene);
    if (path !== null) return [await fileEnd(path, scene)];
    const { lookups, logsMs, fast, signal } = scene;
    const query = { since: `${Math.ceil(logsMs / 1000)}s`, limit: fast ? '1000' : '5000' };
    const { data } = await lookups.ask('logs', query, undefined, signal);
    const truncated = data.omitted > 0 ? { truncated: `${data.omitted} older lines` } : {};
    return [{ content: ndjsonText(data.lines), source: `${sourceOf('logs')} (there is no log file)`, ...truncated }];
  },
};

/** A log that need not be written at all. */
function optional(which: 'access' | 'audit'): Collector {
  return {
    path: `logs/${which}.ndjson`,
    class: 'logs',
    kind: 'ndjson',
    source: `the ${which} log, where one is written`,
    fast: true,
    estimate: (_, { logBytes }) => logBytes,
    find: async (scene) => {
      const path = (await placesOf(scene))[which];
      return path === null ? [] : [await fileEnd(path, scene)];
    },
  };
}

const journal: Collector = {
  path: 'logs/journald.txt',
  class: 'logs',
  kind: 'text',
  source: 'journalctl -u sentinel',
  fast: true,
  estimate: ({ surroundings }, { logBytes }) => (systemdRuns(surroundings) ? logBytes : 0),
  find: async (scene) => {
    const { lookups, surroundings, logsMs, logBytes, fast, signal } = scene;
    if (!surroundings.local || !systemdRuns(surroundings)) return [];
    const unit = unitOf((await lookups.runRecord())?.cgroup ?? null);
    const since = rfc3339(surroundings.clock.wallMs() - logsMs);
    const most = fast ? JOURNAL_LINES.fast : JOURNAL_LINES.usual;
    const args = ['-u', unit, '--since', journalTime(since), '-q', '--no-pager', '--utc', '-o', 'short-iso-precise'];
    const call = [...args, '-n', String(most)];
    const timeoutMs = fast ? 1_800 : 4_500;
    const result = await askTool({ ...surroundings, signal }, 'journalctl', call, { timeoutMs, maxBytes: logBytes });
    const why = toolFailure(result);
    if (why !== null) throw new CollectFault(`journalctl -u ${unit}: ${why}`);
    if (result.kind !== 'ran') return [];
    const lines = result.stdout.split('\n').length - 1;
    const truncated = lines >= most ? `all but the newest ${most} lines` : result.truncated ? 'the newest lines' : null;
    const source = `journalctl -u ${unit} --since ${since}`;
    return [{ content: result.stdout, source, ...(truncated === null ? {} : { truncated }) }];
  },
};

/** `2026-11-20 14:05:12 UTC` */
function journalTime(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

export const logCollectors: readonly Collector[] = [log, optional('access'), optional('audit'), journal];
