/** What daemons, clients and disks looked like in faults that no rule had seen, and what is to be said of them. Values only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingChange } from '../../src/admin/contract/commit-shapes.ts';
import { judge } from '../../src/diagnosis/judge.ts';
import type { Verdict } from '../../src/diagnosis/judgement.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';
import {
  ago,
  bad,
  type Change,
  change,
  clients,
  factsWith,
  target,
  targetProbe,
  traffic,
  upstream,
  upstreams,
  windows,
} from './fact-values.ts';

const runbooks = (await openShelf({ ...shelfFolders({}), site: null })).all();
const of = (...changes: readonly Change[]): Verdict =>
  judge(factsWith(...changes), { runbooks, thresholds: defaultThresholds, contacts: null });
const inShort = ({ procedure, causes, severity, exit_code: exit }: Verdict) =>
  `${procedure} ${causes.map(({ cause }) => cause).join(',')} ${severity} ${exit}`;
const nothing = 'null  null 0';

const refusing = (cause: string, share: number): Change => traffic({ requests: 600, causes: { [cause]: 600 * share } });
const senders = (...shares: Parameters<typeof clients>[1]): Change =>
  change('clients', (value) => ({ ...value, by_address: clients('ip', shares) }));

test('blocks and challenges that most clients meet are a cause', () => {
  assert.equal(inShort(of(refusing('blocked', 0.9))), 'high-error-rate clients-blocked SEV2 1');
  assert.equal(inShort(of(refusing('challenged', 1))), 'high-error-rate clients-blocked SEV2 1');
});

test('a block that one sender runs into is what it is for, and so is one that a flood runs into', () => {
  const one = senders(['203.0.113.7', 0.5, 1], ['198.51.100.1', 0.3], ['198.51.100.2', 0.2]);
  assert.equal(inShort(of(refusing('blocked', 0.5), one)), nothing);
  const flood = change('clients', (value) => ({ ...value, requests_per_s: 900, usual_requests_per_s: 20 }));
  assert.equal(inShort(of(refusing('blocked', 0.9), flood)), nothing);
});

test('limits of size that most clients meet are a cause', () => {
  for (const cause of ['body_too_large', 'headers_too_large', 'uri_too_long'])
    assert.equal(inShort(of(refusing(cause, 0.75))), 'high-error-rate request-limit-too-low SEV2 1', cause);
  assert.equal(inShort(of(refusing('body_too_large', 0.02))), nothing);
});

/** Ten thousand requests, and so many of another route of which so many fail. */
const beside = (requests: number, errors: number): Change[] => [
  traffic({ requests: 10_000, errors, causes: { upstream_status: errors } }),
  change('traffic', (value) => ({
    ...value,
    traffic: {
      ...value.traffic,
      routes: [
        { id: 'all', windows: windows({ requests: 10_000 - requests }) },
        { id: 'canary', windows: windows({ requests, errors, causes: { upstream_status: errors } }) },
      ],
    },
  })),
];

test('a route that fails altogether is a cause, however small its part of the traffic', () => {
  const verdict = of(...beside(60, 60));
  assert.equal(inShort(verdict), 'high-error-rate upstream-errors SEV3 1');
  assert.equal(verdict.causes[0]?.resource?.name, 'canary');
});

test('a route that fails now and then, or is hardly asked, is none', () => {
  assert.equal(inShort(of(...beside(600, 30))), nothing);
  assert.equal(inShort(of(...beside(6, 6))), nothing);
});

test('a change on trial is no file that somebody forgot to load', () => {
  const differs = (pending: Partial<PendingChange> | null): Change =>
    change('daemon', (value) => ({
      ...value,
      status: {
        ...value.status,
        pending: pending as PendingChange | null,
        config: { ...value.status.config, disk_matches_running: false },
      },
    }));
  assert.equal(inShort(of(differs({ state: 'pending' }))), nothing);
  assert.equal(inShort(of(differs(null))), 'config-reload-failure disk-differs SEV4 1');
});

test('a disk without room is a cause while the daemon serves on, and a read-only one is not', () => {
  const disk = (more: { readonly free_bytes: number; readonly read_only?: boolean }): Change =>
    change('disk', (value) => ({
      ...value,
      places: value.places.map((place) => ({ ...place, used_ratio: 1, ...more })),
    }));
  assert.equal(inShort(of(disk({ free_bytes: 0 }))), 'process-crash disk-full SEV4 1');
  assert.equal(inShort(of(disk({ free_bytes: 0, read_only: true }))), nothing);
});

test('a unix socket that is not there is a target that nobody listens for', () => {
  const gone = of(
    upstreams(
      [upstream('api', [target('unix:/run/app.sock', { verdict: 'unhealthy', since: ago(60) })])],
      [targetProbe('api', 'unix:/run/app.sock', { tcp: bad('ENOENT', 'no such socket'), http: null })],
    ),
  );
  assert.equal(gone.causes[0]?.cause, 'target-refused');
});

test('of the memory of a group count neither pages of files that can be taken back nor those of other groups', () => {
  const memory = (current: number, reclaimable: number | null, rss = 5e8): Change =>
    change('memory', (value) => ({
      ...value,
      rss_bytes: rss,
      cgroup: { ...value.cgroup, current_bytes: current, reclaimable_bytes: reclaimable, limit_bytes: 1e9 },
      limit_bytes: 1e9,
      limit_source: 'cgroup' as const,
      used_ratio: rss / 1e9,
    }));
  assert.equal(inShort(of(memory(9.9e8, 5e8))), nothing);
  assert.equal(inShort(of(memory(7e8, 0, 1.1e9))), nothing);
  assert.equal(inShort(of(memory(9.9e8, 1e8))), 'memory-exhaustion memory-high SEV4 1');
  assert.equal(inShort(of(memory(9.9e8, null))), 'memory-exhaustion memory-high SEV4 1');
});

test('a state folder that a running daemon may not write to is a cause, and a file whose rights nobody knows is none', () => {
  const folder = (allowed: boolean | null): Change =>
    change('permissions', (value) => ({
      ...value,
      files: [
        ...value.files,
        {
          path: '/var/lib/sentinel',
          what: 'state' as const,
          needs: 'write' as const,
          allowed,
          owner: 'root',
          mode: '0755',
          why: null,
        },
      ],
    }));
  assert.equal(inShort(of(folder(false))), 'process-crash file-not-readable SEV4 1');
  assert.equal(inShort(of(folder(null))), nothing);
});
