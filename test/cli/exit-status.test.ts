/**
 * One table: what each command exits with. The format of the output and whether a person watches never change it, and
 * every JSON output is the one envelope.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { sorted } from '../../src/cli/envelope.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { callSentinel, type Ended, runSentinel } from './command-line.ts';

const good = staticConfig();
const files: Readonly<Record<string, string>> = {
  'good.kdl': good,
  'warned.kdl': `limits { max-header-count 50 }\nlimits { max-header-count 60 }\n${good}`,
  'wrong.kdl': good.replace('upstream "fixed" }', 'upstream "fixxed" }'),
  'broken.kdl': 'listener "http" { address "127.0.0.1:0"\n',
  'unrouted.kdl': good.replace('{ upstream "fixed" }', '{ matches { path "/only" }; upstream "fixed" }'),
  'tested.kdl': good.replace('{ upstream "fixed" }', '{ upstream "fixed"; expect { request "GET" "/x" } }'),
  'mistested.kdl': good.replace('{ upstream "fixed" }', '{ upstream "fixed"; expect { request "GET" "/health" } }'),
  'small.md': '---\nid: small\ntitle: Small\nseverity: SEV4\nsymptoms: [slow]\nentry: true\n---\n# Small\n',
  'dead.md': '---\nid: dead\ntitle: Dead\nseverity: SEV4\nsymptoms: [slow]\nentry: true\n---\n[nowhere](nowhere.md)\n',
  'bare.md': '# No front matter\n',
  'large.kdl': `//${' '.repeat(8 << 20)}\n`,
};

/** `json`: also with `--json`. `validate`: also in every other format. */
type Outputs = 'text' | 'json' | 'validate';

interface Row {
  readonly args: string;
  readonly code: number;
  readonly outputs: Outputs;
  readonly environment?: Readonly<Record<string, string>>;
}

const row = (args: string, code: number, outputs: Outputs, environment?: Row['environment']): Row =>
  environment === undefined ? { args, code, outputs } : { args, code, outputs, environment };

