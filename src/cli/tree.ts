/**
 * Every command, in the groups in which help shows them. Data only: nothing here loads what a command needs to run.
 * Read by the parser, the manual and the completion of documentation; a command exists when it stands here.
 */
import type { CommandSpec, Example } from './command.ts';
import { actCommands } from './tree/act.ts';
import { commitCommands } from './tree/commit.ts';
import { configCommands } from './tree/config.ts';
import { daemonCommands } from './tree/daemon.ts';
import { diagnosisCommands } from './tree/diagnosis.ts';
import { drainCommands } from './tree/drains.ts';
import { editingCommands } from './tree/editing.ts';
import { incidentBundleCommands } from './tree/incident-bundles.ts';
import { incidentCommands } from './tree/incidents.ts';
import { incidentSnapshotCommands } from './tree/incident-snapshot.ts';
import { incidentPastCommands } from './tree/incident-past.ts';
import { incidentTextCommands } from './tree/incident-texts.ts';
import { incidentWritingCommands } from './tree/incident-writing.ts';
import { learnCommands } from './tree/learn.ts';
import { logCommands } from './tree/logs.ts';
import { planningCommands } from './tree/planning.ts';
import { overrideCommands } from './tree/overrides.ts';
import { requestCommands } from './tree/requests.ts';
import { restartCommands } from './tree/restart.ts';
import { runbookCommands } from './tree/runbooks.ts';
import { topCommands } from './tree/top.ts';
import { upgradeCommands } from './tree/upgrade.ts';
import { watchCommands } from './tree/watch.ts';

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

/** Every declaration, by what is typed; in which file it stands is of no interest to whoever reads the help. */
const declared = new Map(
  [
    ...daemonCommands,
    ...restartCommands,
    ...upgradeCommands,
    ...configCommands,
    ...commitCommands,
    ...planningCommands,
    ...editingCommands,
    ...diagnosisCommands,
    ...runbookCommands,
    ...topCommands,
    ...watchCommands,
    ...requestCommands,
    ...logCommands,
    ...drainCommands,
    ...overrideCommands,
    ...actCommands,
    ...learnCommands,
    ...incidentCommands,
    ...incidentPastCommands,
    ...incidentBundleCommands,
    ...incidentSnapshotCommands,
    ...incidentWritingCommands,
    ...incidentTextCommands,
  ].map((spec) => [spec.path.join(' '), spec]),
);

/** The groups in the order of a working night: what runs, what is seen, what is done at once, what is changed for good. */
const layout: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['Run', ['run', 'demo', 'upgrade', 'restart']],
  ['Find out what is wrong', ['top', 'diagnose']],
  [
    'Incidents',
    [
      'incident open',
      'incident show',
      'incident list',
      'incident timeline',
      'incident handover',
      'incident ack',
      'incident sev',
      'incident role',
      'incident note',
      'incident mark',
      'incident checklist',
      'incident checklist tick',
      'incident checklist untick',
      'incident factor add',
      'incident action add',
      'incident action done',
      'incident action list',
      'incident comms',
      'incident postmortem',
      'incident close',
      'incident reopen',
      'incident verify',
      'incident snapshot',
      'incident snapshot show',
      'incident snapshot diff',
      'incident snapshot verify',
    ],
  ],
  ['Runbooks', ['runbook list', 'runbook show', 'runbook run', 'runbook lint']],
  ['Watch', ['status', 'upstreams', 'check', 'breakers', 'routes', 'route explain', 'cert-check', 'events', 'metrics']],
  ['Watch requests and logs', ['requests', 'trace', 'inflight', 'tap', 'clients', 'logs', 'log-level']],
  ['Take targets out and back', ['drain', 'undrain', 'drains', 'target add', 'target remove', 'target weight']],
  [
    'Other values for a while',
    [
      'maintenance',
      'override limits',
      'override rate-limit',
      'override timeout',
      'override health',
      'override fallback',
      'override weight',
      'override list',
      'override clear',
      'block add',
      'block remove',
      'block list',
    ],
  ],
  [
    'Change the configuration, and go back',
    [
      'config plan',
      'config diff',
      'config apply',
      'config confirm',
      'config extend',
      'config rollback',
      'config history',
      'config edit',
      'reload',
    ],
  ],
  [
    'Write a configuration',
    ['init', 'validate', 'test', 'config fmt', 'config print', 'config query', 'config alerts', 'env'],
  ],
  ['Learn', ['explain', 'man', 'completion']],
];

export const groups: readonly CommandGroup[] = layout.map(([title, names]) => ({
  title,
  commands: names.map((name) => {
    const spec = declared.get(name);
    if (spec === undefined) throw new Error(`no declaration of ${name}`);
    declared.delete(name);
    return spec;
  }),
}));
if (declared.size > 0) throw new Error(`in no group: ${[...declared.keys()].join(', ')}`);

export const allCommands: readonly CommandSpec[] = groups.flatMap((group) => group.commands);

const tour: readonly Example[] = [
  { command: 'sentinel demo', meaning: 'a proxy, three targets and things to try, right now' },
  { command: 'sentinel run --to 127.0.0.1:3000', meaning: 'proxy to one address, no file needed' },
  { command: 'sentinel init sentinel.kdl', meaning: 'write a commented starter file' },
  { command: 'sentinel validate sentinel.kdl', meaning: 'check it: every mistake at once, with positions' },
  { command: 'sentinel run -c sentinel.kdl', meaning: 'serve it' },
  { command: 'sentinel reload', meaning: 'apply the edited file without dropping a request' },
  { command: 'sentinel status', meaning: 'what runs, with which configuration' },
  { command: 'sentinel diagnose', meaning: 'what is wrong, why, and what to type next' },
  { command: 'sentinel top', meaning: 'the screen to look at: what is wrong, where, why, and keys that act on it' },
  { command: 'sentinel upstreams', meaning: 'which targets are down, and why' },
  { command: 'sentinel drain 10.1.1.10:8080', meaning: 'take a target out, nothing is cut; `undrain` brings it back' },
  { command: 'sentinel config rollback', meaning: 'back to the configuration before' },
];

/** What `sentinel --help` begins with. */
export const introduction = `${tour
  .map(
    ({ command, meaning }) =>
      `  ${command.padEnd(Math.max(...tour.map((example) => example.command.length)))}   ${meaning}`,
  )
  .join('\n')}\n`;
