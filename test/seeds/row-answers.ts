/** The answer of every row of the seed runbooks: from the tables `answers-of-*.ts`, and of commands and queries from the ledger. Judges nothing. */
import { checklistAnswers, templateAnswers } from './answers-of-lists.ts';
import { headingAnswers, statementAnswers } from './answers-of-headings.ts';
import { endpointAnswers, keyAnswers, metricAnswers, signalAnswers, thresholdAnswers, variableAnswers } from './answers-of-values.ts';
import { actionAnswers, causeAnswers, contactAnswers, symptomAnswers, treeAnswers } from './answers-of-work.ts';
import { answer, misleads, type RowAnswer } from './row-answer.ts';
import { known } from './seed-answers.ts';
import { proxyTest, queryLedger, seedDefects, seedLedger } from './seed-ledger.ts';
import type { RowKind, SeedRow } from './seed-rows.ts';
import type { ShownName } from './shown-by.ts';

type Answers = Readonly<Record<string, RowAnswer>>;

/** By the text of the row, of templates by its first line. */
export const answerTables: Readonly<Partial<Record<RowKind, Answers>>> = {
  heading: headingAnswers,
  statement: statementAnswers,
  endpoint: endpointAnswers,
  metric: metricAnswers,
  variable: variableAnswers,
  signal: signalAnswers,
  threshold: thresholdAnswers,
  checklist: checklistAnswers,
  template: templateAnswers,
  tree: treeAnswers,
  symptom: symptomAnswers,
  cause: causeAnswers,
  action: actionAnswers,
  contact: contactAnswers,
};

/** null = nothing answers it. */
export function answerOf({ kind, text, block }: SeedRow): RowAnswer | null {
  if (kind === 'command') return ofCommand(text);
  if (kind === 'query') return ofQuery(text);
  if (kind === 'key') return ofKey(text, block);
  return answerTables[kind]?.[nameOf(kind, text)] ?? null;
}

/** The name of a row in the table of its kind. */
export function nameOf(kind: RowKind, text: string): string {
  return kind === 'template' ? (text.split('\n')[0] ?? '') : text;
}

const sysctl: readonly ShownName[] = ['tuning', 'kernel probe'];
const openssl: readonly ShownName[] = ['openssl', 'in use'];

/** What shows commands of ours that stand in the place of printed ones, by the printed one. Those that misled are typed by the test of the proxy. */
export const counterpartTests: Readonly<Record<string, readonly ShownName[]>> = {
  'dmesg | grep -i "oom\\|killed" | tail -10': ['kernel log', 'fault oom-kernel-log', 'fault oom-cgroup'],
  'dmesg | grep oom': ['kernel log', 'fault oom-kernel-log', 'fault oom-cgroup'],
  'nc -zv upstream-host 8080': ['check', 'steps to a target'],
  'dig +short backend.service.internal': ['fault dns-gone', 'steps to a target'],
  'traceroute -n <upstream_ip>': ['traced', 'steps to a target'],
  'openssl x509 -in /etc/sentinel/certs/server.crt -noout -dates': openssl,
  'openssl x509 -in /etc/sentinel/certs/client.crt -noout -dates': openssl,
  'openssl verify -CAfile /etc/sentinel/certs/ca.crt /etc/sentinel/certs/server.crt': openssl,
  'openssl s_client -connect localhost:443 -servername your.domain.com </dev/null': ['by handshake', 'in use'],
  'echo | openssl s_client -connect localhost:443 2>/dev/null | openssl x509 -noout -dates': openssl,
  'diff <(openssl x509 -in server.crt -noout -modulus) <(openssl rsa -in server.key -noout -modulus)': ['openssl', 'staged'],
  'diff <(openssl x509 -in /etc/sentinel/certs/server.crt -noout -modulus) <(openssl rsa -in /etc/sentinel/certs/server.key -noout -modulus)': ['openssl', 'staged'],
  'vim /etc/sentinel/config.kdl': ['edit'],
  'for ip in 1.2.3.4 5.6.7.8; do\niptables -A INPUT -s $ip -j DROP\ndone': ['blocks'],
  'iptables -A INPUT -s $ATTACKER_IP -j DROP': ['blocks'],
  'scp new-config.kdl staging:/etc/sentinel/config.kdl': ['staging', 'trial'],
  'ssh staging "kill -HUP \\$(cat /var/run/sentinel.pid)"': ['staging', 'token'],
  './test-suite.sh': ['route tests'],
  'sysctl -p': sysctl,
  'net.ipv4.tcp_fin_timeout = 30': sysctl,
  'net.ipv4.tcp_tw_reuse = 1': sysctl,
  'net.core.somaxconn = 65535': [...sysctl, 'backlog'],
  'net.ipv4.tcp_max_syn_backlog = 65535': sysctl,
  'net.core.netdev_max_backlog = 65535': sysctl,
  'systemctl restart sentinel': ['machine', 'hand-over'],
  'INCIDENT_ID="INC-$(date +%Y%m%d)-001"': ['second incident', 'incident kept'],
  'cp /etc/sentinel/config.kdl /var/log/sentinel/incidents/$INCIDENT_ID/': ['proxy', 'no secrets'],
  [`for target in $(grep -oP 'address "\\K[^"]+' /etc/sentinel/config.kdl); do\necho -n "$target: "\nnc -zv -w 3 \${target%:*} \${target#*:} 2>&1 | grep -o "succeeded\\|failed"\ndone`]: ['check', 'steps to a target'],
  'timeouts {\nrequest-secs 60    // Increase from 30\nread-secs 30       // Increase from 15\n}': ['block incident-response-runbook.md:229 timeouts', 'overrides'],
  'rate-limit {\nrequests-per-second 50  // Reduce to ease pressure\n}': ['block incident-response-runbook.md:236 rate-limit', 'overrides'],
  "watch -n 1 'ss -tn | grep 10.1.1.10:8080 | wc -l'": ['drain', 'weight 0'],
  'RUST_LOG=debug kill -USR1 $(cat /var/run/sentinel.pid)': ['USR', 'signals and command'],
};