const rows: readonly Row[] = [
  row('', 2, 'text'),
  row('--help', 0, 'text'),
  row('--version', 0, 'text'),
  row('help validate', 0, 'text'),
  row('statsu', 2, 'json'),
  row('route', 2, 'text'),
  row('status --nope', 2, 'json'),
  row('explain one two', 2, 'json'),
  row('validate good.kdl', 0, 'validate'),
  row('validate warned.kdl', 0, 'validate'),
  row('validate --fail-on warn warned.kdl', 1, 'validate'),
  row('validate --fail-on warn good.kdl', 0, 'validate'),
  row('validate wrong.kdl', 1, 'validate'),
  row('validate broken.kdl', 1, 'validate'),
  row('validate missing.kdl', 3, 'validate'),
  row('validate folder', 3, 'validate'),
  row('validate large.kdl', 3, 'validate'),
  row('validate', 3, 'validate'),
  row('validate', 0, 'validate', { SENTINEL_CONFIG: 'good.kdl' }),
  row('validate --format yaml good.kdl', 2, 'text'),
  row('validate mistested.kdl', 1, 'validate'),
  row('validate --live good.kdl', 3, 'validate'),
  row('config plan good.kdl', 3, 'json'),
  row('config plan missing.kdl', 3, 'json'),
  row('config diff', 3, 'json'),
  row('config diff good.kdl unrouted.kdl', 0, 'json'),
  row('config diff good.kdl unrouted.kdl --exit-code', 5, 'json'),
  row('config diff good.kdl good.kdl --exit-code', 0, 'json'),
  row('config diff good.kdl wrong.kdl', 1, 'json'),
  row('config diff good.kdl missing.kdl', 3, 'json'),
  row('config query route good.kdl', 0, 'json'),
  row('config query nothing good.kdl', 0, 'json'),
  row('config query route[[ good.kdl', 2, 'json'),
  row('config query route broken.kdl', 1, 'json'),
  row('config query route missing.kdl', 3, 'json'),
  row('test tested.kdl', 0, 'json'),
  row('test mistested.kdl', 1, 'json'),
  row('test wrong.kdl', 1, 'json'),
  row('test good.kdl', 3, 'json'),
  row('test --live tested.kdl', 3, 'json'),
  row('test --unsafe tested.kdl', 2, 'json'),
  row('validate --apply-suggestions -', 2, 'json'),
  row('cert-check', 3, 'validate'),
  row('cert-check -c good.kdl', 0, 'validate'),
  row('cert-check -c good.kdl --fail-on warn', 0, 'validate'),
  row('cert-check -c good.kdl --daemon missing/admin.sock', 3, 'validate'),
  row('cert-check -c wrong.kdl', 1, 'validate'),
  row('cert-check -c broken.kdl', 1, 'validate'),
  row('cert-check -c missing.kdl', 3, 'validate'),
  row('cert-check missing.pem', 3, 'validate'),
  row('cert-check folder', 3, 'validate'),
  row('cert-check good.kdl', 1, 'validate'),
  row('cert-check good.kdl missing.pem', 1, 'validate'),
  row('cert-check 127.0.0.1:1', 3, 'validate'),
  row('cert-check good.kdl 127.0.0.1:1', 1, 'validate'),
  row('cert-check missing.pem --ca missing.pem', 3, 'validate'),
  row('cert-check missing.pem --ca good.kdl', 1, 'validate'),
  row('cert-check --emit-fixed missing.pem', 3, 'validate'),
  row('cert-check --emit-fixed good.kdl', 1, 'validate'),
  row('cert-check --staged missing.pem missing.key --for http -c good.kdl', 2, 'json'),
  row('cert-check --staged missing.pem missing.key', 2, 'json'),
  row('cert-check --for https', 2, 'json'),
  row('cert-check --format yaml', 2, 'text'),
  row('config print good.kdl', 0, 'json'),
  row('config print --origin good.kdl', 0, 'json'),
  row('config print wrong.kdl', 1, 'json'),
  row('config print missing.kdl', 3, 'json'),
  row('init good.kdl', 1, 'json'),
  row('init nowhere/new.kdl', 3, 'json'),
  row('env', 0, 'json'),
  row('env -c good.kdl', 0, 'json'),
  row('env -c wrong.kdl', 1, 'json'),
  row('env -c missing.kdl', 3, 'json'),
  row('env', 1, 'json', { SENTINEL_WORKERS: 'many' }),
  row('route explain GET /x -c good.kdl', 0, 'json'),
  row('route explain GET /x -c unrouted.kdl', 1, 'json'),
  row('route explain GET /x -c wrong.kdl', 1, 'json'),
  row('route explain GET /x -c missing.kdl', 3, 'json'),
  row('route explain GET nonsense -c good.kdl', 2, 'json'),
  row('route explain GET /x -H nonsense -c good.kdl', 2, 'json'),
  row('env', 1, 'json', { SENTINEL_METRICS_ADDR: '127.0.0.1:65536' }),
  row('env', 0, 'json', { SENTINEL_METRICS_ADDR: '127.0.0.1:65535' }),
  row('route explain GET', 2, 'json'),
  row('route explain GET /health -c unrouted.kdl', 0, 'json'),
  row('route explain G(T /x -c good.kdl', 2, 'json'),
  row('route explain GET http://[::1 -c good.kdl', 2, 'json'),
  row('route explain GET /x --client-ip 1.2.3 -c good.kdl', 2, 'json'),
  row('route explain GET /x --daemon missing/admin.sock', 3, 'json'),
  row('explain', 0, 'json'),
  row('explain SNT-C001', 0, 'json'),
  row('explain no_healthy_target', 0, 'json'),
  row('explain SNT-X999', 2, 'json'),
  row('runbook run nonesuch', 2, 'json'),
  row('runbook run triage --bash', 2, 'json'),
  row('runbook run triage --resume --step 1', 2, 'json'),
  row('runbook run triage --set target', 2, 'json'),
  row('runbook list', 0, 'json'),
  row('runbook list', 1, 'json', { SENTINEL_RUNBOOKS: 'missing' }),
  row('runbook show triage', 0, 'json'),
  row('runbook show triage --markdown', 0, 'json'),
  row('runbook show triage#the-tree', 0, 'json'),
  row('runbook show tirage', 2, 'json'),
  row('runbook show triage#nothing', 2, 'json'),
  row('runbook lint small.md', 0, 'json'),
  row('runbook lint dead.md', 1, 'validate'),
  row('runbook lint bare.md', 1, 'json'),
  row('runbook lint small.md bare.md', 1, 'json'),
  row('runbook lint missing.md', 3, 'json'),
  row('runbook lint bare.md missing.md', 1, 'json'),
  row('runbook lint --format yaml', 2, 'text'),
  row('status --daemon missing/admin.sock', 3, 'json'),
  row('status --daemon nonsense', 2, 'json'),
  row('status --daemon one/a.sock,two/a.sock', 2, 'json'),
  row('reload --daemon missing/admin.sock', 3, 'json'),
  row('upstreams --daemon missing/admin.sock', 3, 'json'),
  row('check --daemon missing/admin.sock', 3, 'json'),
  row('breakers --daemon missing/admin.sock', 3, 'json'),
  row('breakers close route/all --daemon missing/admin.sock', 2, 'json'),
  row('breakers reset --daemon missing/admin.sock', 2, 'json'),
  row('run -c missing.kdl', 3, 'text'),
  row('run -c folder', 3, 'text'),
  row('run -c large.kdl', 3, 'text'),
  row('run -c wrong.kdl', 1, 'text'),
  row('run -c broken.kdl', 1, 'text'),
  row('run --to nonsense', 1, 'text'),
  row('run --to 127.0.0.1:1 -c good.kdl', 2, 'text'),
  row('run --workers many', 2, 'text'),
  row('run -c good.kdl', 2, 'text', { SENTINEL_METRICS_ADDR: 'nonsense' }),
  row('demo --port 0', 2, 'text'),
  row('--validate --config good.kdl', 0, 'text'),
  row('--validate --config wrong.kdl', 1, 'text'),
  row('--test-config good.kdl', 0, 'text'),
  row('--test-config missing.kdl', 3, 'text'),
  row('--print-config --config good.kdl', 0, 'text'),
  row('--config missing.kdl', 3, 'text'),
];

