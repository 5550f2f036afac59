/** What `sentinel top` prints instead of a screen, in front of a daemon: the same view in every form, and a status that no form changes. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { topCommands } from '../../src/cli/tree/top.ts';
import { viewNames } from '../../src/tui/rows/row.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { callSentinel, type Ended, type RunOptions } from './command-line.ts';

interface Envelope {
  readonly schema: string;
  readonly status: string;
  readonly exit_code: number;
  readonly findings: readonly { readonly code: string; readonly detail: string }[];
  readonly data: {
    readonly view: string;
    readonly table: {
      readonly rows: readonly { readonly name: string; readonly standing: string; readonly values: object }[];
    };
    readonly nodes: readonly { readonly node: string; readonly answers: boolean }[];
  };
}

function envelopeOf({ stdout }: Ended): Envelope {
  return JSON.parse(stdout) as Envelope;
}

test('views that can be named on the command line are those that there are', () => {
  const option = topCommands[0]?.options.find(({ flags }) => flags.startsWith('--view'));
  assert.deepEqual(option?.choices, viewNames);
});

test('what is printed, in front of a daemon', async (t) => {
  let well = true;
  const origin = createServer((_, response) => {
    response.statusCode = well ? 200 : 503;
    response.end('here');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    origin.closeAllConnections();
    origin.close();
  });
  const target = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api" }
upstream "api" {
  target "${target}"
  health-check { type "http" { path "/health" }; interval-secs 60; unhealthy-threshold 1; healthy-threshold 1 }
}
upstream "fixed" { static { status 200; body "fixed" } }
`,
  });
  const dead = join(daemon.folder, 'nobody.sock');
  const top = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    callSentinel(['top', ...args], {
      ...options,
      environment: { SENTINEL_ADMIN_SOCKET: daemon.socket, ...options.environment },
    });
  const turn = async (to: boolean): Promise<void> => {
    well = to;
    await daemon.client.call('upstream-check', { params: { name: 'api' } });
  };
  await turn(true);

  await t.test('what is well is 0 in each form, and each form has the same rows', async () => {
    const [once, json] = await Promise.all([top(['--once']), top(['--json'])]);
    assert.equal(once.code, 0, once.stdout + once.stderr);
    assert.equal(json.code, 0);
    const { status, exit_code, data } = envelopeOf(json);
    assert.deepEqual([status, exit_code, data.view], ['ok', 0, 'upstreams']);
    assert.deepEqual(
      new Map(data.table.rows.map(({ name, standing }) => [name, standing])),
      new Map([
        ['api', 'up'],
        [`api/${target}`, 'up'],
        ['fixed', 'none'],
      ]),
    );
    for (const name of ['api', target, 'fixed']) assert.match(once.stdout, new RegExp(`^ .*${name} `, 'm'));
    assert.match(once.stdout, /^ ✓ .*all clear/m);
  });

  await t.test('the envelope is that of every command: keys in order, numbers with their unit', async () => {
    const { stdout } = await top(['--json', '--once']);
    const envelope = JSON.parse(stdout) as Envelope;
    const keys = [...stdout.matchAll(/^ {2}"(\w+)":/gm)].map(([, key = '']) => key);
    assert.deepEqual(
      keys,
      keys.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(envelope.schema, 'sentinel.top/1');
    const values = envelope.data.table.rows.find(({ name }) => name === `api/${target}`)?.values ?? {};
    for (const key of ['requests_per_s', 'err_ratio', 'p99_ms', 'since_ms', 'infl', 'state'])
      assert.ok(key in values, `${key} in ${Object.keys(values).join()}`);
  });

  await t.test('a pipe has no colours, a terminal has; both fit their width where a row can', async () => {
    const [pipe, terminal] = await Promise.all([top(['--once']), top(['--once'], { terminal: true, columns: 80 })]);
    assert.ok(!pipe.stdout.includes('\u001b'));
    assert.match(terminal.stdout, /\u001b\[32m/);
    const ascii = await top(['--once', '--ascii']);
    assert.match(ascii.stdout, /^[\x20-\x7e\n]*$/);
  });

  await t.test('without a terminal, and without saying how, one table is printed', async () => {
    const { code, stdout, stderr } = await top([]);
    assert.equal(code, 0);
    assert.match(stdout, /UPSTREAM\/TARGET/);
    assert.equal(stderr, '');
  });

  await t.test('other views can be printed, and rows filtered and sorted', async () => {
    const others = ['routes', 'errors', 'log'];
    const printed = await Promise.all(others.map((view) => top(['--json', '--view', view])));
    for (const [index, ended] of printed.entries()) {
      assert.equal(ended.code, 0, ended.stdout);
      assert.equal(envelopeOf(ended).data.view, others[index]);
    }
    const { data } = envelopeOf(await top(['--json', '--filter', 'upstream=api', '--sort', 'p99:reverse', '--wide']));
    assert.deepEqual(data.table.rows.map(({ name }) => name).sort(), ['api', `api/${target}`]);
  });

  await t.test('a daemon that is dead is 3, in each form and beside one that is well, which is shown', async () => {
    for (const args of [['--once'], ['--json']]) {
      const alone = await top([...args, '--daemon', dead]);
      assert.equal(alone.code, 3, alone.stdout);
      const both = await top([...args, '--daemon', `${daemon.socket},${dead}`]);
      assert.equal(both.code, 3, both.stdout);
      assert.match(both.stdout, new RegExp(target));
      assert.match(both.stdout, new RegExp(dead));
    }
    const { findings, data } = envelopeOf(await top(['--json', '--daemon', `${daemon.socket},${dead}`]));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['SNT-A001'],
    );
    assert.deepEqual(
      data.nodes.map(({ answers }) => answers),
      [true, false],
    );
  });

  await t.test('a target that goes down and comes back is a sentence each, and nothing else of it', async () => {
    const ending = new AbortController();
    const written: string[] = [];
    const told = top(['--plain', '--interval', '250ms'], {
      interrupt: ending.signal,
      written: (text) => void written.push(text),
    });
    const lines = (): readonly string[] => written.join('').trimEnd().split('\n');
    const about = (words: RegExp) => () =>
      assert.equal(lines().filter((line) => words.test(line)).length, 1, lines().join('\n'));
    await eventually(about(/verdict: all clear\.$/));
    const before = lines().length;
    await turn(false);
    await eventually(about(/ target api\/\S+ is down, and was up: /));
    await eventually(about(/ verdict: SEV\d, /));
    await turn(true);
    await eventually(about(/ target api\/\S+ is up, and was down\.$/));
    ending.abort();
    const { code, stderr } = await told;
    assert.deepEqual([code, stderr], [130, '']);
    assert.equal(
      lines()
        .slice(before)
        .filter((line) => line.includes(` target api/${target}`)).length,
      2,
    );
    for (const line of lines()) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z [^\u001b]*\.$/);
  });

  await t.test('a screen reader, and a terminal that cannot be drawn on, get sentences', async () => {
    for (const environment of [{ INK_SCREEN_READER: 'true' }, { TERM: 'dumb' }]) {
      const ending = new AbortController();
      const { code, stdout } = await top([], {
        environment,
        terminal: true,
        interrupt: ending.signal,
        written: (text) => void (text.includes('verdict') && ending.abort()),
      });
      assert.equal(code, 130);
      assert.match(stdout, /^\d\d:\d\d:\d\dZ the daemon \S+ answers: ready, generation 1\.\n/);
      assert.ok(!stdout.includes('\u001b'));
    }
  });

  await t.test('what is wrong is 1 in each form, with why and what to type; beside a dead daemon too', async () => {
    await turn(false);
    const [once, json] = await Promise.all([top(['--once']), top(['--json'])]);
    assert.equal(once.code, 1, once.stdout);
    assert.equal(json.code, 1, json.stdout);
    assert.match(once.stdout, new RegExp(`^ ✗ api/${target}: .*503`, 'm'));
    assert.match(once.stdout, /^ next: sentinel /m);
    assert.ok(envelopeOf(json).findings.some(({ code }) => code.startsWith('SNT-U')));
    assert.equal((await top(['--once', '--daemon', `${daemon.socket},${dead}`])).code, 1);
    // What is shown decides nothing.
    assert.equal((await top(['--once', '--view', 'certs'])).code, 1);
    assert.equal((await top(['--json', '--filter', 'upstream=fixed'])).code, 1);
  });

  await t.test('a filter with a mistake is 2 with its place, before anybody is asked', async () => {
    const { code, stderr } = await top(['--once', '--filter', 'err>', '--daemon', dead]);
    assert.equal(code, 2);
    assert.match(stderr, /err>\n {6}\^ expected a percentage/);
    const json = await top(['--stream', '--filter', 'nonsense=1']);
    assert.equal(json.code, 2);
    assert.equal(json.stdout.trimEnd().split('\n').length, 1);
    assert.equal(envelopeOf(json).findings[0]?.code, 'SNT-P040');
  });

  await t.test('what cannot be meant is 2', async () => {
    for (const args of [
      ['--interval', '100ms'],
      ['--interval', 'often'],
      ['--sort', 'colour'],
      ['--sort', 'p99:up'],
      ['--view', 'weather'],
      ['--once', '--stream'],
      ['--json', '--plain'],
      ['--plain', '--charts'],
      ['--view', 'certs', '--filter', 'err>1%'],
      ['--charts'],
    ]) {
      const { code, stderr, stdout } = await top(args);
      assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    }
  });
});
