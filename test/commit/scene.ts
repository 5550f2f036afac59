/** Changes on trial without workers: the real parts over a traffic, health and files of which the test says how they are. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SentinelError } from '../../src/base/errors.ts';
import type { LoadedConfig } from '../../src/config/load.ts';
import { loadConfigFile } from '../../src/config/load.ts';
import type { Generation } from '../../src/history/generation.ts';
import type { Applier } from '../../src/proxy/control/applier.ts';
import { Commit } from '../../src/proxy/control/commit/commit.ts';
import type { ConfigKeeper, TrialMark } from '../../src/proxy/control/commit/config-keeper.ts';
import { defaultLimits, type GuardLimits } from '../../src/proxy/control/commit/guard-limits.ts';
import { GuardWatch } from '../../src/proxy/control/commit/guard-watch.ts';
import { Outcomes } from '../../src/proxy/control/commit/outcomes.ts';
import { OwnChanges } from '../../src/proxy/control/commit/own-changes.ts';
import { TrialDisk } from '../../src/proxy/control/commit/trial-disk.ts';
import { DaemonState } from '../../src/proxy/control/daemon-state.ts';
import type { Standing } from '../../src/proxy/control/health/standing.ts';
import { Reloader } from '../../src/proxy/control/reload.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import { keys } from '../../src/proxy/control/traffic/keys.ts';
import { type Cause, causeIndex } from '../../src/proxy/shared/causes.ts';
import { sketchBucket } from '../../src/proxy/shared/duration-sketch.ts';
import { staticConfig, testFolder } from '../helpers/daemon.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** What one second has. */
export interface Second {
  readonly requests?: number;
  /** Of them, with 5xx. */
  readonly errors?: number;
  /** Of them, how many the proxy has answered itself, for this cause. */
  readonly own?: { readonly cause: Cause; readonly count: number };
  /** How long each took. */
  readonly ms?: number;
  readonly handshakes?: number;
  readonly failedHandshakes?: number;
}