const flagsOf: Readonly<Record<Outputs, readonly string[]>> = {
  text: [''],
  json: ['', '--json'],
  validate: ['', '--json', '--format json', '--format short', '--format github', '--format sarif'],
};

/** Where all rows run: they only read. */
const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-exit-status-'));
mkdirSync(path.join(folder, 'folder'));
for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
process.chdir(folder);
after(() => rmSync(folder, { recursive: true }));

type Run = typeof runSentinel;

/** Runs a row in every output, through a pipe and in a terminal, and holds each to the row's exit status. */
async function holdRow(
  run: Run,
  { args, code, outputs, environment = {} }: Row,
  flagSets = flagsOf[outputs],
): Promise<void> {
  const words = args === '' ? [] : args.split(' ');
  for (const flags of flagSets) {
    const line = [...words, ...(flags === '' ? [] : flags.split(' '))];
    for (const terminal of [false, true]) {
      const ended = await run(line, { directory: folder, environment, terminal });
      const where = `sentinel ${line.join(' ')}${terminal ? ' in a terminal' : ''}: ${ended.stderr}${ended.stdout}`;
      assert.equal(ended.code, code, where);
      assert.doesNotMatch(ended.stdout + ended.stderr, /^\s+at .*:\d+:\d+\)?$/m, `a stack: ${where}`);
      if (flags.endsWith('json')) holdEnvelope(ended, code, where);
    }
  }
}

