/**
 * The environment variables that sentinel reads, and the one place that reads `process.env`. Everything else is handed an
 * `Environment`. An empty variable counts as not set.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. */
export const processEnvironment: Environment = process.env;

/** Every variable that has a meaning, with what it does: `sentinel env`, the man page and the docs read this. */
export const environmentVariables = {
  SENTINEL_CONFIG: 'configuration file; default config/sentinel.kdl, then /etc/sentinel/config.kdl',
  SENTINEL_WORKERS: 'number of worker threads; 0 = one per core',
  SENTINEL_LOG: 'log level: trace, debug, info, warn or error',
  RUST_LOG: 'alias of SENTINEL_LOG, read when that is not set',
  SENTINEL_METRICS_ADDR: 'address of the metrics and admin listener, HOST:PORT',
  SENTINEL_ADMIN_SOCKET: 'path of the admin socket; the pid file goes beside it unless the configuration names one',
  SENTINEL_DAEMON: 'the daemon that commands talk to: a socket path or HOST:PORT, several separated by commas',
  SENTINEL_TOKEN:
    'the token that is sent to daemons reached by TCP; never to a socket, which proves the user by itself',
  SENTINEL_TOKEN_FILE: 'a file with that token, mode 0600; read when SENTINEL_TOKEN is not set',
  SENTINEL_INCIDENTS:
    'folder in which incidents are written down; default `incidents { dir }`, then /var/log/sentinel/incidents',
  SENTINEL_RUNBOOKS: 'folder of runbooks of your own; default /etc/sentinel/runbooks',
  SENTINEL_DNS_SERVERS:
    'servers that names of targets are asked of, instead of those of /etc/resolv.conf: IP or IP:PORT, several separated by commas',
  NOTIFY_SOCKET: 'where systemd is told that the daemon is ready, reloads, stops and lives',
  WATCHDOG_USEC: 'how long systemd waits for a sign of life, in microseconds; half of it is the interval',
  WATCHDOG_PID: 'the process that systemd waits for; for another one WATCHDOG_USEC does not count',
  NO_COLOR: 'no colours in output',
  FORCE_COLOR: 'colours in output, also into a pipe; wins over NO_COLOR',
  VISUAL: 'the editor of `sentinel config edit`, with its arguments; started directly, not by a shell',
  EDITOR: 'the same, read when VISUAL is not set; else vi',
  PAGER: 'what `sentinel man` shows pages with on a terminal, with its arguments; else less; empty or cat: nothing',
  TERM: 'no colours in output when it is dumb; `sentinel top` then tells changes instead of drawing',
  LC_ALL: '`sentinel top` draws with ASCII alone where it is C or POSIX',
  LC_CTYPE: 'the same, read when LC_ALL is not set',
  LANG: 'the same, read when neither is set',
  INK_SCREEN_READER: '`sentinel top` tells changes as sentences (--plain) where it is true',
  XDG_RUNTIME_DIR: 'where run-time files go when /run/sentinel cannot be used',
  XDG_STATE_HOME:
    'where keys and run-time block lists go when /var/lib/sentinel cannot be used; default ~/.local/state',
  SUDO_USER: 'who called sudo: named beside root in journals and in the log of commands',
  HOME: 'where ~/.local/state is',
} as const;

/**
 * Variables by which launcher, old and new process understand each other: set by the program for itself, never by people.
 * `bin/launch.js` has the first two names too.
 */
export const ownVariables = {
  /** Who launched this process, and by which path: `PID PATH`. */
  launcher: 'SENTINEL_LAUNCHER',
  /** Has the launcher say what it would run. */
  launch: 'SENTINEL_LAUNCH',
  /** What the process before this one leaves. */
  estate: 'SENTINEL_ESTATE',
} as const;

/** Those whose value nobody may see: `sentinel env` says that they are set, bundles hold nothing of them. */
export const secretVariables: ReadonlySet<string> = new Set(['SENTINEL_TOKEN'] satisfies EnvironmentVariable[]);

/** Tells libraries that are loaded from now on that nobody develops with them: React keeps a record of every frame otherwise, for ever. */
export function chooseProductionLibraries(): void {
  process.env['NODE_ENV'] = 'production';
  delete process.env['DEV'];
}

export type EnvironmentVariable = keyof typeof environmentVariables;

/** The value of a variable, or `undefined` when it is not set or empty. */
export function variable(environment: Environment, name: EnvironmentVariable): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
