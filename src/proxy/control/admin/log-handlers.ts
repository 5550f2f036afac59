/** What the endpoints of log lines and log levels do, and the topic `logs` of the stream. Who may call them was decided before. */
import type {
  LogLevelReply,
  LogLevelResetReply,
  LogLevelsReply,
  LogLevelState,
  LogLineState,
  LogsReopenReply,
  LogsReply,
} from '../../../admin/contract/log-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { isLogModule, type LogModule, logModules } from '../../shared/log-modules.ts';
import { stdoutName } from '../../shared/log-target.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { LevelOverride, LogLevels } from '../log-levels.ts';
import type { Logging } from '../logging.ts';
import type { RecentLines } from '../recent-lines.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Call, Handlers } from './call.ts';
import { lineChoice } from './log-choice.ts';
import { AdminProblem } from './problem.ts';
import { limitOf, patienceOf, sinceOf } from './query.ts';
import type { StreamTopic } from './stream-topic.ts';
import type { Streams } from './streams.ts';

const topicName = 'logs';

export interface LogContext {
  readonly logging: Logging;
  readonly levels: LogLevels;
  readonly recent: RecentLines;
  readonly supervisor: Supervisor;
  readonly state: DaemonState;
  readonly clock: Clock;
  readonly streams: Streams;
}

type LogHandlers = Pick<Handlers, 'log-levels' | 'log-level-set' | 'log-level-reset' | 'logs' | 'logs-reopen'>;

export function makeLogHandlers(context: LogContext): LogHandlers {
  const { logging, levels, clock } = context;
  return {
    'log-levels': async (): Promise<LogLevelsReply> => ({
      configured: logging.configured,
      modules: Object.entries(logModules).map(([module, meaning]) => ({
        module,
        meaning,
        level: logging.levelOf(module as LogModule),
      })),
      overrides: levels.all.map((override) => levelState(override, clock.wallMs())),
    }),
    'log-level-set': (call) => setLevel(context, call),
    'log-level-reset': (call) => resetLevels(context, call),
    logs: (call) => recentLines(context, call),
    'logs-reopen': ({ actor }) => reopen(context, actor),
  };
}

/** Lines as they are written; positions are theirs. */
export function logTopic(recent: RecentLines, clock: Clock): StreamTopic {
  return {
    name: topicName,
    position: () => String(recent.position),
    open(query, position, send, missed) {
      const wanted = lineChoice(query, clock);
      const tell = (line: Parameters<typeof wanted>[0]) => {
        if (wanted(line)) send({ position: String(line.position), data: JSON.parse(line.text) });
      };
      if (position !== null) {
        const from = /^\d{1,15}$/.test(position) ? Number(position) : 0;
        // What waits at once for one client is bounded; the newest are worth most.
        const kept = recent.after(from);
        let bytes = 0;
        const first = kept.findLastIndex((line) => (bytes += 2 * line.text.length) > MOST_AT_ONCE) + 1;
        const lost = first + (from === 0 ? 0 : recent.missedAfter(from));
        // Of lines that are gone nobody knows whether they were asked for.
        const some = query.has('filter') || query.has('level');
        const untilMs = first === 0 ? recent.keptSinceMs : (kept[first]?.atMs ?? null);
        if (lost > 0) missed({ count: some ? null : lost, untilMs });
        for (const line of kept.slice(first)) tell(line);
      }
      return recent.listen(tell);
    },
  };
}

const MOST_AT_ONCE = 400 << 10;

async function setLevel({ levels, clock }: LogContext, { body, actor, reason, note }: Call): Promise<LogLevelReply> {
  const { checkLogLevelRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkLogLevelRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not a log level to set: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const { level, expires_in_ms: expiresInMs } = checked.value;
  const module = moduleOf(checked.value.module ?? null);
  note({ level_set: level, of: module ?? 'all modules', expires_in_ms: expiresInMs });
  const replaced = levels.all.some((one) => one.module === module);
  const override = levels.set({ module, level, actor, reason, expiresInMs });
  return { override: levelState(override, clock.wallMs()), replaced };
}

async function resetLevels(context: LogContext, { query, actor, reason, note }: Call): Promise<LogLevelResetReply> {
  const { levels, logging, clock } = context;
  const named = query.get('module');
  const module = named === null ? null : moduleOf(named);
  const found = levels.all.filter((override) => named === null || override.module === module);
  if (named !== null && found.length === 0) {
    throw new AdminProblem(404, 'SNT-A013', `no log level is set for ${named}`, { hint: 'sentinel log-level' });
  }
  const now = clock.wallMs();
  const removed = found.map((override) => levelState(override, now));
  note({ of: found.map((override) => override.module ?? 'all modules').join(', ') });
  for (const override of found) levels.clear(override.module, actor, reason);
  return { removed, configured: logging.configured };
}

/** @throws 400 for a name that is none; `all` = every module */
function moduleOf(name: string | null): LogModule | null {
  if (name === null || name === 'all') return null;
  if (isLogModule(name)) return name;
  throw new AdminProblem(
    400,
    'SNT-A008',
    `there is no module ${JSON.stringify(name)}, expected one of ${Object.keys(logModules).join(', ')}`,
    {
      hint: 'sentinel log-level',
    },
  );
}

async function recentLines(context: LogContext, { query }: Call): Promise<LogsReply> {
  const { recent, clock, state, streams } = context;
  const now = clock.wallMs();
  const wanted = lineChoice(query, clock, patienceOf());
  const since = sinceOf(query, now);
  const limit = limitOf(query, 'logs');
  const found = recent.after(0).filter((line) => wanted(line) && (since === null || line.atMs >= since));
  const { file, accessLog } = state.applied.config.observability.logging;
  return {
    at: rfc3339(now),
    lines: found.slice(-limit).map(({ text }) => JSON.parse(text) as LogLineState),
    omitted: Math.max(0, found.length - limit),
    kept_since: rfc3339(recent.keptSinceMs),
    resume: streams.resumeId(topicName, String(recent.position)),
    log_file: file,
    access_log: accessLog.enabled && accessLog.file !== stdoutName ? accessLog.file : null,
  };
}

async function reopen({ logging, supervisor, state }: LogContext, actor: string): Promise<LogsReopenReply> {
  await logging.reopen();
  supervisor.reopenLogs();
  // Workers hear in order: who answers has opened the file anew.
  const answers = await supervisor.ask({ kind: 'runtime' });
  const { file, accessLog, auditLog } = state.applied.config.observability.logging;
  const files = [file, accessLog.enabled ? accessLog.file : null, auditLog.enabled ? auditLog.file : null];
  const reopened = [...new Set(files.filter((path) => path !== null && path !== stdoutName))] as string[];
  logging.module('logs').info('Log files reopened', { actor, files: reopened });
  const workers = answers.filter(({ answer }) => answer !== null).length;
  return { files: reopened, workers, workers_total: answers.length };
}

function levelState({ module, level, actor, reason, setAt, expiresAt }: LevelOverride, nowMs: number): LogLevelState {
  return {
    module,
    level,
    actor,
    reason,
    set_at: rfc3339(setAt),
    expires_at: rfc3339(expiresAt),
    expires_in_ms: Math.max(0, expiresAt - nowMs),
  };
}
