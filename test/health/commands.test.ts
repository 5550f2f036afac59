/** What the commands about upstreams and breakers show, and how they ask before they change something. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callSentinel, type Ended, runSentinel, type RunOptions } from '../cli/command-line.ts';
import { OriginProcess } from '../faults/origin-process.ts';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

interface Scene {
  readonly origin: OriginProcess;
  readonly daemon: DaemonProcess;
  run(command: string, options?: RunOptions): Promise<Ended>;
}

async function scene(t: TestContext): Promise<Scene> {
  const origin = await OriginProcess.start(t);
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api-backend"; circuit-breaker { failure-threshold 7 } }
upstream "api-backend" {
  target "${origin.address}" weight=3
  target "127.0.0.1:1"
  health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1 }
}
upstream "sorry" { static { status 503; body "x" } }`,
  });
  const run: Scene['run'] = (command, options) =>
    callSentinel(command.split(' '), { ...options, environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } });
  await eventually(async () => {
    const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
    assert.deepEqual(
      data.targets.map(({ verdict }) => verdict),
      ['healthy', 'unhealthy'],
    );
  });
  return { origin, daemon, run };
}

/** Cells of a table by its titles; no cell has two spaces in it, as columns have between them. */
function cellsOf(text: string): Record<string, string>[] {
  const [titles = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const columns = titles.split(/ {2,}/);
  return lines
    .filter((line) => !/^(?:[✗▲·] upstream |next: )/.test(line))
    .map((line) => {
      const cells = line.split(/ {2,}/);
      assert.equal(cells.length, columns.length, line);
      return Object.fromEntries(columns.map((title, index) => [title, cells[index] as string]));
    });
}

test('upstreams shows each target with state, last check, breaker, weight and why, in aligned columns', async (t) => {
  const { origin, run } = await scene(t);
  const { code, stdout } = await run('upstreams');
  assert.equal(code, 1);
  const [up, down, fixed] = cellsOf(stdout);
  assert.match(up?.['LAST CHECK'] as string, /^L7OK 200 \d+(?:\.\d)?ms$/);
  assert.match(up?.['SINCE'] as string, /^\d+(?:ms|s|m \d\ds)$/);
  for (const title of ['RPS', 'ERR%', 'P50', 'P95', 'P99']) assert.match(up?.[title] as string, /^[–·?]$/, title);
  assert.deepEqual(
    { ...up, 'LAST CHECK': '', SINCE: '', RPS: '', 'ERR%': '', P50: '', P95: '', P99: '' },
    {
      UPSTREAM: 'api-backend',
      TARGET: origin.address,
      STATE: '✓ healthy',
      SINCE: '',
      'LAST CHECK': '',
      BREAKER: 'closed',
      WEIGHT: '3',
      INFL: '·',
      RPS: '',
      'ERR%': '',
      P50: '',
      P95: '',
      P99: '',
      WHY: 'answered 200',
    },
  );
  assert.equal(down?.['STATE'], '✗ unhealthy');
  assert.match(down?.['LAST CHECK'] as string, /^L4CON \d+(?:\.\d)?ms$/);
  assert.match(down?.['WHY'] as string, /^connection refused \(ECONNREFUSED\) ×\d+$/);
  assert.equal(fixed?.['WHY'], 'answers by itself');
  assert.match(stdout, /^next: sentinel check api-backend$/m);
  // One of two is down: enough are left, and it is said all the same.
  const status = await run('status');
  assert.equal(status.code, 0);
  assert.match(status.stdout, /^upstreams {2}1 of 1 up, 1 of 2 targets down, see sentinel upstreams$/m);
  // Aligned: what stands under a title begins where it does.
  const [titles = '', ...rows] = stdout.split('\n');
  for (const title of ['TARGET', 'STATE', 'LAST CHECK', 'BREAKER', 'WHY']) {
    const at = titles.indexOf(title);
    for (const row of rows.slice(0, 3)) assert.match(row.slice(at - 2, at + 1), /^ {2}\S$/, `${title}: ${row}`);
  }
  const json = JSON.parse((await run('upstreams api-backend --json')).stdout) as {
    findings: { code: string; detail: string; suggestion: { command: string } }[];
  };
  assert.deepEqual(
    json.findings.map(({ code: found, suggestion }) => [found, suggestion.command]),
    [['SNT-U001', 'sentinel check api-backend']],
  );
  assert.match(json.findings[0]?.detail as string, /^api-backend\/127\.0\.0\.1:1 is unhealthy: connection refused/);
});

test('on a narrow terminal what explains is cut, and no name is', async (t) => {
  const { origin, run } = await scene(t);
  const { stdout } = await run('upstreams', { terminal: true });
  // Colours do not take columns.
  const lines = stdout.replaceAll(/\u001b\[\d+m/g, '').split('\n');
  assert.ok(
    lines.every((line) => line.length <= 120),
    stdout,
  );
  assert.ok(lines.some((line) => line.includes(origin.address)));
});

test('a narrower terminal loses the columns that matter less, why only at the very end, never a name or a state', async (t) => {
  const { origin, run } = await scene(t);
  for (const [columns, lost] of [
    [110, ['SINCE', 'P50']],
    [100, ['SINCE', 'P50', 'WEIGHT']],
    [80, ['SINCE', 'P50', 'WEIGHT', 'BREAKER', 'P95', 'RPS', 'LAST CHECK']],
    [60, ['SINCE', 'P50', 'WEIGHT', 'BREAKER', 'P95', 'RPS', 'LAST CHECK', 'P99', 'WHY']],
  ] as const) {
    const { stdout } = await run('upstreams', { terminal: true, columns });
    const lines = stdout.replaceAll(/\u001b\[\d+m/g, '').split('\n');
    assert.ok(lines[0]?.startsWith('UPSTREAM'), stdout);
    // Where a column has no room, reasons stand below.
    if (columns > 60) assert.ok(lines[0]?.endsWith('WHY'), stdout);
    else
      assert.ok(
        lines.some((line) => line.startsWith('127.0.0.1:1: ')),
        stdout,
      );
    assert.ok(
      lines.slice(0, 4).every((line) => line.length <= columns),
      `${columns}: ${stdout}`,
    );
    assert.ok(lines.some((line) => line.includes(origin.address) && line.includes('healthy')));
    for (const title of ['STATE', 'INFL', 'ERR%']) assert.ok(lines[0]?.includes(title), `${title} at ${columns}`);
    for (const title of lost) assert.ok(!lines[0]?.includes(title), `${title} at ${columns}`);
  }
});

test('an upstream without any healthy target is named below the table and in status', async (t) => {
  const { origin, run } = await scene(t);
  await origin.kill();
  await eventually(async () => {
    const { stdout } = await run('upstreams');
    assert.match(stdout, /^✗ upstream api-backend: 0 of 2 targets healthy$/m);
  });
  const { stdout, code } = await run('status');
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^upstreams {2}0 of 1 up, 2 of 2 targets down\n {11}▲ upstream api-backend: 0 of 2 targets healthy$/m,
  );
});

test('check probes now and shows what came of it', async (t) => {
  const { origin, run } = await scene(t);
  const { stdout, code } = await run('check');
  assert.equal(code, 1);
  const [up, down] = cellsOf(stdout);
  assert.deepEqual(
    [up?.['TARGET'], up?.['CHECK'], up?.['RESULT'], up?.['WHY']],
    [origin.address, 'http', '✓ L7OK', 'answered 200'],
  );
  assert.equal(down?.['RESULT'], '✗ L4CON');
  assert.match(stdout, /^· upstream sorry answers by itself, without a target$/m);
});

test('breakers lists them; an order is refused where nobody can be asked, and carried out with --yes', async (t) => {
  const { origin, daemon, run } = await scene(t);
  const id = `api-backend/${origin.address}`;
  const listed = cellsOf((await run('breakers')).stdout);
  assert.deepEqual(
    listed.map((cells) => [cells['BREAKER'], cells['STATE'], cells['COUNT'], cells['TRIPS']]),
    [
      [id, '✓ closed', '0/5', '0'],
      ['api-backend/127.0.0.1:1', '✓ closed', '0/5', '0'],
      ['route/api', '✓ closed', '0/7', '0'],
    ],
  );
  const refused = await run(`breakers open ${id}`);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /SNT-P047.*nobody can be asked.*nothing was done\n.*--yes/);
  assert.equal((await fetch(daemon.url())).status, 200);
  const done = await run(`breakers open ${id} --yes --reason deploy`);
  assert.deepEqual([done.code, done.stdout], [0, `✓ breaker ${id} is open, and stays so until it is reset\n`]);
  const shown = await run('breakers');
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /✗ held open .*held open by user .+: deploy/);
  assert.equal((await run('breakers reset route/nope --yes')).code, 1);
  assert.equal((await run(`breakers reset ${id} --yes`)).stdout, `✓ breaker ${id} is closed\n`);
});

