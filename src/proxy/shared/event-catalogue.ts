/**
 * Every event by its name: what happened, how bad it is at worst, which of its fields say what it happened to. An event is a log
 * line with an `event` field; the event log, the pages about events and a test that looks for the names in the source read this
 * table. It does nothing itself.
 */
import { configEvents } from './config-events.ts';
import { drainEvents } from './drain-events.ts';
import { overrideEvents } from './override-events.ts';

export type EventSeverity = 'debug' | 'info' | 'warn' | 'error';

export interface EventFacts {
  /** The worst that it comes with; what an event has is the level of its line. */
  readonly severity: EventSeverity;
  /** A sentence for the page. */
  readonly meaning: string;
  /** Fields that name what it happened to, in the order in which they are joined by `/`; none: the daemon itself. */
  readonly subject: readonly string[];
  /** Fields that say why, or what exactly; those that the line has are joined. */
  readonly detail?: readonly string[];
  /** False: clients or routine can cause many; shown only when it is asked for by name, and kept apart. */
  readonly told: boolean;
}

const events = {
  admin_action: {
    severity: 'info',
    meaning: 'Somebody asked the admin API for a change: who, what, why, and whether it was done, refused or failed.',
    subject: ['action'],
    detail: ['result', 'detail'],
    told: true,
  },
  block_add: {
    severity: 'info',
    meaning: 'A network was blocked at run time.',
    subject: ['address'],
    told: true,
  },
  block_expire: {
    severity: 'info',
    meaning: 'A run-time block ended by itself.',
    subject: ['address'],
    told: true,
  },
  block_file: {
    severity: 'error',
    meaning: 'The file of blocked networks was read, or cannot be used; then those read before stay blocked.',
    subject: ['file'],
    detail: ['problems'],
    told: true,
  },
  block_remove: {
    severity: 'info',
    meaning: 'A run-time block was taken back.',
    subject: ['address'],
    told: true,
  },
  breaker: {
    severity: 'warn',
    meaning: 'A circuit breaker opened, went half-open or closed.',
    subject: ['breaker'],
    detail: ['why'],
    told: true,
  },
  certificate_files: {
    severity: 'info',
    meaning: 'Certificate files that could not be used can be used again; a reload takes them over.',
    subject: [],
    told: true,
  },
  certs_reload: {
    severity: 'error',
    meaning: 'Certificates were read again: which are served now, or why none was taken over.',
    subject: [],
    detail: ['problems'],
    told: true,
  },
  client_certificate_refused: {
    severity: 'info',
    meaning: 'A client showed a certificate that is not believed.',
    subject: ['listener'],
    detail: ['reason'],
    told: false,
  },
  crash_loop: {
    severity: 'error',
    meaning: 'Workers keep dying and none stays up: the daemon ends.',
    subject: [],
    told: true,
  },
  drain: {
    severity: 'info',
    meaning: 'The daemon was told to stop: it takes no new connections and finishes what is in flight.',
    subject: [],
    told: true,
  },
  drain_deadline: {
    severity: 'warn',
    meaning: 'The deadline of the drain cut requests that had not finished.',
    subject: [],
    told: true,
  },
  ejection: {
    severity: 'warn',
    meaning: 'Passive health put a target out of traffic for a while, or its time is over.',
    subject: ['upstream', 'target'],
    detail: ['why'],
    told: true,
  },
  ejection_refused: {
    severity: 'warn',
    meaning: 'A target fails as one that is ejected does, but too many of its upstream are out already.',
    subject: ['upstream', 'target'],
    detail: ['why'],
    told: true,
  },
  forced_stop: {
    severity: 'warn',
    meaning: 'A second signal ended the daemon at once; work in flight was cut.',
    subject: [],
    told: true,
  },
  garbage_collection: {
    severity: 'info',
    meaning: 'Memory was collected by order, or because it ran short.',
    subject: ['worker'],
    told: false,
  },
  handed_over: {
    severity: 'info',
    meaning: 'A new process is in charge; this one finishes what it has and ends.',
    subject: ['heir'],
    told: true,
  },
  health: {
    severity: 'warn',
    meaning: 'A health check changed its mind about a target.',
    subject: ['upstream', 'target'],
    detail: ['why'],
    told: true,
  },
  incident_alert_resolved: {
    severity: 'info',
    meaning: 'All alerts of an incident are over: it was marked as resolved, and stays open until somebody closes it.',
    subject: ['incident'],
    detail: ['ended_at'],
    told: true,
  },
  incident_opened: {
    severity: 'warn',
    meaning:
      'An alert came in while no incident was open: one was opened, with its title and the severity that its labels say.',
    subject: ['incident'],
    detail: ['sev', 'title'],
    told: true,
  },
  internal_error: {
    severity: 'error',
    meaning: 'The daemon met a defect of its own; where it cannot go on, it ends.',
    subject: [],
    told: true,
  },
  log_fault: {
    severity: 'error',
    meaning: 'A log file cannot be written; its lines are dropped and counted.',
    subject: ['path'],
    detail: ['error'],
    told: true,
  },
  log_level: {
    severity: 'info',
    meaning: 'The log level was changed for a while, or is back.',
    subject: ['of'],
    detail: ['level_set'],
    told: true,
  },
  log_recovered: {
    severity: 'info',
    meaning: 'A log file can be written again.',
    subject: ['path'],
    told: true,
  },
  log_reopened: {
    severity: 'warn',
    meaning: 'A log file was moved or deleted under the daemon, which writes to a new one of the same name.',
    subject: ['path'],
    told: true,
  },
  memory_pressure: {
    severity: 'warn',
    meaning: 'Memory came close to its bound and load is shed, or it has fallen again.',
    subject: [],
    told: true,
  },
  name_addresses: {
    severity: 'info',
    meaning: 'The addresses of a name changed.',
    subject: ['name'],
    told: true,
  },
  name_resolves: {
    severity: 'info',
    meaning: 'A name resolves again; that it does not is a standing warning.',
    subject: ['name'],
    told: true,
  },
  ...overrideEvents,
  plan_refresh: {
    severity: 'debug',
    meaning: 'The configuration in force was compiled again, because something that it names has changed.',
    subject: [],
    detail: ['reason'],
    told: false,
  },
  rate_limit_log: {
    severity: 'info',
    meaning: 'Requests above a limit that only logs were let pass.',
    subject: ['route'],
    told: false,
  },
  rate_store_away: {
    severity: 'warn',
    meaning:
      'The store that rate limits share cannot be asked; each process counts for itself, or lets pass, as configured.',
    subject: [],
    detail: ['error'],
    told: true,
  },
  rate_store_back: {
    severity: 'info',
    meaning: 'The store that rate limits share can be asked again.',
    subject: [],
    told: true,
  },
  ready: {
    severity: 'info',
    meaning: 'The daemon has started and carries traffic.',
    subject: [],
    told: true,
  },
  reload: {
    severity: 'error',
    meaning: 'The configuration was read again and is in force, or failed or was refused and the one before runs on.',
    subject: [],
    detail: ['problems'],
    told: true,
  },
  shed_idle: {
    severity: 'info',
    meaning: 'Idle connections were closed, because a limit was lowered.',
    subject: ['worker'],
    detail: ['why'],
    told: false,
  },
  standing_warning: {
    severity: 'warn',
    meaning: 'Something is not right and stays so until somebody acts; `sentinel status` shows it.',
    subject: ['subject'],
    told: true,
  },
  standing_warning_over: {
    severity: 'info',
    meaning: 'What a standing warning said is no longer so.',
    subject: ['subject'],
    detail: ['was'],
    told: true,
  },
  stopped: {
    severity: 'info',
    meaning: 'The daemon has ended.',
    subject: [],
    told: true,
  },
  target_http2: {
    severity: 'warn',
    meaning: 'A target that was to speak HTTP/2 broke its rules.',
    subject: ['target'],
    detail: ['why'],
    told: true,
  },
  target_tls: {
    severity: 'warn',
    meaning: 'A TLS handshake with a target failed.',
    subject: ['target'],
    detail: ['why'],
    told: true,
  },
  tls_handshake_failed: {
    severity: 'debug',
    meaning: 'A TLS handshake of a client failed.',
    subject: ['listener'],
    detail: ['reason'],
    told: false,
  },
  trace_export_ended: {
    severity: 'warn',
    meaning: 'The daemon ended with spans that no collector had taken.',
    subject: [],
    told: true,
  },
  trace_export_failing: {
    severity: 'warn',
    meaning:
      'Spans of traces are being lost: the collector does not take them, or there are more than can be exported.',
    subject: ['collector'],
    detail: ['why'],
    told: true,
  },
  trace_export_recovered: {
    severity: 'info',
    meaning: 'The collector takes spans again; the line says how many were lost.',
    subject: ['collector'],
    told: true,
  },
  upgrade: {
    severity: 'info',
    meaning: 'Somebody asked for a new process in the place of this one.',
    subject: [],
    detail: ['reason'],
    told: true,
  },
  upgrade_failed: {
    severity: 'error',
    meaning: 'The new process did not become ready, or ended at once; this one goes on as before.',
    subject: [],
    detail: ['problem'],
    told: true,
  },
  upgrade_started: {
    severity: 'info',
    meaning: 'The new process was started with the listening sockets of this one.',
    subject: ['heir'],
    detail: ['version'],
    told: true,
  },
  upstream: {
    severity: 'error',
    meaning: 'An upstream has lost its last target that takes requests, or has one again.',
    subject: ['upstream'],
    detail: ['why'],
    told: true,
  },
  worker_death: {
    severity: 'error',
    meaning: 'A worker thread died or hung; another comes in its place.',
    subject: ['worker'],
    detail: ['reason'],
    told: true,
  },
  workers_restart: {
    severity: 'info',
    meaning: 'Somebody has the workers restarted one by one.',
    subject: ['actor'],
    detail: ['reason'],
    told: true,
  },
  workers_restarted: {
    severity: 'info',
    meaning:
      'The restart of the workers is over: all are new, or the first that could not be replaced, or did not finish in time, ended it.',
    subject: ['result'],
    told: true,
  },
  worker_left: {
    severity: 'info',
    meaning:
      'A worker thread whose place another one has, or of which there is no need any more, has finished what it had.',
    subject: ['worker'],
    told: true,
  },
  worker_replaced: {
    severity: 'info',
    meaning: 'Another worker thread carries traffic in the place of one that died, or that is being restarted.',
    subject: ['worker'],
    told: true,
  },
  ...drainEvents,
  ...configEvents,
} as const satisfies Readonly<Record<string, EventFacts>>;

