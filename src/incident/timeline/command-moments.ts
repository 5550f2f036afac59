/** Logged commands as lines of a timeline, and which actions of the admin API each of them asks for. Pure; called by `build.ts`. */
import { type LoggedCommand, typedLine } from './logged-command.ts';
import type { Moment } from './moment.ts';

/** Below this nobody wants to know how long it took. */
const NOTABLE_MS = 1_000;

export function commandMoments(commands: readonly LoggedCommand[]): readonly Moment[] {
  return commands.map((command): Moment => {
    const { at, by, exit, duration_ms: ms, host, pid } = command;
    const notes = [...(ms >= NOTABLE_MS ? [`${Math.round(ms / 1000)}s`] : []), ...(exit === 0 ? [] : [`exit ${exit}`])];
    return {
      at,
      source: 'command',
      kind: command.command,
      actor: personOf(command),
      words: `${typedLine(command)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`,
      severity: exit === 0 ? 'info' : 'warn',
      key: `command:${host}:${pid}:${at}`,
      fields: {
        argv: command.argv,
        exit,
        duration_ms: ms,
        by,
        host,
        pid,
        daemon: command.daemon,
        incident: command.incident,
      },
    };
  });
}

/** As journals and transcripts name whoever typed it: `oncall`, or `oncall (sudo root)`. */
export function personOf({ actor, by }: Pick<LoggedCommand, 'actor' | 'by'>): string {
  return by === null ? actor : `${by} (sudo ${actor})`;
}

/** Ids of endpoints (field `action` of `admin_action`) and kinds of events that a command causes at once, in its actor's name. */
const causedBy: Readonly<Record<string, readonly string[]>> = {
  drain: ['drain-begin', 'drain_begin', 'drain_done'],
  undrain: ['drain-end', 'undrain'],
  'override limits': ['override-set', 'override_set'],
  'override rate-limit': ['override-set', 'override_set'],
  'override timeout': ['override-set', 'override_set'],
  'override health': ['override-set', 'override_set'],
  'override fallback': ['override-set', 'override_set'],
  'override weight': ['override-set', 'override_set'],
  'override clear': ['override-clear', 'overrides-clear', 'override_clear'],
  maintenance: ['override-set', 'override-clear', 'override_set', 'override_clear'],
  'target add': ['target-add', 'override_set', 'override_clear'],
  'target remove': ['target-remove', 'override_set', 'override_clear'],
  'target weight': ['target-weight', 'override_set'],
  'block add': ['block-add', 'block_add'],
  'block remove': ['block-remove', 'block_remove'],
  breakers: ['breaker-reset', 'breaker-open'],
  inflight: ['inflight-kill'],
  logs: ['logs-reopen'],
  'log-level': ['log-level-set', 'log-level-reset', 'log_level'],
  reload: ['config-reload', 'certs-reload'],
  restart: ['workers-restart', 'workers_restart'],
  upgrade: ['upgrade-begin', 'upgrade'],
  'config apply': ['config-apply', 'config_pending'],
  'config edit': ['config-apply', 'config_pending'],
  'config confirm': ['config-confirm', 'config_confirmed'],
  'config extend': ['config-extend', 'config_extended'],
  'config rollback': ['config-rollback'],
};

/** Of these there is only one thing that can be meant; the others have to name it. */
const ofTheDaemon: ReadonlySet<string> = new Set([
  'logs',
  'log-level',
  'reload',
  'restart',
  'upgrade',
  'config apply',
  'config edit',
  'config rollback',
]);

/** Whether the event is surely what this command did: same person, within its time, the same thing. */
export function surelyCaused(command: LoggedCommand, event: Moment): boolean {
  // The daemon names who is at the other end of its socket.
  if (event.source !== 'event' || event.actor !== `user ${command.actor}`) return false;
  const deed = event.kind === 'admin_action' ? event.fields['action'] : event.kind;
  if (typeof deed !== 'string' || causedBy[command.command]?.includes(deed) !== true) return false;
  if (!within(command, event.at)) return false;
  const lastAt = event.fields['last_at'];
  // Counted together with what somebody else may have asked for.
  if (typeof lastAt === 'string' && lastAt !== event.at && !within(command, lastAt)) return false;
  return ofTheDaemon.has(command.command) || namesTheSame(command, event);
}

function within({ at, duration_ms: ms }: LoggedCommand, time: string): boolean {
  const begun = Date.parse(at);
  const happened = Date.parse(time);
  return happened >= begun && happened <= begun + ms;
}

/** Fields of an event that say what it is about. */
const aboutFields = [
  'subject',
  'target',
  'targets',
  'address',
  'breaker',
  'name',
  'id',
  'kind',
  'key',
  'drains',
  'route',
  'upstream',
];

/** One of the words behind the command is, as a whole, among those that the event says it is about. */
function namesTheSame({ command, argv }: LoggedCommand, { fields }: Moment): boolean {
  const said = new Set(
    aboutFields
      .map((name) => fields[name])
      .filter((value) => typeof value === 'string')
      .flatMap((value) => [value, ...value.split(/[/,\s]+/)]),
  );
  const path = command.split(' ');
  // `override limits` names its kind in the command itself.
  const own = path[0] === 'override' || command === 'maintenance' ? path.slice(-1) : [];
  const words = argv.slice(path.length).filter((word) => !word.startsWith('-'));
  const named = [
    ...own,
    ...words.flatMap((word) => [word, word.split('/').at(-1) ?? word, word.split('=')[0] ?? word]),
  ];
  // The length of a prefix names no network.
  return named.some((word) => word.length > 1 && !/^\d+$/.test(word) && said.has(word));
}
