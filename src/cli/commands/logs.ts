/** `sentinel logs`: the latest lines of the log, from the daemon's memory or from the file; with `-f` as they come. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import { listLimits } from '../../admin/contract/list-limits.ts';
import type { LogsQuery, LogsReply } from '../../admin/contract/log-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseMoment } from '../../base/units.ts';
import { loadChoice, chooseConfig } from '../config-choice.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { follow } from '../follow.ts';
import { lineText, plainText } from '../logs/line-text.ts';
import { type FileLine, readLogTail } from '../logs/log-lines.ts';
import { fileChoice } from '../logs/line-choice.ts';
import { filterOption, limitOption, sinceOption } from '../query-options.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

const USUAL_LIMIT = 200;
const BEFORE_FOLLOWING = 10;
const MOST = listLimits.logs.most;

export async function run(invocation: Invocation): Promise<Outcome> {
  const action = invocation.argument('action');
  if (action === 'reopen') return reopen(invocation);
  if (action !== undefined) throw usage(`there is no action ${JSON.stringify(action)}, expected reopen`);
  const access = invocation.flag('access');
  const following = invocation.flag('follow');
  if (access && following) {
    throw new SentinelError('SNT-P040', 'the access log is a file, and -f follows the daemon', {
      hint: 'sentinel tap',
    });
  }
  // What is wrong on the command line is wrong with and without a daemon.
  const wanted = fileChoice(invocation, access ? 'requests' : 'logs');
  const query = queryOf(invocation, following);
  const client = daemonOf(invocation);
  const reply = await answerOf(client, access ? {} : query);
  if (reply === null) return fromFile(invocation, configuredFile(invocation, access), wanted, ['no daemon answered']);
  if (access) return fromFile(invocation, accessFile(reply.data), wanted, []);
  if (following) {
    const { style } = invocation.stdout;
    const { level, filter } = query;
    return follow(invocation, {
      client,
      topics: ['logs'],
      query: { ...(level === undefined ? {} : { level }), ...(filter === undefined ? {} : { filter }) },
      from: reply.data.resume,
      schema: 'logs',
      before: reply.data.lines,
      text: (data) => lineText(data as Readonly<Record<string, unknown>>, style),
    });
  }
  return recent(invocation, reply, wanted);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel logs --help' });
}

function queryOf(invocation: Invocation, following: boolean): LogsQuery {
  const since = sinceOption(invocation);
  const level = invocation.option('level');
  const filter = invocation.flag('access') ? undefined : filterOption(invocation, 'logs');
  const usual = since === undefined ? (following ? BEFORE_FOLLOWING : USUAL_LIMIT) : MOST;
  return {
    limit: limitOption(invocation, MOST) ?? String(usual),
    ...(since === undefined ? {} : { since }),
    ...(level === undefined ? {} : { level }),
    ...(filter === undefined ? {} : { filter }),
  };
}

/** Null where no daemon answers. */
async function answerOf(client: AdminClient, query: LogsQuery): Promise<Reply<LogsReply> | null> {
  try {
    return await client.call('logs', { query });
  } catch (error) {
    if (error instanceof SentinelError && error.code === 'SNT-A001') return null;
    throw error;
  }
}

/** Lines from memory; what is older comes from the file, where this user may read it. */
function recent(invocation: Invocation, reply: Reply<LogsReply>, wanted: (line: FileLine) => boolean): Outcome {
  const { data, daemon, generation, notes } = reply;
  const from = sinceMs(invocation);
  const keptSince = Date.parse(data.kept_since);
  const warnings = [...notes];
  if (data.omitted > 0) warnings.push(`${data.omitted} older lines are left out; --limit shows more`);
  let older: readonly FileLine[] = [];
  if (from !== null && from < keptSince && data.omitted === 0) {
    const missing = `lines before ${data.kept_since} are no longer in the daemon's memory`;
    if (data.log_file === null) warnings.push(`${missing}, and no file is configured (observability.logging.file)`);
    else {
      try {
        const tail = readLogTail(data.log_file);
        older = tail.lines.filter((line) => line.atMs !== null && line.atMs < keptSince && wanted(line));
        if ((tail.lines[0]?.atMs ?? Infinity) > from) warnings.push(beginsText(data.log_file, tail.lines));
      } catch (error) {
        if (!(error instanceof SentinelError)) throw error;
        warnings.push(`${missing}; ${error.message}`);
      }
    }
  }
  const lines = [...older.map(({ fields }) => fields), ...data.lines];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...data, lines },
    warnings,
    daemon,
    generation,
    text: (style) =>
      text(
        lines.map((fields) => lineText(fields, style)),
        warnings,
        style,
      ),
  };
}