export interface Said {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function standing(overrides: Partial<Standing> = {}): Standing {
  return {
    upstream: 'api',
    targets: 3,
    available: 3,
    minHealthy: 1,
    down: 0,
    drained: 0,
    drainedDown: 0,
    unknown: 0,
    degraded: null,
    ...overrides,
  };
}

export async function trialScene(t: TestContext) {
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  const clock = new ManualClock();
  const said: Said[] = [];
  const note =
    (level: Said['level']) =>
    (_words: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void said.push({ level, event: fields['event'], fields });
  const log = { debug() {}, info: note('info'), warn: note('warn'), error: note('error') };
  const warnings = new StandingWarnings(log);
  const state = new DaemonState();
  const workers = { fault: null as string | null };
  const proven: number[] = [];
  const counts = new Float64Array(keys.length);
  const handshakes = { ended: 0, failed: 0 };
  const listeners = new Set<() => void>();
  const health = { standings: [standing()] as readonly Standing[] };
  const keeper = fakeKeeper();

  const put = (loaded: LoadedConfig, generation: number): void => {
    const { config, digest } = loaded;
    const plan = { generation, digest } as never;
    state.apply({ config, base: config, loaded, plan, digest, generation, appliedAtMs: clock.wallMs() });
    const files = loaded.sources.map(({ path, text }) => ({ path, text }));
    keeper.kept.unshift({ number: generation, at: '', actor: '', reason: null, origin: 'apply', digest, files });
  };
  const applier = {
    async reload(loaded: LoadedConfig) {
      if (workers.fault !== null) throw new SentinelError('SNT-P011', workers.fault);
      put(loaded, state.generation + 1);
    },
  } as unknown as Applier;
  const watch = new GuardWatch({
    clock,
    log,
    warnings,
    traffic: {
      get latest() {
        return { counts, coveredMs: 1000 };
      },
      onTick(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    standings: () => health.standings,
    handshakes: () => ({ ...handshakes }),
    proven: (generation) => void proven.push(generation),
  });
  const outcomes = new Outcomes(log);
  const source = { kind: 'file', path: configFile } as const;
  const disk = new TrialDisk({ source, environment: {}, keeper, log });
  const certificates = { bytes: new Map<string, Buffer>(), stand() {} };
  let ids = 0;
  const commit = new Commit({
    clock,
    warnings,
    state,
    own: new OwnChanges({ state, reloader: () => reloader, certificates, disk }),
    certificates,
    random: () => (++ids).toString(16).padStart(4, '0'),
    watch,
    disk,
    outcomes,
  });
  const reloader: Reloader = new Reloader({
    load: () => loadConfigFile(configFile, {}),
    applier,
    state,
    listeners: [commit],
    gate: (change) => commit.gate(change),
    log,
    clock,
    certificates: { swap: async () => ({ kind: 'completed', changes: [], unchanged: [] }), review() {} },
  });
  t.after(() => commit.close());

  /** Turns the clock by whole seconds, each with the same traffic, and lets what follows happen. */
  const pass = async (seconds: number, second: Second = {}): Promise<void> => {
    const { requests = 0, errors = 0, ms = 10, handshakes: ended = 0, failedHandshakes = 0 } = second;
    for (let n = 0; n < seconds; n++) {
      counts.fill(0);
      counts[keys.classes + 2] = requests - errors;
      counts[keys.classes + 5] = errors;
      if (second.own !== undefined) counts[keys.causes + causeIndex[second.own.cause]] = second.own.count;
      counts[keys.sketch + sketchBucket(ms / 1000)] = requests;
      handshakes.ended += ended;
      handshakes.failed += failedHandshakes;
      clock.advance(1000);
      for (const listener of listeners) listener();
    }
    await settled();
  };
  /** Orders that the clock or a guard has given are carried out. */
  const settled = async (): Promise<void> => {
    for (let n = 0; n < 50; n++) await Promise.resolve();
  };
  const onDisk = () => readFileSync(configFile, 'utf8');
  const running = () => state.applied.loaded.sources[0]?.text;
  const events = (event: string) => said.filter((one) => one.event === event);
  const apply = (
    text: string,
    windowMs: number | null = 300_000,
    more: { limits?: Partial<GuardLimits>; stack?: boolean } = {},
  ) =>
    commit.apply({
      actor: 'user oncall',
      reason: 'raise timeouts',
      outdated: () => null,
      text,
      windowMs,
      limits: { ...defaultLimits, ...more.limits },
      stack: more.stack ?? false,
    });

  writeFileSync(configFile, staticConfig('one'));
  const first = loadConfigFile(configFile, {});
  if (first.kind !== 'ok') throw new Error('the first configuration is not valid');
  put(first, 1);
  state.phase = 'running';
  commit.began(state.applied, null);
  const one = staticConfig('one');
  const two = staticConfig('two');
  const three = staticConfig('three');
  const texts = { one, two, three };
  return {
    apply,
    clock,
    commit,
    configFile,
    events,
    folder,
    health,
    keeper,
    onDisk,
    pass,
    proven,
    reloader,
    running,
    said,
    settled,
    state,
    texts,
    warnings,
    workers,
  };
}

/** A keeper without a state folder. */
interface FakeKeeper extends ConfigKeeper {
  /** Newest first. */
  readonly kept: Generation[];
  marked: TrialMark | null;
  /** Why files could not be written later. */
  refusal: string | null;
  /** Why they cannot be written now. */
  fault: string | null;
}

function fakeKeeper(): FakeKeeper {
  const kept: Generation[] = [];
  const keeper: FakeKeeper = {
    kept,
    marked: null,
    refusal: null,
    fault: null,
    list: () => kept.map(({ files, ...head }) => ({ ...head, files: files.map(({ path }) => path), hashes: [] })),
    read: (number: number) => kept.find((one) => one.number === number) ?? null,
    objection: () => keeper.refusal,
    replaceFiles(files: readonly { readonly path: string; readonly text: string }[]) {
      if (keeper.fault !== null) throw new Error(keeper.fault);
      for (const { path, text } of files) writeFileSync(path, text);
      keeper.marked = null;
    },
    mark(mark: TrialMark) {
      keeper.marked = mark;
    },
    unmark() {
      keeper.marked = null;
    },
  };
  return keeper;
}
