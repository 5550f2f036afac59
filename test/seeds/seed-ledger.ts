/**
 * What becomes of every command that the seed runbooks print: it runs as printed (and a test runs it), a command of ours does the same,
 * or it is wrong in a way that has a name. Data only; the page `docs/seed-commands.md` is made from it, a test holds it against the seeds.
 */

/** What is wrong with commands of the runbooks, once each. */
export const seedDefects = {
  'counts-for-statuses':
    'takes any number that contains a 5 and two more digits for a status, and counts since the start, not over five minutes',
  'pieces-of-json': 'requests are in the access log and not in the journal, and pieces of JSON between commas are no kinds of error',
  'field-inside-message': 'the field sits inside MESSAGE, and lines of requests are in the access log',
  'path-in-json': 'lines are JSON; only those of the combined and pretty formats contain path="…"',
  moduli: 'reports a good pair of elliptic curves as a mismatch',
  'nc-and-ipv6': 'breaks on IPv6, and tries the addresses of listeners too',
  'drain-by-sockets': 'counts idle connections and other addresses that begin alike; may never reach 0, and nothing says why',
  'variable-of-kill': 'sets the variable for kill, not for the daemon; the signal alone does it',
  'restart-is-not-graceful': 'it runs as printed, drains, and leaves a gap in which nobody listens',
  'fixed-incident-id': 'the second incident of a day is written over the first',
  'secrets-in-snapshot': 'it runs as printed, and copies every secret that stands in the file',
  'configuration-among-commands': 'it is a piece of configuration, printed among commands',
  'settings-among-commands': 'it is a line for /etc/sysctl.conf, printed among commands',
  'ratio-without-sum': 'series match one to one: each is divided by itself, and the ratio is always 1',
  'rate-for-share': 'requests per second of one series, not a share: one failure in 100 s is enough, however much goes well',
} as const;

/** A test that shows what is wrong in a runbook and what is done instead. `title`: as it stands in the file. */
export interface ShownBy {
  readonly test: string;
  readonly title: string;
}

const incidentTest = 'test/seeds/seed-incidents.test.ts';

/** Rows about incidents: what the runbooks say, and which test shows that it is otherwise, or kept. */
export const incidentRows: Readonly<Record<string, ShownBy>> = {
  'incident id hard-coded -001': {
    test: incidentTest,
    title: 'a second incident of the day has a number and a folder of its own',
  },
  'snapshot copies config and logs unredacted': {
    test: incidentTest,
    title: 'what cp and journalctl copy with its secrets, a snapshot keeps without them',
  },
  "the snapshot's six files": {
    test: incidentTest,
    title: 'the six files of the runbook are there by their names, and a second snapshot replaces none of them',
  },
  'logs --since "1 hour ago"': { test: incidentTest, title: 'the log of a snapshot is that of the last hour' },
};

export type SeedDefect = keyof typeof seedDefects;

export type SeedAccount =
  /** `test`: from the root of the project. `better`: a command that says more; null = none. `file`: which it writes too, by that name. */
  | { readonly kind: 'runs'; readonly test: string; readonly better: string | null; readonly file?: string }
  | { readonly kind: 'counterpart'; readonly command: string; readonly why: string }
  | { readonly kind: 'defect'; readonly defect: SeedDefect; readonly instead: string };

export const proxyTest = 'test/seeds/seed-commands.test.ts';
export const machineTest = 'test/seeds/seed-machine.test.ts';

const askingProxy = (better: string | null = null): SeedAccount => ({ kind: 'runs', test: proxyTest, better });
const keeping = { kind: 'runs', test: proxyTest, better: 'sentinel incident snapshot' } as const;
const onMachine = (better: string | null = null): SeedAccount => ({ kind: 'runs', test: machineTest, better });
/** One of the six files of the runbook, which a snapshot writes by the same names. */
const inSnapshot = (file: string): SeedAccount => ({ ...keeping, file });
const instead = (command: string, why: string): SeedAccount => ({ kind: 'counterpart', command, why });
const defect = (name: SeedDefect, command: string): SeedAccount => ({ kind: 'defect', defect: name, instead: command });

