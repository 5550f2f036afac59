/** What a reader types, in an order in which each line finds what the page takes for granted. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../helpers/eventually.ts';
import type { ReaderScene } from './reader-scene.ts';

export interface Line {
  readonly line: string;
  /** Exit statuses that are right here; default 0. */
  readonly exits?: readonly number[];
  /** Typed where it asks; default `y`. */
  readonly answer?: string;
  /** What its output has to match. */
  readonly says?: RegExp;
  /** What the pages call by this name is the first group in its output. */
  readonly gives?: readonly [name: string, from: RegExp];
  /** Typed in another terminal while it runs, as soon as something is on trial: it waits for that. */
  readonly meanwhile?: readonly string[];
}

export type Deed = string | Line | ((scene: ReaderScene) => Promise<void>);

export interface Act {
  readonly title: string;
  readonly deeds: readonly Deed[];
}

/** Something that the scene needs and no page prints. */
const quietly =
  (line: string): Deed =>
  async (scene) => {
    const { code, text } = await scene.run(line, 'y');
    if (code !== 0) throw new Error(`${line}: exit ${code}: ${text}`);
  };

const nextConfig =
  (name: string, timeoutSecs: number): Deed =>
  async ({ folder, config }) =>
    writeFileSync(path.join(folder, name), config(timeoutSecs));

const incident = /\b(INC-\d{8}-\d{3})\b/;
const drainId = /(d-[0-9a-f]{6})/;

/** A request that nobody answers, by its id. */
const hanging: Deed = async (scene) => {
  void scene.ask('/hang').catch(() => undefined);
  await eventually(async () => {
    const { text } = await scene.run('sentinel inflight --json');
    const { data } = JSON.parse(text) as { data: { requests: { id: string; path: string }[] } };
    const id = data.requests.find((one) => one.path === '/hang')?.id;
    if (id === undefined) throw new Error(text);
    scene.ids.set('0-1842', id);
  });
};

/** Null = it is no line: something that happens between them. */
export function lineOf(deed: Deed): Line | null {
  return typeof deed === 'function' ? null : typeof deed === 'string' ? { line: deed } : deed;
}

export function linesOf(deed: Deed): readonly string[] {
  const one = lineOf(deed);
  return one === null ? [] : [...one.line.split('\n'), ...(one.meanwhile ?? [])];
}