const commandPage = 'docs/seed-commands.md';

function ofCommand(text: string): RowAnswer | null {
  const account = seedLedger[text];
  if (account === undefined) return null;
  if (account.kind === 'runs') {
    const more = account.better === null ? '' : `; \`${account.better}\` says more`;
    const kept: readonly ShownName[] = account.file === undefined ? [] : ['six files'];
    return answer(`Runs as printed${more}`, commandPage, account.test === proxyTest ? 'proxy' : 'machine', ...kept);
  }
  const typed = typeof known[text] === 'object' ? (['proxy', 'wrong is told'] as const) : [];
  const tests = [...typed, ...(counterpartTests[text] ?? [])];
  return account.kind === 'counterpart'
    ? answer(`\`${account.command}\` ${account.why}`, commandPage, ...tests)
    : misleads(capital(seedDefects[account.defect]), `\`${account.instead}\``, `${commandPage} docs/runbook-commands.md`, ...tests);
}

function ofQuery(text: string): RowAnswer | null {
  const account = queryLedger[text];
  if (account === undefined) return null;
  if (account === null) return answer('Right as printed', 'docs/metrics.md', 'queries');
  const test = account.defect === 'rate-for-share' ? 'cries wolf' : 'ratio is 1';
  const places = 'docs/runbook-commands.md#queries-and-alerts docs/alerts.md#higherrorrate';
  return misleads(capital(seedDefects[account.defect]), `\`${account.instead}\``, places, test, 'queries');
}

/** Where the manual of the configuration has the blocks that the runbooks print: the longest beginning counts. */
const keyPlaces: Readonly<Record<string, string>> = {
  limits: '#limits',
  server: '#server',
  security: '#security',
  policies: '#routes--route--policies',
  'rate-limit': '#routes--route--policies',
  timeouts: '#upstreams--upstream--timeouts',
  'connection-pool': '#upstreams--upstream--connection-pool',
  'health-check': '#upstreams--upstream--health-check',
  route: '#routes--route',
  'route › matches': '#routes--route--matches',
  'route › policies': '#routes--route--policies',
  upstream: '#upstreams--upstream',
  'upstream › targets': '#upstreams--upstream--targets--target',
  target: '#upstreams--upstream--targets--target',
  'unhealthy-threshold': '#upstreams--upstream--health-check',
  'timeout-secs': '#upstreams--upstream--health-check',
  'fallback-upstream': '#routes--route',
};

function ofKey(text: string, block: string | null): RowAnswer | null {
  const names = text.split(' › ').map((node) => node.split(' ')[0] ?? '');
  const begins = names.map((_, at) => names.slice(0, at + 1).join(' › '));
  const place = begins.flatMap((begin) => keyPlaces[begin] ?? []).at(-1);
  if (place === undefined) return null;
  const own = keyAnswers[text] ?? [];
  if (block === null && own.length === 0) return null;
  const here = block === null ? 'A key of that name' : 'In force as printed';
  return answer(here, `docs/config.md${place}`, ...(block === null ? [] : ([`block ${block}`] as const)), ...own);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
