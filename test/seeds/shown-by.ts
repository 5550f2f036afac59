/**
 * The tests that show rows of the seed runbooks working, each by a short name. Data only: `row-answers.ts` refers to them, a test holds that
 * each file has the title.
 */
import { expected, type FaultName } from '../diagnosis/expected.ts';
import { seedBlocks, seedFiles } from './seed-blocks.ts';
import { machineTest, proxyTest, type ShownBy } from './seed-ledger.ts';

function of<Name extends string>(test: string, titles: Readonly<Record<Name, string>>): Readonly<Record<Name, ShownBy>> {
  return Object.fromEntries(Object.entries<string>(titles).map(([name, title]) => [name, { test, title }])) as Record<
    Name,
    ShownBy
  >;
}

export const shown = {
  ...of(proxyTest, {
    proxy: 'the commands of the runbooks, run as printed, give the right answer, or what to type instead does',
    'wrong is told': 'what is wrong in the runbooks is told to operators, with what to type instead',
  }),
  ...of(machineTest, {
    machine: 'the commands of the runbooks over process, service, files and configuration do as printed what they are meant to',
  }),
  ...of('test/seeds/seed-sequences.test.ts', {
    'reload and rollback':
      'hot reload and manual rollback: the backup is there though nobody made it, and brings the old answer back',
    'failed reload': 'a reload that fails: the log says so, validation says where, and after the fix the retry succeeds',
    'emergency limits':
      'emergency limits that are put before the file, as by the incident runbook, hold although the file has limits of its own',
    'maintenance route':
      'the maintenance route answers everything but the proxy’s own paths, and is gone when it is taken out',
    'weight 0': 'weight 0 drains: what is under way ends, no connection is left to be seen, and the target can be taken out',
  }),
  ...of('test/seeds/seed-incidents.test.ts', {
    'incident kept': 'what the runbooks keep of an incident is kept, and rightly',
    'six files': 'the six files of the runbook are there by their names, and a second snapshot replaces none of them',
    'no secrets': 'what cp and journalctl copy with its secrets, a snapshot keeps without them',
    'second incident': 'a second incident of the day has a number and a folder of its own',
    'incident lists': 'every line of the lists of an incident is one that the program keeps, in its order',
    'maintenance lists': 'every line of the lists of a maintenance stands in its runbook',
    'templates by hand': 'messages and post-mortem stand in the runbooks word for word, for whoever has no terminal',
  }),
  ...of('test/seeds/seed-configurations.test.ts', {
    'throughput tuning': 'the throughput tuning of the runbook is in force as printed',
  }),
  ...of('test/seeds/seed-ledger.test.ts', {
    'every command': 'every printed command has a row, and every row is of a printed command',
  }),
  ...of('test/manual/pages.test.ts', {
    card: 'on a pipe a page is text, a page that does not exist is a mistake that names one, and the card is help',
    'manual of signals': 'the page of signals and the manual tell the same of each',
    'found by name': 'every command, and every topic that a page refers to, is found by what people would type',
  }),
  ...of('test/runbook/planted-faults.test.ts', { lint: 'the shipped runbooks have nothing wrong in them' }),
  ...of('test/runbook/run-walk.test.ts', {
    walk: 'answers of facts lead from section to section and into other runbooks',
    ticked: 'checklists are ticked by people, and listed as open where there are none',
    'by hand': 'what is done by hand is asked for, and left open on a pipe',
  }),
  ...of('test/runbook/run-command.test.ts', {
    'wait for errors': 'a wait goes on when the errors of a real daemon have fallen',
    'taken back': 'at a terminal a step that failed is taken back, and the daemon is as it was',
  }),
  ...of('test/runbook/run-incident.test.ts', {
    'run in incident':
      'an incident that a step opens is that of the later steps and of the run, and a yes to a line of its lists ticks it',
  }),
  ...of('test/diagnosis/judge-verdict.test.ts', {
    'severities page': 'SEV1 pages primary and secondary, and management when it has lasted',
    'lower severities page': 'SEV2 pages primary and secondary, SEV3 the primary, SEV4 nobody now',
    'security is called':
      'an attack calls security, a machine its keepers, and roles that nobody is named for stand there without a contact',
    'path of a verdict': 'the path has every question with its answer, where it led and where it would have led',
    'not in the tree': 'a cause of a procedure that no question leads to is named with its own procedure',
    'limits decide': 'the limits of the configuration decide',
  }),
  ...of('test/diagnosis/command-formats.test.ts', {
    contacts: 'who is paged is who the contacts of the configuration name, with and without a daemon',
  }),
  ...of('test/diagnosis/command-live.test.ts', {
    'all well': 'it says nothing but that, with 0, and whether it is the one that was meant',
    'whom to page': 'it tells whom to page by what the daemon says, with the file and without',
  }),
  ...of('test/diagnosis/report.test.ts', {
    report: 'the report of dead is as it was agreed on, in every format',
  }),
  ...of('test/diagnosis/probes-process/living.test.ts', {
    'found running': 'a daemon that runs is found by its own word, with its listeners and its good file',
    'not readable': 'what the user of the daemon may not read is named, with its owner and mode',
    'would not load': 'a file that would not load is told with each mistake, and the backup that would',
  }),
  ...of('test/diagnosis/probes-process/planted.test.ts', {
    'kernel log': 'the kernel’s own log names the daemon that it has ended, and what went before is left out',
    'systemd asked': 'systemd is asked where it runs, and its journal for the errors of the unit',
  }),
  ...of('test/diagnosis/machine/machine-probes.test.ts', {
    'disk probe': 'disk: every place that is written to, by the mount that it is on; what hangs is named and holds nothing up',
    'firewall probe': 'firewall: rules by whichever program may be asked, and what was tried where none may',
    'descriptor probe': 'descriptors: open files of the process, and local ports by the destination that has the most',
    'kernel probe': 'kernel: live values beside the advice of the runbook and what the configuration needs',
  }),
  ...of('test/diagnosis/machine/tuning.test.ts', {
    tuning: 'every setting that the runbook advises is looked at, with its number, and the page has a row for each',
  }),
  ...of('test/diagnosis/network/targets.test.ts', {
    'steps to a target': 'each step that fails is named, and the steps above it are not asked',
    traced: 'a target that is silent is traced when somebody has agreed to it, and never else',
  }),
  ...of('test/incident/record/incident.test.ts', {
    'times to acknowledge': 'acknowledging is due by severity, counted from the opening, or from when it got worse',
    'management told':
      'management is told of a SEV1 after half an hour from its beginning, or when the configuration says',
    'after the end':
      'after the resolution the list of the first hour is due, of SEV1 and SEV2 the post-mortem, and actions by the end of their day',
    'updates due': 'updates are due every 15, 30 and 60 minutes from the last one',
    'ticks itself': 'items of the lists tick themselves where a command proves it, and what a person says last wins',
    'one form': 'ids, channels and severities have one form',
    'working hours': 'SEV4 counts working hours: Monday to Friday, 9 to 17, also over a week-end',
  }),
  ...of('test/incident/alerts.test.ts', {
    'alerts open':
      'the first alert opens an incident with title, severity, service and when it began; sent again it adds nothing',
  }),
  ...of('test/cli/incident-record.test.ts', { 'whole incident': 'an incident from the first alert to the last action' }),
  ...of('test/incident/messages.test.ts', {
    'message templates':
      'without a single fact each message is the template of the runbook, word for word, and every blank is named',
    'message facts': 'facts take the place of blanks: service, impact, times, and when the next update comes',
    'message phases': 'the status goes with the phase, and what a phase says by itself is said',
    'maintenance messages': 'a maintenance is announced and reported with its window',
    'message formats': 'Slack gets mrkdwn that mentions nobody, Markdown keeps its lines, Statuspage gets its document',
  }),
  ...of('test/incident/postmortem.test.ts', {
    'post-mortem template': 'headings, tables and lines of the template are those of the runbook, in their order',
    'post-mortem filled': 'what is known is filled in, to the stretch of the record',
    'post-mortem blanks': 'what is not known is a blank that says why, also for each moment of the template',
    'post-mortem lists': 'actions, factors, causes, evidence and what was changed stand in their places',
  }),
  ...of('test/deploy/rules.test.ts', {
    'rules read': 'Prometheus reads the shipped rules and the shipped configuration',
    'alerts fire': 'every alert fires when it should, and is silent when not',
    'alerts of the runbooks': 'the alerts and the threshold table of the runbooks are all among the rules',
    'cries wolf':
      'the error rate alert as the runbooks print it counts failures by the second: it cries wolf, and sleeps',
    'alerts say what': 'each alert says how bad it is, what to type, and where it is explained',
  }),
  ...of('test/deploy/systemd.test.ts', {
    'pid file': 'the pid file that runbooks read leads to the one that the daemon can write',
  }),
  ...of('test/deploy/dashboard.test.ts', {
    queries: 'every query of the dashboard and of the runbooks has data under load, and every rule can be evaluated',
    'ratio is 1': 'the error rate that the runbooks print is 1 whatever happens; sums tell the truth',
    'health by upstream': 'health by upstream says which part of its targets is up',
  }),
  ...of('test/daemon/alert-warnings.test.ts', {
    'warn connections':
      'connections near their limit are shown by the status until there are fewer, and the limit is a series',
    'warn memory': 'memory above its share is shown by the status, and the limit is a series that says who set it',
    'warn traffic': 'errors, slowness and breakers that trip are shown by the status, each by its own threshold',
  }),
  ...of('test/daemon/history.test.ts', {
    backup:
      'the backup holds what ran before, outlives a bad edit, and is not overwritten by what somebody goes back from',
    generations: 'every configuration that was in force is listed with who, why and how, and its texts are there without secrets',
    'standing warning': 'files that differ from what runs, or would not load, are a standing warning that ends when that is mended',
  }),
  ...of('test/cli/config-history.test.ts', {
    'history shown': 'the history is a table with marks, one generation is its texts, and without a daemon the folder is read',
  }),
  ...of('test/daemon/lifecycle.test.ts', {
    TERM: 'a daemon starts, answers on its listener and on the admin socket, and drains to exit code 0 on TERM',
    'drain fails ready': 'while requests are in flight a drain fails /ready and waits; the deadline cuts them and the exit code says so',
    KILL: 'after kill -9 the next start works without help, with a stale pid file and a stale socket',
    'port taken': 'a taken port is reported with the process that holds it',
  }),
  ...of('test/daemon/reload.test.ts', {
    HUP: 'HUP puts the new file in force, and the log and the metrics say so',
    'wrong file': 'a wrong file changes nothing: the old one keeps serving, and log, status and reply name each mistake',
    'no request fails': 'no request fails while the configuration is reloaded again and again',
  }),
  ...of('test/daemon/process.test.ts', {
    USR: 'USR1 a hundred times under load opens no port, costs no request, and USR2 ends the debug logging',
    garbage: 'USR1 logs at debug level, collects garbage and opens no inspector (without the launcher)',
    'process found': "the runbooks' lines find a daemon that was started as sentinel-proxy",
  }),
  ...of('test/cli/logs.test.ts', {
    'signals and command': 'signals and the command are one mechanism: what USR1 began, the command shows and ends',
    'recent lines': 'recent lines come from memory by level, time and filter',
    'log level': 'a level is set for one module for a while, shown, logged at both ends, audited, and taken back',
  }),
  ...of('test/daemon/parts.test.ts', {
    'level variables': 'the level comes from the flag, else SENTINEL_LOG, else a plain RUST_LOG',
    backlog: 'a backlog above what the kernel allows is remarked on',
  }),
  ...of('test/daemon/certificates.test.ts', {
    renewal: 'the renewal of the runbooks puts the new dates in front of clients, by HUP, and old connections live on',
    'bad pair': 'a reload with a pair that cannot be used changes nothing at all, and names file and reason',
    'expired served': 'an expired certificate is served all the same, and readiness, status and metrics say so',
  }),
  ...of('test/daemon/metrics.test.ts', {
    series: 'every series of the catalogue is exposed with its type and help, beside those of the process',
    'series move': 'series move with what happens',
  }),
  ...of('test/daemon/metrics-of-load.test.ts', {
    quantiles:
      'quantiles agree with the histogram of the same durations, whose sum and count they carry, and the error rate is a share',
  }),
  ...of('test/daemon/worker-restart.test.ts', {
    'restart of workers': 'restarts of the workers cost no request, on kept and on new connections',
    'worker threads': 'server.worker-threads takes effect with a reload: more workers come, fewer finish what they have',
  }),
  ...of('test/daemon/floods.test.ts', {
    flood: 'one address that opens all the connections there are gets its share, everybody else is served, no descriptor is lost',
    shedding: 'memory above its limit refuses requests, is said in log, status and metrics, and a reload takes it back',
  }),
  ...of('test/proxy/data/overload-limits.test.ts', {
    'total of connections': 'a connection above the limit gets 503 and is closed, without taking anything',
  }),
  ...of('test/tui/actions/choices.test.ts', {
    'offered in top': 'a target that serves can be drained; one that drains can be taken back, and says by whom',
  }),
  ...of('test/upgrade/hand-over.test.ts', {
    'hand-over': 'the new process has addresses, pid file and admin socket of the old one, which ends with 0',
  }),
  ...of('test/health/daemon-health.test.ts', {
    'health curls': "the runbooks' curls for health answer as written",
    'all down': 'when all targets are down clients get 503 at once, /ready says so, and recovery needs no restart',
    breaker: 'a breaker goes from closed over open and half-open back to closed, and each step is a line and a number',
    ejection: 'failures of requests open a breaker and eject a target, and both are logged and counted',
  }),
  ...of('test/health/verdicts.test.ts', {
    'three failures': 'a healthy target goes after three failures in a row, not after two of three',
    'two successes': 'a target that answers again is back after two successes, which fit into one interval',
    interval: 'probes go from start to start, and one that hangs is not joined by another',
    'both kinds':
      'an ejected target stays out for its time though its check passes, and then for as long as its check fails',
  }),
  ...of('test/health/probes.test.ts', {
    'check path': 'an http check asks for its path on a connection of its own and closes it',
    'check status': 'the status is judged by ranges, and a redirect is the status that it is',
    'check timeout': 'what does not answer, or not in HTTP, has its own code',
  }),
  ...of('test/health/commands.test.ts', {
    upstreams: 'upstreams shows each target with state, last check, breaker, weight and why, in aligned columns',
    check: 'check probes now and shows what came of it',
    breakers: 'breakers lists them; an order is refused where nobody can be asked, and carried out with --yes',
  }),
  ...of('test/faults/leaving-and-returning.test.ts', {
    'half of 100': 'a target that fails 50 of 100 requests is reported at exactly the hundredth',
  }),
  ...of('test/overrides/in-force.test.ts', {
    overrides:
      'each kind of override is in force at every worker when its call returns, is counted, and gone when it is taken back',
    patience: 'a health check becomes more patient, and as impatient as the file when that is over',
  }),
  ...of('test/overrides/targets.test.ts', {
    'targets change': 'an added target is checked and takes requests; a removed one takes none, and finishes what it has',
  }),
  ...of('test/overrides/maintenance.test.ts', {
    'maintenance on':
      'under maintenance everywhere every path gets the page, but for health, readiness and proofs of certificates',
  }),
  ...of('test/cli/overrides.test.ts', {
    'override command': 'an override says what it replaces, until when, and what undoes it; the list and the way back are what it says',
  }),
  ...of('test/cli/block.test.ts', { blocks: 'an operator blocks, looks and takes back' }),
  ...of('test/cli/clients.test.ts', {
    clients: 'clients are listed by address, network, path and user agent, with what they got and who is blocked',
  }),
  ...of('test/cli/requests.test.ts', {
    'requests kept': 'requests lists what was kept, newest first, with how far back it reaches and what to type next',
    trace: 'trace shows one request through records, tries and the access log, and says where it looked',
  }),
  ...of('test/cli/events.test.ts', { events: 'it lists what happened with who did it and why, the newest last' }),
  ...of('test/cli/explain.test.ts', {
    explained: 'every cause that a diagnosis names has its section in its procedure, under a heading that ends with its code',
  }),
  ...of('test/drains/under-load.test.ts', {
    drain: 'three downloads and two WebSockets end as they would, nothing new comes, and the command ends with the last',
  }),
  ...of('test/drains/commands.test.ts', {
    'then remove': '--then remove takes the target out of what runs, and with --persist out of the file',
  }),
  ...of('test/plan/route-tests.test.ts', {
    'route tests': 'a test that is sent says what the proxy saw of it: route, upstream, target and status',
  }),
  ...of('test/plan/plan.test.ts', {
    plan: 'a plan tells what differs, what goes through it now, and changes nothing',
  }),
  ...of('test/commit/trials.test.ts', {
    trial: 'what nobody confirms is rolled back when its time is over, and the file never held it',
  }),
  ...of('test/commit/guards.test.ts', {
    guard: 'errors above one percent in two windows roll back, with the reason in event and outcome',
  }),
  ...of('test/editing/config-edit.test.ts', {
    edit: 'without a daemon the draft is checked, confirmed and written whole, and the file keeps its permissions',
  }),
  ...of('test/certs/procedure.test.ts', {
    openssl: 'each counterpart says what the old command said, and what it could not say',
  }),
  ...of('test/certs/named.test.ts', { 'by handshake': 'a server that speaks TLSv1.3 is judged by what it sends' }),
  ...of('test/certs/in-use.test.ts', {
    'in use': 'disk, memory and wire are compared, and a renewal that was not taken over is said with what to type',
  }),
  ...of('test/certs/staged.test.ts', {
    staged: 'a good pair is tried in every version and with its names, and what would change is said',
  }),
  ...of('test/admin/access.test.ts', {
    audited: 'with an audit log of its own a change is recorded there and not among the other lines',
    'access to checks': 'reads on the TCP address are for local clients or tokens, changes for operators',
  }),
  ...of('test/cli/token.test.ts', { token: 'a token lets a command read from anywhere, and change what its role may' }),
  ...of('test/routing/route-matching.test.ts', {
    priority: 'Priority comes before everything else.',
    prefix: 'A prefix that ends in a slash matches what is under it, but not the name without the slash.',
  }),
  ...of('test/routing/handling.test.ts', {
    'bodies explained': 'behind the route stand guards, upstream and fallback, tries, breakers and times',
  }),
  ...of('test/routing/route-explanation.test.ts', {
    'own paths': 'Health and readiness are answered by the proxy, unless a route names their path exactly.',
  }),
  ...of('test/proxy/data/rate-limits.test.ts', {
    'rate refused': 'a refused request is told when to come back, and is admitted then',
    'rate per client': 'each client has a quota of its own, and all of an IPv6 /64 are one client',
    'failure mode': 'where a table has no room for another client, failure-mode closed decides',
  }),
  ...of('test/proxy/data/connection-pool.test.ts', {
    'pool idle time': 'an idle connection is closed after its idle time',
  }),
  ...of('test/proxy/data/connect-failures.test.ts', {
    'connect time': 'a target that does not accept in time is 504, for everybody who waits for it',
  }),
  ...of('test/proxy/data/fallback-upstreams.test.ts', {
    fallback: 'the fallback takes what no target of the upstream took, and is named as the one that answered',
  }),
  ...of('test/proxy/data/challenge.test.ts', {
    challenge: 'below the threshold nobody is asked; above it only who has no pass',
  }),
  ...of('test/proxy/data/slow-readers.test.ts', {
    'write time': 'a target that stops reading an upload is given up after the write time: 504',
  }),
  ...of('test/config/every-key.test.ts', {
    'every key': 'every key of the language is observed',
    'priority names': 'priorities by name are the numbers that they stand for',
    defaults: 'what is not written has the default of the manual',
  }),
  ...of('test/tracing/daemon.test.ts', {
    spans: 'spans of all workers arrive by themselves, are counted, and lead to the line of the request',
  }),
  ...of('test/seeds/seed-staging.test.ts', {
    staging:
      'what stands in the place of scp and ssh tries a configuration on a daemon elsewhere, confirms it there, and reloads it',
  }),
  ...of('test/seeds/seed-variables.test.ts', {
    variables: 'the variables of the runbook are those by which a daemon starts, and without them it has the defaults of the runbook',
  }),
  ...of('test/cli/exit-status.test.ts', { validate: 'SENTINEL_CONFIG=good.kdl sentinel validate exits with 0' }),
} as const;

export type ShownName = keyof typeof shown | `fault ${FaultName}` | `block ${string}`;

/** Titles that the tests of faults and of blocks make of their tables. */
export function shownBy(name: ShownName): ShownBy {
  if (name in shown) return shown[name as keyof typeof shown];
  if (name.startsWith('fault ')) {
    const fault = name.slice('fault '.length) as FaultName;
    return { test: 'test/diagnosis/judge-faults.test.ts', title: `${fault}: ${expected[fault].fault}` };
  }
  const block = name.slice('block '.length);
  if (!seedFiles.some((file) => seedBlocks(file).some((one) => one.name === block))) throw new Error(`no block ${block}`);
  return { test: 'test/seeds/seed-blocks-effect.test.ts', title: `${block} takes effect as printed` };
}