/** By the text of the command, as `everySeedCommand` gives it. */
export const seedLedger: Readonly<Record<string, SeedAccount>> = {
  'curl -sf http://localhost:8080/health && echo "OK" || echo "UNHEALTHY"': askingProxy('sentinel status'),
  'curl -sf http://localhost:8080/ready && echo "READY" || echo "NOT READY"': askingProxy('sentinel status'),
  [`curl -s localhost:9090/metrics | grep 'requests_total' | awk '/5[0-9][0-9]/ {sum+=$2} END {print "5xx errors:", sum}'`]: defect('counts-for-statuses', `curl -s localhost:9090/metrics | awk '/^sentinel_requests_total\\{.*status="5/ {sum+=$NF} END {print "5xx errors:", sum}'`),
  'systemctl status sentinel': onMachine('sentinel diagnose'),
  'journalctl -u sentinel --since "5 minutes ago" | grep -i error | tail -20': askingProxy('sentinel logs --level error --since 5m'),
  'curl -s localhost:9090/metrics | grep upstream_health': askingProxy('sentinel upstreams'),
  'curl -s localhost:9090/metrics | grep circuit_breaker_state': askingProxy('sentinel breakers'),
  'systemctl restart sentinel': defect('restart-is-not-graceful', 'sentinel upgrade'),
  'sleep 5 && systemctl status sentinel': onMachine('sentinel runbook run process-crash'),
  'journalctl -u sentinel --since "10 minutes ago" | tail -100': askingProxy('sentinel logs --since 10m'),
  'dmesg | grep -i "oom\\|killed" | tail -10': instead('sentinel diagnose', 'reads the kernel log and the counters of the group of both kinds, of the daemon alone'),
  'free -h': onMachine('sentinel status --runtime'),
  'df -h /var /tmp': onMachine('sentinel diagnose'),
  'cp /etc/sentinel/config.kdl.backup /etc/sentinel/config.kdl': onMachine('sentinel config rollback'),
  "curl -s localhost:9090/metrics | grep 'upstream_health{' | grep ' 0'": askingProxy('sentinel upstreams'),
  'nc -zv upstream-host 8080': instead('sentinel check', 'goes the way of the proxy: name, connection, TLS, answer, for every target'),
  'dig +short backend.service.internal': instead('sentinel diagnose', 'asks for every name of a target, and says which has no address'),
  'traceroute -n <upstream_ip>': instead('sentinel diagnose', 'says how far a try comes: name, connection, TLS, answer; the hops between are for traceroute still'),
  [`curl -s localhost:9090/metrics | grep 'requests_total.*status="5' | sort -t'"' -k4`]: askingProxy('sentinel routes'),
  [`journalctl -u sentinel --since "5 minutes ago" | grep -oP 'error[^,]*' | sort | uniq -c | sort -rn | head`]: defect('pieces-of-json', "curl -s localhost:9090/metrics | grep 'errors_total{' | grep -v ' 0$' | sort -t' ' -k2 -rn"),
  [`curl -s localhost:9090/metrics | grep 'upstream_request_duration.*quantile="0.99"'`]: askingProxy('sentinel upstreams'),
  'curl -s localhost:9090/metrics | grep process_resident_memory_bytes': askingProxy('sentinel status --runtime'),
  'curl -s localhost:9090/metrics | grep open_connections': askingProxy('sentinel status'),
  'curl -s localhost:9090/metrics | grep pending_requests': askingProxy('sentinel status'),
  'openssl x509 -in /etc/sentinel/certs/server.crt -noout -dates': instead('sentinel cert-check /etc/sentinel/certs/server.crt', 'dates of the whole chain'),
  'openssl verify -CAfile /etc/sentinel/certs/ca.crt /etc/sentinel/certs/server.crt': instead('sentinel cert-check --ca /etc/sentinel/certs/ca.crt /etc/sentinel/certs/server.crt', 'misses no intermediate that only this machine has'),
  'diff <(openssl x509 -in server.crt -noout -modulus) <(openssl rsa -in server.key -noout -modulus)': defect('moduli', 'sentinel cert-check server.crt server.key'),
  'openssl s_client -connect localhost:443 -servername your.domain.com </dev/null': instead('sentinel cert-check localhost:443 --name your.domain.com', 'what a handshake gets, judged'),
  'cp /path/to/new/cert.crt /etc/sentinel/certs/server.crt': onMachine('sentinel cert-check --staged /path/to/new/cert.crt /path/to/new/key.key --for https'),
  'cp /path/to/new/key.key /etc/sentinel/certs/server.key': onMachine(),
  'chmod 600 /etc/sentinel/certs/server.key': onMachine(),
  'kill -HUP $(cat /var/run/sentinel.pid)': onMachine('sentinel reload'),
  [`journalctl -u sentinel --since "5 minutes ago" -o json | jq -r '.client_ip' | sort | uniq -c | sort -rn | head -20`]: defect('field-inside-message', 'sentinel clients'),
  [`journalctl -u sentinel --since "5 minutes ago" | grep -oP 'path="[^"]*"' | sort | uniq -c | sort -rn | head -20`]: defect('path-in-json', 'sentinel clients --by path'),
  'INCIDENT_ID="INC-$(date +%Y%m%d)-001"': defect('fixed-incident-id', 'sentinel incident open'),
  'mkdir -p /var/log/sentinel/incidents/$INCIDENT_ID': askingProxy('sentinel incident open'),
  'journalctl -u sentinel --since "1 hour ago" > /var/log/sentinel/incidents/$INCIDENT_ID/sentinel.log': inSnapshot('sentinel.log'),
  'curl -s localhost:9090/metrics > /var/log/sentinel/incidents/$INCIDENT_ID/metrics.txt': inSnapshot('metrics.txt'),
  'cp /etc/sentinel/config.kdl /var/log/sentinel/incidents/$INCIDENT_ID/': defect('secrets-in-snapshot', 'sentinel incident snapshot'),
  'curl -sf localhost:8080/health': askingProxy('sentinel status'),
  'journalctl -u sentinel | grep ERROR | tail -20': askingProxy('sentinel logs --level error --limit 20'),
  [`for target in $(grep -oP 'address "\\K[^"]+' /etc/sentinel/config.kdl); do\necho -n "$target: "\nnc -zv -w 3 \${target%:*} \${target#*:} 2>&1 | grep -o "succeeded\\|failed"\ndone`]: defect('nc-and-ipv6', 'sentinel check'),
  'vim /etc/sentinel/config.kdl': instead('sentinel config edit', 'checks what was written before it is in place'),
  [`journalctl -u sentinel --since "5 minutes ago" -o json | jq -r 'select(.PRIORITY == "3") | .MESSAGE' | head -20`]: askingProxy('sentinel requests --errors --since 5m'),
  'timeouts {\nrequest-secs 60    // Increase from 30\nread-secs 30       // Increase from 15\n}': defect('configuration-among-commands', 'sentinel override timeout UPSTREAM request-secs=60 read-secs=30 --for 30m'),
  'rate-limit {\nrequests-per-second 50  // Reduce to ease pressure\n}': defect('configuration-among-commands', 'sentinel override rate-limit --all-routes requests-per-second=50 --for 15m'),
  'pmap -x $(pidof sentinel) | tail -5': onMachine('sentinel status --runtime'),
  "cat >> /tmp/emergency-limits.kdl << 'EOF'\nlimits {\nmax-connections 5000\nmax-connections-per-client 50\n}\nEOF": onMachine(),
  'cat /etc/sentinel/config.kdl >> /tmp/emergency-limits.kdl': onMachine(),
  'mv /tmp/emergency-limits.kdl /etc/sentinel/config.kdl': onMachine('sentinel override limits max-total-connections=5000 max-connections-per-client=50 --for 30m'),
  'diff <(openssl x509 -in /etc/sentinel/certs/server.crt -noout -modulus) <(openssl rsa -in /etc/sentinel/certs/server.key -noout -modulus)': defect('moduli', 'sentinel cert-check /etc/sentinel/certs/server.crt /etc/sentinel/certs/server.key'),
  'openssl x509 -in /etc/sentinel/certs/client.crt -noout -dates': instead('sentinel cert-check /etc/sentinel/certs/client.crt', 'dates of the whole chain'),
  'echo | openssl s_client -connect localhost:443 2>/dev/null | openssl x509 -noout -dates': instead('sentinel cert-check', 'what is on disk, loaded and served, side by side'),
  'curl -s localhost:9090/metrics | grep config_reload': askingProxy('sentinel events --since 1h'),
  'journalctl -u sentinel --since "10 minutes ago" | grep -i "reload\\|config"': askingProxy('sentinel events --since 10m'),
  './sentinel --validate --config /etc/sentinel/config.kdl': onMachine('sentinel validate'),
  'ls -la /etc/sentinel/config.kdl': onMachine('sentinel diagnose'),
  'journalctl -u sentinel --since "1 minute ago" | grep "Configuration reload"': askingProxy('sentinel reload'),
  'curl -s localhost:9090/metrics | grep requests_total': askingProxy('sentinel routes'),
  'for ip in 1.2.3.4 5.6.7.8; do\niptables -A INPUT -s $ip -j DROP\ndone': instead('sentinel block add 1.2.3.4 --for 1h', 'ends by itself, says who and why, and refuses to lock everybody out'),
  'free -h > /var/log/sentinel/incidents/$INCIDENT_ID/memory.txt': inSnapshot('memory.txt'),
  'df -h > /var/log/sentinel/incidents/$INCIDENT_ID/disk.txt': inSnapshot('disk.txt'),
  'ss -s > /var/log/sentinel/incidents/$INCIDENT_ID/connections.txt': inSnapshot('connections.txt'),
  'systemctl stop sentinel': onMachine(),
  './sentinel-proxy': onMachine('sentinel run'),
  'SENTINEL_CONFIG=/etc/sentinel/config.kdl ./sentinel-proxy': onMachine('sentinel run -c /etc/sentinel/config.kdl'),
  'RUST_LOG=debug ./sentinel-proxy': onMachine(),
  'systemctl start sentinel': onMachine(),
  'curl -f http://localhost:8080/health': askingProxy('sentinel status'),
  'curl -f http://localhost:8080/ready': askingProxy('sentinel status'),
  'curl http://localhost:9090/metrics': askingProxy('sentinel metrics'),
  'journalctl -u sentinel -f': askingProxy('sentinel logs --follow'),
  'ss -tnp | grep sentinel': onMachine(),
  'kill -TERM $(cat /var/run/sentinel.pid)': onMachine(),
  'kill -9 $(cat /var/run/sentinel.pid)': onMachine(),
  'tail -f /var/log/sentinel/sentinel.log | grep "Configuration reload completed"': askingProxy('sentinel reload'),
  './sentinel-proxy --validate --config /etc/sentinel/new-config.kdl': onMachine('sentinel validate /etc/sentinel/new-config.kdl'),
  './sentinel-proxy --print-config': onMachine('sentinel config print'),
  'cp /etc/sentinel/config.kdl /etc/sentinel/config.kdl.$(date +%Y%m%d-%H%M%S)': onMachine('sentinel config history'),
  'scp new-config.kdl staging:/etc/sentinel/config.kdl': instead('sentinel config apply new-config.kdl --daemon staging:9090 --confirm-within 5m', 'checks it there, applies it, and goes back unless somebody confirms'),
  'ssh staging "kill -HUP \\$(cat /var/run/sentinel.pid)"': instead('sentinel reload --daemon staging:9090', 'waits, and says how it went'),
  "watch -n 1 'curl -s localhost:9090/metrics | grep error_rate'": askingProxy('sentinel status'),
  'curl -s localhost:9090/admin/upstreams/api-backend/health': askingProxy('sentinel upstreams api-backend'),
  'curl -X POST localhost:9090/admin/upstreams/api-backend/check': askingProxy('sentinel check api-backend'),
  'curl -s localhost:9090/metrics | grep circuit_breaker_trips_total': askingProxy('sentinel breakers'),
  './sentinel-proxy --validate --config /etc/sentinel/config.kdl': onMachine('sentinel validate'),
  "watch -n 1 'ss -tn | grep 10.1.1.10:8080 | wc -l'": defect('drain-by-sockets', 'sentinel drain 10.1.1.10:8080'),
  'RUST_LOG=debug kill -USR1 $(cat /var/run/sentinel.pid)': defect('variable-of-kill', 'sentinel log-level debug --for 15m'),
  'kill -USR2 $(cat /var/run/sentinel.pid)': onMachine('sentinel log-level reset'),
  "curl -s localhost:9090/metrics | grep 'requests_total.*5[0-9][0-9]'": defect('counts-for-statuses', `curl -s localhost:9090/metrics | grep 'requests_total.*status="5'`),
  'tail -n 1000 /var/log/sentinel/sentinel.log | grep ERROR': askingProxy('sentinel logs --level error'),
  'curl -s localhost:9090/metrics | grep memory_usage': askingProxy('sentinel status --runtime'),
  'pmap -x $(pidof sentinel-proxy) | tail -n 1': onMachine('sentinel status --runtime'),
  'curl -s localhost:9090/metrics | grep reload': askingProxy('sentinel events --since 1h'),
  'grep "Configuration" /var/log/sentinel/sentinel.log | tail -20': askingProxy('sentinel events --since 1h'),
  'ps aux | grep sentinel-proxy': onMachine('sentinel diagnose'),
  'ss -tlnp | grep sentinel': onMachine('sentinel diagnose'),
  'curl -s localhost:9090/metrics | grep connections': askingProxy('sentinel status'),
  'grep "bind\\|listen" /var/log/sentinel/sentinel.log': askingProxy(),
  'ulimit -n 65535': onMachine('sentinel status --runtime'),
  'net.ipv4.tcp_fin_timeout = 30': defect('settings-among-commands', 'sentinel diagnose'),
  'net.ipv4.tcp_tw_reuse = 1': defect('settings-among-commands', 'sentinel diagnose'),
  'net.core.somaxconn = 65535': defect('settings-among-commands', 'sentinel diagnose'),
  'net.ipv4.tcp_max_syn_backlog = 65535': defect('settings-among-commands', 'sentinel diagnose'),
  'net.core.netdev_max_backlog = 65535': defect('settings-among-commands', 'sentinel diagnose'),
  'sysctl -p': instead('sentinel diagnose', 'says which of the values bind; to set them is a matter of the machine, and of sysctl'),
  'curl -s localhost:9090/metrics | grep request_duration | grep quantile': askingProxy('sentinel routes'),
  'curl -s localhost:9090/metrics | grep connection_pool': askingProxy('sentinel metrics connection_pool'),
  'top -p $(pidof sentinel-proxy)': onMachine('sentinel status --runtime'),
  'curl -s localhost:9090/admin/upstreams/*/health': askingProxy('sentinel upstreams'),
  "echo 'limits { max-total-connections 1000 }' >> /tmp/emergency.kdl": onMachine(),
  'cat /etc/sentinel/config.kdl >> /tmp/emergency.kdl': onMachine(),
  'mv /tmp/emergency.kdl /etc/sentinel/config.kdl': onMachine('sentinel override limits max-total-connections=1000 --for 30m'),
  'kill -USR1 $(cat /var/run/sentinel.pid)': onMachine('sentinel log-level debug --for 15m'),
  'iptables -A INPUT -s $ATTACKER_IP -j DROP': instead('sentinel block add ADDRESS --for 1h', 'ends by itself, says who and why, and refuses to lock everybody out'),
  'tail -f /var/log/sentinel/sentinel.log': askingProxy('sentinel logs --follow'),
  "watch -n 1 'curl -s localhost:9090/metrics | grep error'": askingProxy('sentinel diagnose --watch'),
  './test-suite.sh': instead('sentinel test --live', 'every expect of the file through the running proxy'),
  './sentinel-proxy --version': onMachine(),
  './sentinel-proxy --test-config /etc/sentinel/config.kdl': onMachine('sentinel validate'),
  'curl localhost:9090/admin/routes': askingProxy('sentinel routes'),
  'curl -X POST localhost:9090/admin/health-check': askingProxy('sentinel check'),
  'grep "correlation_id" /var/log/sentinel/access.log | tail -1': askingProxy('sentinel requests --limit 1'),
  'grep "$CORRELATION_ID" /var/log/sentinel/*.log': askingProxy('sentinel trace ID'),
  'dmesg | grep oom': instead('sentinel diagnose', 'reads the kernel log and the counters of the group of both kinds, of the daemon alone'),
  'df -h': onMachine('sentinel diagnose'),
};