function beginsText(path: string, [first]: readonly FileLine[]): string {
  const at = first?.atMs ?? null;
  if (at === null) return `${path} has no lines; rotated files are not read`;
  return `${path} has no line before ${new Date(at).toISOString()}; rotated files are not read`;
}

function fromFile(
  invocation: Invocation,
  path: string,
  wanted: (line: FileLine) => boolean,
  remarks: readonly string[],
): Outcome {
  const tail = readLogTail(path);
  const from = sinceMs(invocation);
  const limit = Number(limitOption(invocation, MOST) ?? (from === null ? USUAL_LIMIT : MOST));
  const found = tail.lines.filter((line) => (from === null || line.atMs === null || line.atMs >= from) && wanted(line));
  const shown = found.slice(-limit);
  const first = tail.lines[0]?.atMs ?? null;
  const uncovered = from !== null && (first === null || first > from);
  const warnings = [
    ...(remarks.length === 0 ? [] : [`${remarks.join(', ')}: lines are read from ${path}`]),
    ...(uncovered ? [beginsText(path, tail.lines)] : []),
    ...(found.length > limit ? [`${found.length - limit} older lines are left out; --limit shows more`] : []),
  ];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file: path, lines: shown.map(({ fields }) => fields), omitted: Math.max(0, found.length - limit) },
    warnings,
    text: (style) =>
      text(
        shown.map((line) => (line.text.startsWith('{') ? lineText(line.fields, style) : plainText(line.text))),
        warnings,
        style,
      ),
  };
}

function text(lines: readonly string[], warnings: readonly string[], style: Style): string {
  const remarks = warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}\n`);
  return [...remarks, ...(lines.length === 0 ? ['no such lines\n'] : lines)].join('');
}

function accessFile({ access_log: path }: LogsReply): string {
  if (path !== null) return path;
  throw new SentinelError('SNT-P048', 'the running configuration writes no access log into a file', {
    hint: 'name one: observability { logging { access-log { file "/var/log/sentinel/access.log" } } }',
  });
}

/** The file that the configuration names, where nobody answers. */
function configuredFile(invocation: Invocation, access: boolean): string {
  const choice = chooseConfig(invocation);
  const loaded = loadChoice(invocation, choice);
  const where = choice.path ?? 'the built-in configuration';
  if (loaded.kind !== 'ok') {
    throw new SentinelError('SNT-A001', `no daemon answered, and ${where} does not say where its log is`, {
      hint: `sentinel validate ${choice.path ?? ''}`.trim(),
    });
  }
  const { file, accessLog } = loaded.config.observability.logging;
  const path = access ? accessLog.file : file;
  if (path !== null && path !== 'stdout') return path;
  throw new SentinelError(
    'SNT-A001',
    `no daemon answered, and ${where} names no file for ${access ? 'the access log' : 'the log'}`,
    {
      hint: 'journalctl -u sentinel',
    },
  );
}

function sinceMs(invocation: Invocation): number | null {
  const since = sinceOption(invocation);
  return since === undefined ? null : parseMoment(since, invocation.clock.wallMs());
}

async function reopen(invocation: Invocation): Promise<Outcome> {
  const reason = invocation.option('reason');
  const { data, daemon, generation, notes } = await daemonOf(invocation).call(
    'logs-reopen',
    reason === undefined ? {} : { reason },
  );
  const late = data.workers_total - data.workers;
  const warnings = [
    ...notes,
    ...(late === 0 ? [] : [`${late} of ${data.workers_total} workers did not answer in time`]),
  ];
  const files = data.files.length === 0 ? 'no log goes to a file' : data.files.map(printable).join(', ');
  return {
    kind: 'report',
    exitCode: late === 0 ? exitCodes.ok : exitCodes.unknown,
    status: late === 0 ? 'ok' : 'unknown',
    data,
    warnings,
    daemon,
    generation,
    text: (style) =>
      [
        `${late === 0 ? style.green('✓') : style.yellow('?')} reopened: ${files}\n`,
        ...warnings.map((one) => `${style.yellow('▲')} ${printable(one)}\n`),
      ].join(''),
  };
}