function holdEnvelope({ stdout, stderr }: Ended, code: number, where: string): void {
  assert.equal(stderr, '', where);
  const envelope = JSON.parse(stdout) as Record<string, unknown>;
  const keys = 'daemon data exit_code findings generated_at generation schema status tool warnings';
  assert.equal(Object.keys(envelope).join(' '), keys, where);
  assert.equal(JSON.stringify(envelope), JSON.stringify(sorted(envelope)), 'keys are sorted at every depth');
  assert.equal(envelope['exit_code'], code, where);
  assert.equal(envelope['status'] === 'ok', code === 0, where);
  assert.match(String(envelope['generated_at']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(String(envelope['schema']), /^sentinel\.[a-z.-]+\/1$/);
  if (code !== 0) assert.notEqual((envelope['findings'] as unknown[]).length, 0, `${where}: nothing says why`);
}

for (const one of rows) {
  const set = Object.entries(one.environment ?? {}).map(([name, value]) => `${name}=${value} `);
  test(`${set.join('')}sentinel ${one.args} exits with ${one.code}`, () => holdRow(callSentinel, one));
}

/** The whole way, streams and all: one row for each status and each kind of output. */
for (const one of rows.filter(({ args }) =>
  ['validate warned.kdl', 'env -c wrong.kdl', 'statsu', 'run -c missing.kdl'].includes(args),
)) {
  test(`a process that runs sentinel ${one.args} exits with ${one.code}`, async (t) => {
    if (requireComponent(t, 'script') === undefined) return;
    await holdRow(runSentinel, one, flagsOf[one.outputs].slice(0, 2));
  });
}

test('commands that ask a daemon exit with what it says', async (t) => {
  const daemon = await startDaemonProcess(t);
  const environment = { SENTINEL_ADMIN_SOCKET: daemon.socket };
  const hold = (args: string, code: number, given?: Row['environment']): Promise<void> =>
    holdRow(callSentinel, row(args, code, 'json', given));
  await hold('status', 0, environment);
  await hold(`status --daemon ${daemon.socket}`, 0);
  await hold('reload', 0, environment);
  await hold(`route explain GET /x --daemon ${daemon.socket}`, 0);
  await hold('config plan --exit-code', 0, environment);
  await hold('config diff --exit-code', 0, environment);
  await hold('config plan unrouted.kdl', 0, environment);
  await hold('config plan unrouted.kdl --exit-code', 5, environment);
  await hold('config plan mistested.kdl', 1, environment);
  await hold('config diff 99', 1, environment);
  await hold('validate --live good.kdl', 0, environment);
  await hold('test --live tested.kdl', 0, environment);
  await hold('test --live mistested.kdl', 1, environment);
  daemon.writeConfig(files['wrong.kdl'] as string);
  await hold('config plan', 1, environment);
  await hold('reload --reason test', 1, environment);
  await hold('status', 1, environment);
  daemon.writeConfig(files['unrouted.kdl'] as string);
  await hold('reload', 0, environment);
  await hold(`route explain GET /x --daemon ${daemon.socket}`, 1);
});

test('commands about upstreams exit with how those are', async (t) => {
  const up = createServer().listen(0, '127.0.0.1');
  await once(up, 'listening');
  t.after(() => up.close());
  const { port } = up.address() as AddressInfo;
  const daemon = await startDaemonProcess(t, {
    config: `${good} upstream "up" { target "127.0.0.1:${port}" }
      upstream "down" { target "127.0.0.1:1"; health-check { type "tcp"; interval-secs 1; timeout-secs 1 } }`,
  });
  const environment = { SENTINEL_ADMIN_SOCKET: daemon.socket };
  const hold = (args: string, code: number): Promise<void> =>
    holdRow(callSentinel, row(args, code, 'json', environment));
  await daemon.line('Target unhealthy');
  await hold('upstreams', 1);
  await hold('upstreams up', 0);
  await hold('upstreams fixed', 0);
  await hold('upstreams nope', 1);
  await hold('check', 1);
  await hold('check up', 0);
  await hold('check fixed', 0);
  await hold('check nope', 1);
  await hold('breakers', 0);
  await hold(`breakers reset up/127.0.0.1:${port} --yes`, 0);
  await hold(`breakers open up/127.0.0.1:${port} --yes`, 0);
  await hold('breakers open nope --yes', 1);
  await hold('breakers', 1);
  await hold('status', 1);
});

test('init writes a file that checks, once', async () => {
  assert.equal((await callSentinel(['init', 'new.kdl'])).code, 0);
  assert.equal((await callSentinel(['validate', '--fail-on', 'warn', 'new.kdl'])).code, 0);
  assert.equal((await callSentinel(['init', 'new.kdl'])).code, 1);
});

test('standard input is checked like a file', async () => {
  const codeFor = async (input: string | Uint8Array): Promise<number | null> =>
    (await runSentinel(['validate', '-', '--format', 'short'], { input })).code;
  assert.equal(await codeFor(good), 0);
  assert.equal(await codeFor(files['wrong.kdl'] as string), 1);
  assert.equal(await codeFor(Buffer.from([0xff, 0xfe, 0x00])), 1);
  assert.equal(await codeFor(files['large.kdl'] as string), 3);
});

test('commands about incidents exit with what is known and due, whatever their format', async () => {
  const nobody = { SENTINEL_ADMIN_SOCKET: path.join(folder, 'no.sock'), SENTINEL_METRICS_ADDR: '127.0.0.1:1' };
  const environment = { ...nobody, SENTINEL_INCIDENTS: path.join(folder, 'incidents') };
  const hold = (args: string, code: number, outputs: Outputs = 'json'): Promise<void> =>
    holdRow(callSentinel, row(args, code, outputs, environment));
  await hold('incident list', 0);
  for (const line of [
    'show',
    'ack',
    'note x',
    'mark resolved',
    'timeline',
    'handover',
    'postmortem',
    'verify',
    'checklist',
  ])
    await hold(`incident ${line}`, 2);
  await hold('incident open ../x', 2);
  await hold('incident open --sev 7', 2);
  const open = async (id: string): Promise<void> => {
    const { code } = await callSentinel(['incident', 'open', id, '--sev', '3'], { directory: folder, environment });
    assert.equal(code, 0);
  };
  await open('INC-1');
  await hold('incident open INC-1', 1);
  for (const line of [
    'show',
    'list',
    'ack',
    'sev 2',
    'note x',
    'mark identified',
    'role commander ada',
    'factor add x',
  ])
    await hold(`incident ${line}`, 0);
  for (const line of ['checklist', 'checklist tick channel', 'action add x', 'action list', 'action done 1', 'verify'])
    await hold(`incident ${line}`, 0);
  for (const line of ['timeline', 'postmortem', 'comms initial', 'comms update --draft', 'snapshot --plan'])
    await hold(`incident ${line}`, 0);
  await hold('incident timeline --format markdown', 0, 'text');
  for (const format of ['text', 'markdown', 'slack', 'statuspage'])
    await hold(`incident comms initial --draft --format ${format}`, 0, 'text');
  await hold('incident handover', 3);
  await hold('incident show INC-2', 1);
  await hold('incident action done 9', 2);
  await hold('incident mark solved', 2);
  await hold('incident close', 1);
  await hold('incident mark resolved', 0);
  assert.equal((await callSentinel(['incident', 'close'], { directory: folder, environment })).code, 0);
  for (const line of ['show', 'timeline', 'postmortem', 'comms resolution', 'verify', 'checklist', 'action list'])
    await hold(`incident ${line}`, 0);
  await hold('incident close INC-1', 1);
  mkdirSync(path.join(folder, 'incidents', 'INC-2'));
  writeFileSync(path.join(folder, 'incidents', 'INC-2', 'journal.ndjson'), '{"torn');
  await hold('incident list', 3);
  await hold('incident show INC-2', 3);
  await hold('incident verify INC-2', 1);
  await hold('incident verify --all', 1);
  await hold('incident snapshot show nothing.tar.gz', 3);
  await hold('incident snapshot verify good.kdl', 3);
});