/** Queries of the `sql` and `yaml` fences, by their text: null = it is right as printed. */
export const queryLedger: Readonly<Record<string, { readonly defect: SeedDefect; readonly instead: string } | null>> = {
  'rate(sentinel_requests_total{status=~"5.."}[1m]) > 0.01': {
    defect: 'rate-for-share',
    instead: 'sum(rate(sentinel_requests_total{status=~"5.."}[1m])) / sum(rate(sentinel_requests_total[1m])) > 0.01',
  },
  'sentinel_upstream_health == 0': null,
  'sentinel_circuit_breaker_state == 1': null,
  'rate(sentinel_requests_total[1m])': null,
  'rate(sentinel_requests_total{status=~"5.."}[1m]) / rate(sentinel_requests_total[1m])': {
    defect: 'ratio-without-sum',
    instead: 'sum(rate(sentinel_requests_total{status=~"5.."}[1m])) / sum(rate(sentinel_requests_total[1m]))',
  },
  'histogram_quantile(0.5, rate(sentinel_request_duration_seconds_bucket[5m]))': null,
  'histogram_quantile(0.95, rate(sentinel_request_duration_seconds_bucket[5m]))': null,
  'histogram_quantile(0.99, rate(sentinel_request_duration_seconds_bucket[5m]))': null,
  'avg by (upstream) (sentinel_upstream_health)': null,
};
