/** `sentinel env`: each setting that flags and environment can set, with its value and where it comes from. */
import { type EnvironmentVariable, secretVariables, variable } from '../../base/environment.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { findIncidentsFolder } from '../../base/incidents-folder.ts';
import { adminSocketCandidates } from '../../base/run-files.ts';
import { type EffectiveSetting, effectiveSettings } from '../../config/origin.ts';
import { redacted } from '../../base/redaction.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { type ConfigChoice, type SettingSource, chooseConfig, loadChoice } from '../config-choice.ts';
import type { Style } from '../streams.ts';
import { printable, table } from '../text.ts';

interface Row {
  readonly setting: string;
  readonly value: string | null;
  readonly source: SettingSource;
}

/** A setting of the file that variables may override, the first that is set winning. */
interface Overridable {
  readonly setting: string;
  readonly variables: readonly EnvironmentVariable[];
  /** Where the file says it. */
  readonly key: string;
  /** What the value must look like when a variable gives it. */
  readonly form: RegExp;
  readonly expected: string;
}

const overridables: readonly Overridable[] = [
  {
    setting: 'workers',
    variables: ['SENTINEL_WORKERS'],
    key: 'server.worker-threads',
    form: /^\d{1,3}$/,
    expected: 'a number from 0 (one per core) to 999',
  },
  {
    setting: 'log level',
    variables: ['SENTINEL_LOG', 'RUST_LOG'],
    key: 'observability.logging.level',
    form: /^(?:trace|debug|info|warn|error)$/i,
    expected: 'trace, debug, info, warn or error',
  },
  {
    setting: 'metrics address',
    variables: ['SENTINEL_METRICS_ADDR'],
    key: 'observability.metrics.address',
    form: /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]]*):0*(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
    expected: 'HOST:PORT with a port up to 65535',
  },
  {
    setting: 'admin socket',
    variables: ['SENTINEL_ADMIN_SOCKET'],
    key: 'observability.admin.socket',
    form: /./,
    expected: 'a path',
  },
  {
    setting: 'incidents',
    variables: ['SENTINEL_INCIDENTS'],
    key: 'incidents.dir',
    form: /./,
    expected: 'a path',
  },
];

export async function run(invocation: Invocation): Promise<Outcome> {
  const choice = chooseConfig(invocation);
  const loaded = loadChoice(invocation, choice);
  if (loaded.kind === 'unreadable') throw loaded.error;
  const findings: Finding[] = [];
  if (loaded.kind === 'invalid') findings.push(wrongFile(choice));
  const inFile = loaded.kind === 'ok' ? effectiveSettings(loaded) : [];
  // The built-in configuration is the default, not a file that anybody could look into.
  const fromFile = choice.path === null ? inFile.map((setting) => ({ ...setting, origin: null })) : inFile;
  const stateDir = loaded.kind === 'ok' ? loaded.config.stateDir : null;
  const rows = [
    { setting: 'config', value: choice.path, source: choice.source },
    ...overridables.map((one) => resolveSetting(invocation, one, fromFile, stateDir, findings)),
    daemonRow(invocation),
    ...plainRows(invocation),
  ];
  const failed = findings.length > 0;
  return {
    kind: 'report',
    exitCode: failed ? exitCodes.problems : exitCodes.ok,
    status: failed ? 'problems' : 'ok',
    data: { settings: rows },
    findings,
    text: (style) => text(rows, findings, style),
  };
}

function wrongFile({ path }: ConfigChoice): Finding {
  const detail = `${path} has mistakes, so nothing could be taken from it`;
  const command = `sentinel validate ${path}`;
  return {
    code: 'SNT-P009',
    severity: 'error',
    title: 'configuration not usable',
    detail,
    suggestion: { text: command, command },
  };
}

function resolveSetting(
  invocation: Invocation,
  one: Overridable,
  inFile: readonly EffectiveSetting[],
  stateDir: string | null,
  findings: Finding[],
): Row {
  for (const name of one.variables) {
    const value = variable(invocation.context.environment, name);
    if (value === undefined) continue;
    if (one.form.test(value)) return { setting: one.setting, value, source: { kind: 'environment', name } };
    // Other programs read RUST_LOG too, with filters that mean nothing here.
    if (name === 'RUST_LOG') continue;
    const detail = `${name} is ${JSON.stringify(value)}, expected ${one.expected}`;
    findings.push({ code: 'SNT-P009', severity: 'error', title: 'setting not usable', detail });
    return { setting: one.setting, value, source: { kind: 'environment', name } };
  }
  const { text = null, origin = null } = inFile.find(({ path }) => path === one.key) ?? {};
  const value = text === null || text === '#null' ? defaultOf(invocation, one, stateDir) : unquoted(text);
  if (origin === null) return { setting: one.setting, value, source: { kind: 'default', name: null } };
  return { setting: one.setting, value, source: { kind: 'file', name: `${origin.file}:${origin.line}` } };
}

/** The value of a KDL string without its quotes; anything else as it is. */
function unquoted(written: string): string {
  return /^"[^"\\]*"$/.test(written) ? written.slice(1, -1) : written;
}

function defaultOf({ context }: Invocation, { setting }: Overridable, stateDir: string | null): string | null {
  if (setting === 'incidents') return findIncidentsFolder(context, { dir: null, stateDir });
  return setting === 'admin socket' ? (adminSocketCandidates(context)[0] ?? null) : null;
}

function daemonRow(invocation: Invocation): Row {
  const named = variable(invocation.context.environment, 'SENTINEL_DAEMON');
  if (named !== undefined)
    return { setting: 'daemon', value: named, source: { kind: 'environment', name: 'SENTINEL_DAEMON' } };
  const value = adminSocketCandidates(invocation.context).join(', ');
  if (variable(invocation.context.environment, 'SENTINEL_ADMIN_SOCKET') !== undefined)
    return { setting: 'daemon', value, source: { kind: 'environment', name: 'SENTINEL_ADMIN_SOCKET' } };
  return { setting: 'daemon', value, source: { kind: 'default', name: null } };
}

/** Variables that stand for nothing in the file. */
function plainRows(invocation: Invocation): readonly Row[] {
  const shown = [
    'SENTINEL_TOKEN',
    'SENTINEL_TOKEN_FILE',
    'NO_COLOR',
    'FORCE_COLOR',
    'XDG_RUNTIME_DIR',
  ] as const satisfies readonly EnvironmentVariable[];
  return shown.map((name) => {
    const value = variable(invocation.context.environment, name);
    const source: SettingSource = value === undefined ? { kind: 'default', name: null } : { kind: 'environment', name };
    return {
      setting: name,
      value: value !== undefined && secretVariables.has(name) ? redacted : (value ?? null),
      source,
    };
  });
}

function text(rows: readonly Row[], findings: readonly Finding[], style: Style): string {
  const cells = rows.map(({ setting, value, source }) => [setting, printable(value ?? '–'), sourceText(source)]);
  const problems = findings.map(({ detail, suggestion }) => {
    const next = suggestion === undefined ? '' : `; next: ${suggestion.text}`;
    return `${style.red('✗')} ${printable(detail)}${next}\n`;
  });
  return table([{ title: 'SETTING' }, { title: 'VALUE' }, { title: 'FROM' }], cells) + problems.join('');
}

function sourceText({ kind, name }: SettingSource): string {
  return name === null ? kind : `${kind} ${name}`;
}