test('on a terminal it asks, with what happens and what undoes it; only y is yes', async (t) => {
  const { daemon, run } = await scene(t);
  const stateOf = async () => (await daemon.client.call('breakers')).data.breakers.at(-1)?.state;
  for (const [input, code, state] of [
    ['\n', 1, 'closed'],
    ['n\n', 1, 'closed'],
    ['Y\n', 0, 'forced_open'],
  ] as const) {
    const asked = await run('breakers open route/api --reason test', {
      terminal: true,
      stdin: { isTerminal: true, readUpTo: async (bytes) => Buffer.from(input).subarray(0, bytes) },
    });
    assert.equal(asked.code, code, asked.stderr);
    assert.equal(await stateOf(), state);
    const text = asked.stderr.replaceAll(/\u001b\[\d+m/g, '');
    assert.match(
      text,
      /^open breaker route\/api\n {2}where {4}.*generation 1\n {2}effect {3}closed now, 0 of 7 failures/,
    );
    assert.match(
      text,
      /\n {2}undo {5}sentinel breakers reset route\/api\n {2}expires {2}never.*\n {2}reason {3}test\n/,
    );
    assert.ok(text.endsWith('proceed? [y/N] '));
  }
});

test('who would take the last target away is told so before', async (t) => {
  const { origin, run } = await scene(t);
  // The other target is unhealthy, its breaker closed.
  const asked = await run(`breakers open api-backend/${origin.address}`, {
    terminal: true,
    stdin: { isTerminal: true, readUpTo: async () => Buffer.from('n') },
  });
  assert.equal(asked.code, 1);
  assert.match(
    asked.stderr,
    /no other target of api-backend takes requests: its routes answer 503, or go to their fallback\n/,
  );
});

test('in a real terminal the answer is typed', async (t) => {
  if (requireComponent(t, 'script') === undefined) return;
  const { daemon } = await scene(t);
  const options = { terminal: true, environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } };
  const ended = await runSentinel(['breakers', 'open', 'route/api'], { ...options, input: 'y\n' });
  assert.equal(ended.code, 0, ended.stdout);
  assert.equal((await daemon.client.call('breakers')).data.breakers.at(-1)?.state, 'forced_open');
});

test('a name without an address is told by name, with why, and its check is not determined', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: `listener "http" { address "127.0.0.1:0" }
route "api" { upstream "lost" }
upstream "lost" { target "nowhere.internal:8080" }`,
    environment: { SENTINEL_DNS_SERVERS: '127.0.0.1:1' },
  });
  const run = (...args: string[]) => callSentinel(args, { environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } });
  const shown = await run('upstreams');
  assert.equal(shown.code, 1);
  const [row] = cellsOf(shown.stdout);
  assert.deepEqual([row?.['TARGET'], row?.['STATE']], ['nowhere.internal:8080', '✗ no target']);
  assert.match(row?.['WHY'] as string, /^nowhere\.internal: no server takes questions \(127\.0\.0\.1:1\)$/);
  const checked = await run('check', 'lost');
  assert.equal(checked.code, 3);
  assert.match(checked.stdout, /^\? upstream lost has no target now: nowhere\.internal: no server takes questions/);
});