/** In the order of their names. */
export const eventCatalogue = Object.fromEntries(
  Object.entries(events).sort(([one], [other]) => (one < other ? -1 : 1)),
) as typeof events;

/** What is known of an event by its name; a name that is not in the table is told as it came. */
export function eventFacts(name: string): EventFacts {
  const facts: EventFacts | undefined = (eventCatalogue as Readonly<Record<string, EventFacts>>)[name];
  return facts ?? { severity: 'info', meaning: '', subject: [], told: true };
}

/** The page `docs/events.md`. */
export function renderEventDocs(): string {
  const rows = Object.entries<EventFacts>(eventCatalogue).map(([name, { severity, meaning, subject, told }]) => {
    const about = subject.length === 0 ? 'the daemon' : subject.map((field) => `\`${field}\``).join(' / ');
    return `| \`${name}\` | ${severity} | ${about} | ${told ? 'yes' : 'when asked for'} | ${meaning} |`;
  });
  return `<!-- Made by \`npm run docs\`; edit the tables that it comes from. -->

# Events

What has changed just before: \`sentinel events\` lists it, \`sentinel events -f\` follows it, \`GET /admin/events\` and topic
\`events\` of \`GET /admin/stream\` give it to programs. Every event is also a line of the log, with its name in the field \`event\`;
the level of the line is its severity. The daemon keeps the last thousand in memory, and what is the same (kind, subject,
words and actor) within 60 seconds once, with a count. What clients or routine can cause many of is kept apart, where it pushes nothing
else out, and shown when it is asked for: \`sentinel events --kind tls_handshake_failed\`, or \`--all\`. Events that are worth keeping
for longer are in the log.

| Event | Severity at worst | Subject | Shown | Meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