export const acts: readonly Act[] = [
  {
    title: 'one request',
    deeds: [
      'sentinel trace 1-8',
      'sentinel trace 0-1842',
      'sentinel trace ID',
      'sentinel trace 4bf92f3577b34da6a3ce929d0e0e4736',
      hanging,
      'sentinel inflight kill 0-1842 --reason "holds the lock"',
      hanging,
      'sentinel inflight kill 0-1842',
    ],
  },
  {
    title: 'breakers',
    deeds: [
      'sentinel breakers open api-backend/10.1.1.10:8080',
      'sentinel breakers reset api-backend/10.1.1.10:8080',
      'sentinel breakers open route/api --yes',
      quietly('sentinel breakers reset route/api --yes'),
    ],
  },
  {
    title: 'addresses that are refused',
    deeds: [
      'sentinel block add 203.0.113.7',
      'sentinel block add 203.0.113.0/24 --for 30m --reason "login flood"',
      { line: 'sentinel block list', says: /login flood/ },
      'sentinel block remove 203.0.113.0/24',
    ],
  },
  {
    title: 'other values for a while',
    deeds: [
      'sentinel override limits max-connections-per-client=20 max-requests-per-second-global=5000 --for 30m --reason "flood"',
      'sentinel override limits max-total-connections=1000 --yes',
      'sentinel override timeout api 60s',
      'sentinel override timeout api-backend connect-secs=1',
      'sentinel override weight api-backend/10.1.1.10:8080 0',
      'sentinel override weight api-backend/10.1.1.10:8080 5 --for ever',
      'sentinel override health api-backend unhealthy-threshold=10',
      'sentinel override health api-backend failure-rate=90 --for 1h',
      'sentinel override fallback api --for 1h',
      'sentinel override fallback api emergency-static',
      'sentinel override rate-limit api requests-per-second=10 burst=20 --for 15m',
      'sentinel override rate-limit --all-routes requests-per-second=5 --yes',
      { line: 'sentinel override list', says: /max-connections-per-client/ },
      'sentinel override clear limits max-connections-per-client',
      'sentinel override clear --all --yes',
    ],
  },
  {
    title: 'drains',
    deeds: [
      'sentinel drain 10.1.1.10:8080 --dry-run',
      { line: 'sentinel drain 10.1.1.10:8080 --reason "kernel patch"', gives: ['d-1f2e3d', drainId] },
      { line: 'sentinel drain 10.1.1.11:8080 --yes', exits: [1], says: /SNT-U005/ },
      { line: 'sentinel drains', says: /kernel patch/ },
      'sentinel drains d-1f2e3d',
      'sentinel undrain 10.1.1.10:8080',
      'sentinel drain 10.1.1.10:8080 --yes --timeout 2m --on-timeout restore',
      'sentinel undrain 10.1.1.10:8080 --yes',
      "sentinel drain '10.1.2.*' --all --confirm '10.1.2.*'",
      quietly('sentinel undrain 10.1.2.10:8080 --yes'),
      quietly('sentinel undrain 10.1.2.11:8080 --yes'),
      "sentinel drain --rolling api-backend --exec 'ssh {host} systemctl restart app' --yes",
      'sentinel drain 127.0.0.1:34741 --reason "a new kernel" --yes',
      'sentinel undrain 127.0.0.1:34741 --yes',
      "sentinel drain 127.0.0.1:38651 --upstream web --reason 'upstream failure' --timeout 2m --yes",
      quietly('sentinel undrain 127.0.0.1:38651 --yes'),
      "sentinel drain 127.0.0.1:34281 --reason 'it dies on every request' --yes",
      "sentinel undrain 127.0.0.1:34281 --reason 'application rolled back' --yes",
      'export SENTINEL_TOKEN_FILE=~/.config/sentinel.token',
      'sentinel drain api/10.1.1.12:8080 --reason "kernel patch" --daemon proxy-1.internal:9090',
      quietly('sentinel undrain 10.1.1.12:8080 --yes'),
    ],
  },
  {
    title: 'maintenance',
    deeds: [
      'sentinel maintenance on --route blue --for 5m --retry-after 2m --reason "schema change" --yes',
      { line: 'curl -i http://127.0.0.1:8080/blue', says: /503 Service Unavailable[\s\S]*Retry-After: 120/i },
      'sentinel maintenance off --route blue',
      'sentinel maintenance on --route api --for 1h --reason "schema change"',
      quietly('sentinel maintenance off --yes'),
      'sentinel maintenance on --all --page down.html --retry-after 15m --allow 10.0.0.0/8 --confirm=all',
      'sentinel maintenance off',
      'sentinel maintenance on --all --page down.html --retry-after 15m --allow 10.0.0.0/8 --for 1h --reason "schema change" --confirm=all',
      quietly('sentinel maintenance off --yes'),
    ],
  },
  {
    title: 'log levels and workers',
    deeds: [
      'sentinel log-level debug --for 15m',
      'sentinel log-level debug --module health --reason "flapping"',
      'sentinel log-level debug --module health --for 15m --reason "flapping"',
      { line: 'sentinel log-level', says: /flapping/ },
      'sentinel log-level reset',
      'sentinel logs reopen',
      'sentinel restart --workers',
      'sentinel restart --workers --timeout 1m --on-timeout close --confirm=workers',
      'sentinel restart --workers --reason "fresh heaps"',
    ],
  },
  {
    title: 'certificates',
    deeds: [
      { line: 'sentinel cert-check --staged new.crt new.key --for https', exits: [0] },
      'cp new.crt /etc/sentinel/certs/server.crt && cp new.key /etc/sentinel/certs/server.key',
      'cp /path/to/new/cert.crt /etc/sentinel/certs/server.crt',
      'cp /path/to/new/key.key /etc/sentinel/certs/server.key',
      'chmod 600 /etc/sentinel/certs/server.key',
      'sentinel reload --certs',
      'sentinel cert-check',
    ],
  },
  {
    title: 'a change on trial, kept, extended, taken back',
    deeds: [
      nextConfig('new.kdl', 6),
      'sentinel config plan',
      'sentinel config plan new.kdl',
      { line: 'sentinel config plan new.kdl --exit-code', exits: [5] },
      {
        line: 'sentinel config apply new.kdl --confirm-within 5m --reason "raise timeouts"',
        meanwhile: ['sentinel config extend c-9f2a 10m', 'sentinel config confirm c-9f2a'],
      },
      nextConfig('new.kdl', 7),
      {
        line: 'sentinel config apply new.kdl --confirm-within 2m --yes --wait',
        exits: [7],
        meanwhile: ['sentinel config rollback c-9f2a'],
      },
      nextConfig('bad.kdl', 8),
      {
        line: 'sentinel config apply bad.kdl --confirm-within 2m --reason "new backend" --yes --wait',
        exits: [7],
        meanwhile: ['sentinel config rollback c-9f2a'],
      },
      nextConfig('new.kdl', 9),
      'sentinel config apply new.kdl --yes',
      nextConfig('new.kdl', 10),
      {
        line: [
          'sentinel config apply new.kdl --confirm-within 3m --yes --wait --reason "release 42" &',
          './smoke-test.sh && sentinel config confirm "$(sentinel status --json | jq -r .data.pending.id)"',
          'wait $!',
        ].join('\n'),
      },
      { line: 'sentinel config history', says: /release 42/ },
      'sentinel config history 41',
      'sentinel config diff',
      'sentinel config diff 40',
      'sentinel config diff 40 41',
      nextConfig('old.kdl', 11),
      'sentinel config diff old.kdl new.kdl',
      'sentinel config rollback 41 --confirm=41',
      async (scene) => {
        // Where nobody can be asked it says which one it means.
        const { text } = await scene.run('sentinel config rollback');
        scene.ids.set('the one before', /--confirm=(\d+)/.exec(text)?.[1] ?? text);
      },
      { line: 'sentinel config rollback', answer: 'the one before' },
    ],
  },
  {
    title: 'the file, edited',
    deeds: [
      { line: 'sentinel config edit', exits: [0] },
      {
        line: 'sentinel config edit --confirm-within 5m --reason "raise timeouts"',
        meanwhile: ['sentinel config confirm c-9f2a'],
      },
      'EDITOR="code --wait" sentinel config edit sentinel.kdl',
      'sentinel reload',
      'sentinel reload --reason "raise timeouts"',
      'sentinel target add api-backend 10.1.1.13:8080',
      'sentinel target weight api-backend 10.1.1.10:8080 5',
      'sentinel target remove api-backend 10.1.1.12:8080',
      quietly('sentinel override clear --all --yes'),
      'sentinel target add api-backend 10.1.1.13:8080 2 --persist --yes',
      'sentinel target weight api-backend 10.1.1.10:8080 0 --persist --yes',
      'sentinel target remove api-backend 10.1.1.12:8080 --persist --yes',
      { line: 'sentinel config fmt --check sentinel.kdl', exits: [1] },
      'sentinel config fmt sentinel.kdl',
      async ({ daemon, config }) =>
        daemon.writeConfig(config(5).replace('upstream "colours"; policies', 'upstream "colors"; policies')),
      { line: 'sentinel validate /tmp/sentinel-demo-Jw8vgT/sentinel.kdl', exits: [1], says: /SNT-C140.*colors/ },
      { line: 'sentinel reload', exits: [1], says: /SNT-P013/ },
      'sentinel validate --apply-suggestions /tmp/sentinel-demo-Jw8vgT/sentinel.kdl',
      'sentinel reload',
    ],
  },
  {
    title: 'the first ten minutes',
    deeds: [
      'sentinel incident open --title "one colour is gone" --at 2m',
      'sentinel incident ack',
      'sentinel drain 127.0.0.1:37965 --reason "it is broken" --yes',
      'sentinel incident snapshot --fast',
      'sentinel undrain 127.0.0.1:37965 --yes',
      'sentinel incident close --resolved now --why "the colour is back"',
      'sentinel incident postmortem',
    ],
  },
  {
    title: 'an incident',
    deeds: [
      { line: 'sentinel incident open --title "blue answers 502" --at 1m', gives: ['INC-20261121-001', incident] },
      'sentinel incident ack',
      'sentinel incident role commander "Ana Silva"',
      'sentinel incident role commander ada',
      'sentinel incident role',
      'sentinel incident sev 2 --why "checkout only"',
      { line: 'sentinel incident sev --yes', exits: [0, 1] },
      'sentinel incident mark',
      'sentinel incident mark alert --at 5m',
      'sentinel incident mark identified',
      'sentinel incident note "10.1.1.12 does not answer, application team is on it"',
      "sentinel incident note 'the application on 127.0.0.1:34281 dies on every request'",
      'dmesg | tail -5 | sentinel incident note -',
      'sentinel incident mark mitigated',
      'sentinel incident checklist',
      'sentinel incident checklist tick channel',
      'sentinel incident comms initial',
      'sentinel incident comms update --update "A fix is being rolled out." --format slack',
      'sentinel incident comms maintenance-announce --service Checkout --title "New hardware" --window 2026-11-22T02:00Z/1h',
      'sentinel incident handover',
      'sentinel incident snapshot --plan',
      'sentinel incident snapshot --fast',
      'sentinel incident snapshot --redact share --map private.json',
      async ({ folder }) => rmSync(path.join(folder, 'private.json')),
      'sentinel incident snapshot --redact share --map private.json --output /tmp/for-vendor.tar.gz',
      'sentinel incident timeline',
      'sentinel incident timeline INC-20261121-001 --format markdown',
      'sentinel incident timeline --source command --source configuration',
      "sentinel incident timeline --since 13:00 --filter 'severity=error'",
      'sentinel incident show INC-20261121-001',
      'sentinel incident factor add "the timeout was shorter than the slowest query"',
      "sentinel incident factor add 'the new version was never asked by a health check'",
      'sentinel incident action add "raise the timeout of checkout" --owner ana --due 7d',
      "sentinel incident action add 'give upstream web a health check' --owner ada --due 7d",
      'sentinel incident action list',
      'sentinel incident action done 2 -i INC-20261121-001',
      'sentinel incident postmortem --print',
      'sentinel incident mark resolved',
      'sentinel incident close --resolved now --why "target is back"',
      'sentinel incident reopen INC-20261121-001 --why "errors are back"',
      quietly('sentinel incident mark resolved'),
      "sentinel incident close --why 'rolled back'",
      quietly('sentinel incident reopen INC-20261121-001 --why "errors are back"'),
      quietly('sentinel incident mark resolved'),
      'sentinel incident close INC-20261121-001 --why "rolled back"',
      quietly('sentinel incident reopen INC-20261121-001 --why "errors are back"'),
      'sentinel incident checklist untick post-all-clear',
      'sentinel incident close --resolved now',
      'sentinel incident postmortem INC-20261121-001',
      {
        line: 'grep "Impact\\|impact\\|resolve:" /tmp/rbdemo/incidents/INC-20261121-001/postmortem.md',
        says: /Impact/,
      },
      'sentinel incident verify INC-20261121-001',
    ],
  },
  {
    title: 'more incidents, and what is kept of them',
    deeds: [
      { line: 'sentinel incident open INC-001 --sev 2 --at 5m' },
      'sentinel incident postmortem',
      'sentinel incident snapshot INC-001 --fast',
      'sentinel incident snapshot',
      'sentinel incident snapshot show INC-001',
      'sentinel incident snapshot show INC-001 manifest.json',
      'sentinel incident snapshot verify INC-001',
      { line: 'sentinel diagnose --bundle INC-001', exits: [0, 1, 3] },
      async (scene) => {
        for (const name of ['prod-1', 'before', 'after'])
          await scene.run(`sentinel incident snapshot --fast --output ${name}.tar.gz`, 'y');
      },
      'sentinel incident snapshot show prod-1.tar.gz README.md',
      'sentinel incident snapshot verify prod-1.tar.gz',
      { line: 'sentinel incident snapshot diff before.tar.gz after.tar.gz', exits: [0, 1, 5] },
      quietly('sentinel incident close INC-001 --resolved now --why over'),
      quietly('sentinel incident open INC-002 --sev 3'),
      quietly('sentinel incident snapshot INC-002 --fast'),
      { line: 'sentinel incident snapshot diff INC-001 INC-002', exits: [0, 1, 5] },
      { line: 'sentinel incident snapshot --for 2m --interval 10s', exits: [130] },
      quietly('sentinel incident close INC-002 --resolved now --why over'),
      { line: 'sentinel incident open --title "checkout answers 502"' },
      quietly('sentinel incident close --resolved now --why over'),
      { line: 'sentinel incident open --title "checkout answers 502" --sev 2 --at 5m' },
      quietly('sentinel incident close --resolved now --why over'),
      { line: "sentinel incident open --sev 2 --title 'checkout fails for some' --at 2026-11-21T15:10:29.481Z" },
      quietly('sentinel incident close --resolved now --why over'),
      'sentinel incident list --all',
      'sentinel incident verify --all',
    ],
  },
  {
    title: 'what is wrong, and a procedure for it',
    deeds: [
      { line: 'sentinel diagnose --save-facts facts.json', exits: [0, 1, 3] },
      { line: 'sentinel diagnose --facts facts.json', exits: [0, 1, 3] },
      'sentinel runbook lint dns-outage.md --format short',
      { line: 'sentinel runbook run upstream-failure --dry-run', exits: [0] },
    ],
  },
  {
    title: 'files of one’s own',
    deeds: [
      'sentinel init config/sentinel.kdl',
      async ({ folder }) => process.chdir(path.join(folder, 'tmp')),
      'sentinel init sentinel.kdl',
      'sentinel validate sentinel.kdl',
      async ({ folder }) => process.chdir(folder),
      'sentinel config alerts > sentinel-rules.yml',
      'sentinel config alerts sentinel.kdl > sentinel-rules.yml',
      'promtool check rules sentinel-rules.yml',
      'sentinel config alerts sentinel.kdl --output /etc/prometheus/sentinel',
      'install -m 600 /dev/null ~/.config/sentinel.token',
      'openssl rand -hex 32 > ~/.config/sentinel.token',
      { line: "tr -d '\\n' < ~/.config/sentinel.token | sha256sum", says: /^[0-9a-f]{64}/ },
    ],
  },
  {
    title: 'signals, the last of which ends it',
    deeds: [
      async ({ daemon, folder }) => writeFileSync(path.join(folder, 'sentinel.pid'), `${daemon.pid}\n`),
      'kill -HUP  $(cat /var/run/sentinel.pid)',
      'kill -USR1 $(cat /var/run/sentinel.pid)',
      'kill -TERM $(cat /var/run/sentinel.pid)',
      async ({ daemon }) => void (await daemon.ended()),
    ],
  },
];
