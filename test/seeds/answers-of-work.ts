/** What answers the symptoms, trees, causes and actions of the seed runbooks, and whom they call. By their text. Data only. */
import { answer, misleads, type RowAnswer } from './row-answer.ts';
import type { ShownName } from './shown-by.ts';

/** `sentinel diagnose` is led to the procedure by facts like these. */
const found = (places: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer('`sentinel diagnose` is led there by these facts, and names the cause', places, ...tests, 'path of a verdict');

export const symptomAnswers: Readonly<Record<string, RowAnswer>> = {
  'Sentinel process not running, connections refused': found('process-crash', 'fault kill-9', 'fault port-taken'),
  'Specific routes returning 502/503, upstream health metrics showing 0': found('upstream-failure', 'fault one-target-refused', 'fault one-upstream-of-two-down'),
  '> 1% 5xx error rate, elevated latency': found('high-error-rate', 'fault upstream-500-few', 'fault upstream-slow', 'limits decide'),
  'High memory usage, slow responses, potential OOM': found('memory-exhaustion', 'fault memory-high', 'fault memory-shedding'),
  'TLS handshake failures, certificate errors in logs': found('tls-certificates', 'fault certificate-expired', 'fault key-mismatch'),
  'Massive traffic spike, resource exhaustion': found('ddos-attack', 'fault attack-from-one', 'fault attack-from-many'),
  'Massive traffic spike, resource exhaustion, attack patterns in logs': found('ddos-attack', 'fault attack-from-one', 'fault attack-from-many', 'clients'),
  'Config changes not taking effect, reload errors in logs': found('config-reload-failure', 'fault reload-refused', 'fault disk-differs'),
  'Increased 5xx errors, timeouts': found('high-error-rate', 'fault upstream-500', 'fault slow-504'),
  'High memory usage, OOM kills': found('memory-exhaustion', 'fault memory-high', 'fault oom-cgroup'),
  'Config changes not taking effect': found('config-reload-failure', 'fault disk-differs'),
  'Clients getting connection refused': found('connection-refused', 'fault listening-elsewhere', 'fault connection-limit', 'fault accept-queue'),
};

const gateway = answer('The section of 502', 'high-error-rate#502-bad-gateway', 'fault garbage-502', 'fault resets-502');
const unavailable = answer('The section of 503', 'high-error-rate#503-service-unavailable', 'fault breaker-open', 'fault pool-exhausted');
const late = answer('The section of 504', 'high-error-rate#504-gateway-timeout', 'fault slow-504');
const internal = answer('The section of 500', 'high-error-rate#500-internal-server-error', 'fault proxy-500');
const moreTime = answer('`sentinel override timeout UPSTREAM request-secs=60 --for 30m`', 'high-error-rate#give-the-upstream-more-time docs/overrides.md', 'overrides', 'override command', 'block incident-response-runbook.md:229 timeouts');
const upstreamLogs = answer('What the target answered is kept: `sentinel requests --errors`. Its own logs are for its own people', 'high-error-rate#502-bad-gateway docs/requests.md', 'requests kept', 'fault garbage-502');

export const treeAnswers: Readonly<Record<string, RowAnswer>> = {
  'Is the proxy process running?': answer('The first question of the triage', 'triage#is-the-proxy-process-running', 'found running', 'path of a verdict'),
  'NO → Go to: Process Crash Procedure': answer('`sentinel runbook run process-crash`', 'process-crash', 'fault kill-9'),
  YES: answer('A good answer leads on to the next question', 'triage#the-tree', 'walk', 'path of a verdict'),
  'Is the health endpoint responding?': answer('A question of the triage', 'triage#is-the-health-endpoint-responding', 'fault only-worker-stuck'),
  'NO → Go to: Health Check Failure Procedure': misleads('No runbook of that name was ever written', 'It is there: `sentinel runbook run health-check-failure`', 'health-check-failure', 'fault only-worker-stuck', 'fault health-path-overridden', 'lint'),
  'Are all upstreams healthy?': answer('A question of the triage', 'triage#are-all-upstreams-healthy', 'fault one-target-refused'),
  'NO → Go to: Upstream Failure Procedure': answer('`sentinel runbook run upstream-failure`', 'upstream-failure', 'fault one-target-refused'),
  'Is error rate elevated?': answer('A question of the triage', 'triage#is-the-error-rate-normal', 'fault upstream-500'),
  'YES → Go to: High Error Rate Procedure': answer('`sentinel runbook run high-error-rate`', 'high-error-rate', 'fault upstream-500'),
  'NO → Go to: Performance Degradation Procedure': misleads('No runbook of that name was ever written, and nothing leads to attacks, memory, certificates and reloads', 'It is there, and the tree reaches all others before it: `sentinel runbook run performance-degradation`', 'performance-degradation triage#the-tree', 'fault upstream-slow', 'fault memory-high', 'fault certificate-expired', 'fault reload-refused', 'fault attack-from-one', 'not in the tree', 'lint'),
  'Error Type?': answer('`sentinel requests --errors`, and the section of the status', 'high-error-rate#which-errors-and-whose', 'requests kept', 'walk'),
  '502 Bad Gateway': gateway,
  'Upstream returning invalid response': gateway,
  '→ Check upstream application logs': upstreamLogs,
  '→ Verify upstream is returning valid HTTP': answer('`sentinel check` asks each target and says how far it came', 'high-error-rate#the-upstream-sends-what-is-no-http-snt-e002', 'check', 'check timeout', 'fault garbage-502'),
  '503 Service Unavailable': unavailable,
  'All targets unhealthy or circuit breaker open': answer('`sentinel upstreams` says which of both', 'high-error-rate#503-service-unavailable upstream-failure#its-breaker-is-open-snt-u003', 'fault all-targets-refused', 'fault breaker-open'),
  '→ Follow Upstream Failure procedure': answer('`sentinel runbook run upstream-failure`', 'upstream-failure', 'fault one-target-refused'),
  '→ Check circuit breaker status': answer('`sentinel breakers`', 'docs/health.md#circuit-breakers', 'breakers'),
  '504 Gateway Timeout': late,
  'Upstream not responding in time': late,
  '→ Increase timeout temporarily': moreTime,
  '→ Check upstream performance': answer('`sentinel upstreams` shows p99 of each target', 'performance-degradation#the-upstream-is-slow-snt-e018', 'fault one-target-slow', 'upstreams'),
  '500 Internal Server Error': internal,
  'Proxy internal error': internal,
  '→ Check proxy logs for stack traces': answer('`sentinel logs --level error`', 'high-error-rate#the-proxy-itself-fails-snt-e006', 'recent lines', 'fault proxy-500'),
  '→ Restart proxy if persistent': answer('`sentinel restart --workers`, which cuts nothing; `sentinel upgrade` for the whole process', 'high-error-rate#the-proxy-itself-fails-snt-e006 docs/workers.md', 'restart of workers', 'hand-over'),
};

const oom = answer('A cause by name: the kernel log and the counters of the group are read', 'process-crash#the-kernel-killed-it-snt-p082', 'fault oom-kernel-log', 'fault oom-cgroup', 'kernel log');
const config = answer('A cause by name, with each mistake; `sentinel config rollback` goes back', 'process-crash#the-configuration-does-not-load-snt-p083', 'fault start-syntax-error', 'would not load');

export const causeAnswers: Readonly<Record<string, RowAnswer>> = {
  '| OOM killed | `dmesg \\| grep oom` shows sentinel | Increase memory limits |': oom,
  '| OOM killed | `dmesg | grep oom` shows sentinel | Increase memory limits, check for leaks |': oom,
  '| Config error | Logs show parse/validation error | Restore previous config |': config,
  '| Config error | Logs show parse/validation error | Restore previous config, fix and reload |': config,
  '| Disk full | `df -h` shows 100% | Clear logs, increase disk |': answer('A cause by name', 'process-crash#the-disk-is-full-snt-p084', 'fault disk-full', 'disk probe'),
  '| Port conflict | Logs show "address in use" | Kill conflicting process |': answer('A cause by name, with the process that has the port', 'process-crash#another-process-has-the-port-snt-p003', 'fault port-taken', 'port taken'),
  '| Certificate expired | TLS handshake errors | Renew certificates |': misleads('An expired certificate keeps no daemon from starting', 'It is served, and told by readiness, status and metrics; what does keep it from starting has a cause of its own', 'tls-certificates#it-has-expired-snt-t010 process-crash#a-certificate-keeps-it-from-starting-snt-p085', 'expired served', 'fault certificate-expired', 'fault start-key-mismatch'),
  '| 502 Bad Gateway | Upstream returning invalid response | Check upstream application logs |': gateway,
  '| 503 Service Unavailable | All targets unhealthy or circuit breaker open | Follow Upstream Failure procedure |': answer('The section of 503, and the runbook of upstreams', 'high-error-rate#503-service-unavailable upstream-failure', 'fault breaker-open', 'fault all-targets-refused'),
  '| 504 Gateway Timeout | Upstream not responding in time | Increase timeout temporarily |': moreTime,
  '| 500 Internal Server Error | Proxy internal error | Check proxy logs, restart if persistent |': internal,
};

const takeOut = answer('`sentinel drain TARGET`, which cuts nothing; editing the file works too', 'upstream-failure#take-the-target-out', 'drain', 'weight 0', 'machine');
const thresholds = answer('`sentinel override health UPSTREAM unhealthy-threshold=5 timeout-secs=10 --for 30m`; the block works too', 'upstream-failure#be-more-patient-with-checks', 'patience', 'block incident-response-runbook.md:165 health-check');
const failover = answer('`fallback-upstream` of the route', 'upstream-failure#fail-over', 'fallback', 'block incident-response-runbook.md:173 route');
const rates = answer('`sentinel override rate-limit --all-routes requests-per-second=5 key=client_ip --for 30m`; the block works too', 'ddos-attack#slow-everybody-down', 'overrides', 'rate per client', 'block incident-response-runbook.md:384 policies');
const block = answer('`sentinel block add 192.0.2.7 --for 1h`: ends by itself, and refuses to lock everybody out', 'ddos-attack#one-client-sends-most-snt-e016 docs/security.md#blocking', 'blocks');
const challenge = answer('`security { challenge-mode "enabled" }`', 'ddos-attack#challenge-clients docs/security.md#challenge-mode', 'challenge', 'block incident-response-runbook.md:403 security');
const bounds = answer('`sentinel override limits max-total-connections=10000 max-connections-per-client=10 --for 30m`; the block works too', 'ddos-attack#bound-what-each-may-have', 'overrides', 'block incident-response-runbook.md:411 limits', 'flood');
const reload = answer('`sentinel reload`, or HUP', 'config-reload-failure#apply-it', 'HUP', 'machine');
const onCall = answer('`sentinel diagnose` names who that is, from `contacts`', 'total-upstream-failure#immediate-actions docs/diagnose.md#whom-to-page', 'contacts', 'severities page');
const gentle = answer('`sentinel restart --workers`, one by one; nothing is cut', 'memory-exhaustion#fresh-workers docs/workers.md', 'restart of workers');

export const actionAnswers: Readonly<Record<string, RowAnswer>> = {
  '**Remove unhealthy targets temporarily** - edit config to comment out the target and reload': takeOut,
  '**Remove unhealthy targets temporarily**:': takeOut,
  '**Adjust health check thresholds** - increase `unhealthy-threshold` or `timeout-secs`': thresholds,
  '**Adjust health check thresholds**:': thresholds,
  '**Enable failover upstream** - add `fallback-upstream` to the route': failover,
  '**Enable failover upstream**:': failover,
  'Enable aggressive rate limiting in config': rates,
  '**Enable aggressive rate limiting**:': rates,
  'Enable rate limiting:': answer('`sentinel override rate-limit --all-routes requests-per-second=10 key=client_ip --for 30m`; the block works too', 'ddos-attack#slow-everybody-down', 'overrides', 'block operational-runbook.md:476 policies'),
  'Block attacking IPs via firewall: `iptables -A INPUT -s $ATTACKER_IP -j DROP`': block,
  '**Block specific IPs via firewall**:': block,
  'Block suspicious IPs:': block,
  'Reduce resource limits to preserve availability': bounds,
  '**Reduce resource limits to preserve availability**:': bounds,
  '**Enable challenge mode (if available)**:': challenge,
  'Enable challenge mode (Phase 3)': challenge,
  'Reduce connection limits:': answer('`sentinel override limits max-total-connections=1000 --for 30m`; prepending a block works too, the strictest value wins', 'memory-exhaustion#reduce-connection-limits', 'overrides', 'emergency limits', 'block operational-runbook.md:458 limits'),

  '**Always keep backups**:': answer('Every generation is kept, and `config.kdl.backup` beside the file; `sentinel config history`', 'docs/history.md', 'generations', 'history shown', 'backup', 'machine'),
  '**Test in staging first**:': answer('`sentinel config plan new.kdl --daemon staging:9090` says what it would do there; `sentinel test --live` tries the routes', 'docs/config-plan.md docs/route-tests.md docs/remote.md', 'staging', 'plan', 'route tests'),
  '**Monitor after changes**:': answer('`sentinel status`, `sentinel top`; a change on trial is watched and taken back by itself', 'docs/commit-confirm.md#guards', 'guard', 'proxy'),
  'Edit configuration:': answer('`sentinel config edit`', 'docs/editing.md', 'edit', 'block operational-runbook.md:204 route'),
  'Validate and reload:': answer('`sentinel validate`, then `sentinel reload`', 'config-reload-failure#mend-it', 'machine', 'reload and rollback'),
  'Update upstream configuration:': answer('`sentinel target add api-backend 10.1.1.12:8080`, or the block', 'docs/overrides.md#targets', 'targets change', 'block operational-runbook.md:227 upstream'),
  'Reload configuration:': reload,
  'Set weight to 0:': answer('`sentinel drain 10.1.1.10:8080`; weight 0 works under every policy', 'docs/draining.md', 'weight 0', 'block operational-runbook.md:247 target'),
  'Wait for connections to drain:': misleads('`ss` counts idle connections too and may never reach 0', '`sentinel drain` says what it waits for and ends with the last request', 'docs/draining.md#the-deadline', 'drain', 'weight 0'),
  'Remove target and reload': answer('`sentinel drain 10.1.1.10:8080 --then remove`, with `--persist` in the file too', 'docs/draining.md#in-the-file-or-for-good', 'then remove', 'weight 0'),

  'Identify unhealthy upstreams': answer('`sentinel upstreams`', 'upstream-failure#which-target-is-it', 'upstreams', 'fault one-target-refused'),
  'Check upstream server logs': upstreamLogs,
  'Verify network connectivity': answer('`sentinel check`; `sentinel diagnose` says at which step it ends', 'upstream-failure#ask-it-now docs/diagnosis-probes.md#targets', 'steps to a target', 'traced', 'check'),
  'Consider increasing timeouts temporarily': moreTime,
  'Review connection limits in config': answer('`sentinel config query limits`, and `sentinel status` for how near it is', 'memory-exhaustion#reduce-connection-limits docs/limits.md', 'warn connections', 'plan'),
  'Check for request body buffering': answer('`sentinel route explain GET /` says where a body is taken whole', 'docs/http.md#bodies-taken-whole', 'bodies explained'),
  'Restart proxy if necessary (gracefully)': gentle,
  'If critical, rolling restart': gentle,
  'Force garbage collection:': misleads('The same signal switches debug logging on', 'USR1 does both; nobody needs it often', 'memory-exhaustion#collect-garbage docs/signals.md', 'garbage', 'USR', 'machine'),
  'Fix configuration errors': answer('`sentinel validate` marks each place; `sentinel config edit` lets nothing wrong through', 'config-reload-failure#mend-it', 'failed reload', 'edit'),
  'Ensure file permissions are correct': answer('A cause by name, with owner and mode', 'config-reload-failure#it-cannot-be-read-snt-p104', 'not readable', 'fault config-removed', 'fault start-not-readable'),
  'Check available disk space': answer('`sentinel diagnose` looks at every place that is written to', 'docs/diagnosis-probes.md#disk', 'disk probe', 'fault disk-full'),
  'Try manual reload': reload,
  'Verify proxy is running': answer('`sentinel status`, `sentinel diagnose`', 'connection-refused#look', 'found running', 'process found', 'systemd asked', 'machine'),
  'Check firewall rules': answer('A cause by name', 'connection-refused#a-firewall-rule-is-in-the-way-snt-p099', 'fault firewall', 'firewall probe'),
  'Verify listen addresses in config': answer('Two causes by name: another address, loopback alone', 'connection-refused#it-listens-elsewhere-snt-p095 connection-refused#it-listens-on-loopback-only-snt-p096', 'fault listening-elsewhere', 'fault loopback-only'),
  'Check ulimits': answer('A cause by name; `sentinel status --runtime` shows the bound', 'connection-refused#open-files-are-used-up-snt-p098', 'fault descriptor-limit', 'descriptor probe'),

  'Check upstream health:': answer('`sentinel upstreams`', 'total-upstream-failure#immediate-actions', 'upstreams', 'proxy'),
  'Enable emergency static response:': misleads('A route at / takes `/health` and `/ready` too, by the letter of the runbook', '`sentinel maintenance on --all --retry-after 1m --for 1h --confirm=all`; the route works as printed, its upstream is built in, and the own paths of the proxy win over it', 'total-upstream-failure#tell-them-when-to-come-again docs/maintenance.md', 'own paths', 'maintenance on', 'block operational-runbook.md:444 route'),
  'Notify on-call team': onCall,
  '**Enable maintenance mode**:': answer('`sentinel maintenance on --all --for 1h --confirm=all`; the route works as printed, its upstream is built in, and the own paths of the proxy win over it', 'maintenance-window#show-the-page docs/maintenance.md', 'maintenance on', 'maintenance route', 'block operational-runbook.md:567 route'),
  '**Monitor closely**:': answer('`sentinel top`, `sentinel logs --follow`, `sentinel diagnose --watch`', 'maintenance-window#do-the-work docs/top.md', 'proxy', 'wait for errors'),
  '**Test after changes**:': answer('`sentinel test --live`', 'maintenance-window#do-the-work docs/route-tests.md', 'route tests'),
};

const contact = (key: string, here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(`\`contacts { ${key} … }\`: ${here}`, 'docs/config.md#contacts post-incident#who-to-call', ...tests);

const both = '`sentinel diagnose` and `sentinel status` name it';
const where = '`sentinel diagnose` names it where the cause is of that kind';

export const contactAnswers: Readonly<Record<string, RowAnswer>> = {
  '| On-call | PagerDuty |': contact('primary', both, 'severities page', 'whom to page'),
  '| Team Lead | [Contact info] |': contact('secondary', both, 'severities page', 'whom to page'),
  '| Infrastructure | [Contact info] |': contact('infrastructure', where, 'security is called'),
  '| Security | [Contact info] |': contact('security', where, 'security is called'),
  'On-call: Use PagerDuty': contact('primary', both, 'severities page', 'whom to page'),
  'Slack: #sentinel-ops': contact('channel', both, 'contacts', 'whom to page'),
  'Documentation: https://sentinel.internal/docs': contact('docs-url', '`sentinel diagnose` prints it below whom to page', 'report'),
  'Runbook: This document': answer('`sentinel runbook show triage`, also without a network', 'runbooks/README.md docs/runbooks.md', 'lint'),
};
