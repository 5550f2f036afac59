/** Route tests: held against the file by `validate`, reloads and `sentinel test`, and sent through a running proxy. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { answering, deadPort, ok, startOrigin } from '../helpers/origin.ts';

function ask(daemon: DaemonProcess, ...args: readonly string[]): Promise<Ended> {
  return callSentinel(args, { environment: { SENTINEL_DAEMON: daemon.socket } });
}

function written(t: TestContext, text: string): string {
  const file = join(testFolder(t), 'sentinel.kdl');
  writeFileSync(file, text);
  return file;
}

interface Told {
  readonly result: string;
  readonly how: string;
  readonly why: string | null;
  readonly got: Readonly<Record<string, unknown>>;
}

async function told(
  daemon: DaemonProcess,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly tests: readonly Told[] }> {
  const { code, stdout } = await ask(daemon, 'test', '--live', '--json', ...args);
  return { code, tests: JSON.parse(stdout).data.tests };
}

const routes = (more = ''): string => `
route "api" {
    matches { path-prefix "/api/" }
    upstream "app"
    expect { request "GET" "/api/x"; upstream "app" }
    ${more}
}
route "rest" { upstream "page" }
upstream "page" { static { status 204 } }
`;
const listener = 'listener "http" { address "127.0.0.1:0" }';
const app = 'upstream "app" { target "127.0.0.1:9" }';

test('without a daemon the tests of a file are held against its routes', async (t) => {
  const good = await callSentinel([
    'test',
    written(t, listener + routes('expect { request "HEAD" "/"; route "rest" }') + app),
  ]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^✓ {2}GET \/api\/x +api +app/m);
  assert.match(good.stdout, /^✓ 2 held, by the routes of /m);
  const bad = written(t, listener + routes('expect { request "GET" "/apx" }') + app);
  for (const args of [
    ['test', bad],
    ['test', bad, '--json'],
    ['validate', bad],
    ['validate', bad, '--format', 'short'],
  ]) {
    const wrong = await callSentinel(args);
    assert.equal(wrong.code, 1, args.join(' '));
    assert.match(wrong.stdout, /\\?"rest\\?" (?:takes|took) it, expected \\?"api\\?"/);
  }
});

test('a file without tests has tested nothing', async (t) => {
  const { code, stdout } = await callSentinel([
    'test',
    written(t, `${listener}\nroute "a" { upstream "emergency-static" }`),
  ]);
  assert.equal(code, 3);
  assert.match(stdout, /has no route tests/);
});

test('tests of a route that is switched off wait with it', async (t) => {
  const off = 'route "off" { enabled #false; upstream "page"; expect { request "GET" "/off" } }';
  const { code, stdout } = await callSentinel(['test', written(t, `${listener + routes() + app}\n${off}`), '--json']);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).data.tests.length, 1);
});

test('a reload whose tests do not hold is refused, and so is a plan', async (t) => {
  const daemon = await startDaemonProcess(t, { config: listener + routes() + app });
  const wrong = listener + routes('expect { request "GET" "/" }') + app;
  daemon.writeConfig(wrong);
  const reload = await ask(daemon, 'reload');
  assert.equal(reload.code, 1);
  assert.match(reload.stdout + reload.stderr, /SNT-C189.*route "rest" takes it, expected "api"/);
  assert.equal((await daemon.client.call('status')).data.generation, 1);
  const plan = await ask(daemon, 'config', 'plan');
  assert.equal(plan.code, 1);
  assert.match(plan.stdout, /^✗ would be refused now: .*SNT-C189/m);
  assert.match(plan.stdout, /^\+ expect GET \/ of api$/m);
  const { data } = await daemon.client.call('config-validate');
  assert.deepEqual([data.accepted, data.valid], [false, false]);
});

test('a start and a rollback take a configuration whose tests do not hold, and say so for as long as it runs', async (t) => {
  const daemon = await startDaemonProcess(t, { config: listener + routes('expect { request "GET" "/" }') + app });
  const standing = async () =>
    (await daemon.client.call('status')).data.warnings.filter((one) => one.includes('SNT-C189'));
  assert.equal((await standing()).length, 1);
  daemon.writeConfig(listener + routes() + app);
  await daemon.client.call('config-reload');
  assert.equal((await standing()).length, 0);
  const { data } = await daemon.client.call('config-rollback', { body: { generation: 1 } });
  assert.equal(data.generation, 3);
  assert.equal((await standing()).length, 1);
});

test('a test that is sent says what the proxy saw of it: route, upstream, target and status', async (t) => {
  const origin = await startOrigin(t, answering(ok('hello')));
  const dead = await deadPort();
  const daemon = await startDaemonProcess(t, {
    config: `${listener}
${routes('expect { request "GET" "/api/other?q=1"; host "a.example"; header "X-Env" "prod"; status 200 }\nexpect { request "GET" "/api/x"; status 404 }')}
route "down" { matches { path "/down" }; upstream "nobody"; expect { request "GET" "/down" } }
upstream "nobody" { target "127.0.0.1:${dead}" }
upstream "app" { target "127.0.0.1:${origin.port}" }`,
  });
  const { code, tests } = await told(daemon);
  assert.equal(code, 1);
  assert.deepEqual(
    tests.map(({ result, how }) => [result, how]),
    [
      ['held', 'sent'],
      ['held', 'sent'],
      ['failed', 'sent'],
      ['failed', 'sent'],
    ],
  );
  const [first, , third, down] = tests;
  assert.deepEqual(
    [first?.got['route'], first?.got['upstream'], first?.got['target'], first?.got['status']],
    ['api', 'app', `127.0.0.1:${origin.port}`, 200],
  );
  assert.equal(third?.why, 'status 200, expected 404');
  assert.match(down?.why ?? '', /^status 502 \(\w+\), expected below 500$/);
  const sent = origin.requests.find(({ target }) => target === '/api/other?q=1');
  assert.equal(sent?.header('host'), 'a.example');
  assert.equal(sent?.header('x-env'), 'prod');
});

test('a test goes in by TLS, by a unix socket and behind the PROXY protocol where its listener wants that', async (t) => {
  const issued = TestAuthority.root(t).issue({ names: ['a.example'] });
  const folder = testFolder(t);
  const expects = ['secure', 'socket', 'behind']
    .map((name) => `expect { request "GET" "/"; host "a.example"; listener "${name}"; status 204 }`)
    .join('\n');
  const daemon = await startDaemonProcess(t, {
    config: `
listener "secure" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${issued.certFile}"; key-file "${issued.keyFile}" } }
listener "socket" { address "unix:${folder}/http.sock" }
listener "behind" { address "127.0.0.1:0"; proxy-protocol #true; trusted-proxies "127.0.0.1" }
route "all" { upstream "page"; ${expects} }
upstream "page" { static { status 204 } }`,
  });
  const { code, tests } = await told(daemon);
  assert.deepEqual(
    tests.map(({ result, why }) => [result, why]),
    [
      ['held', null],
      ['held', null],
      ['held', null],
    ],
  );
  assert.equal(code, 0);
});

test('what may change something is not sent unless that is allowed', async (t) => {
  const origin = await startOrigin(t);
  const config = `${listener}\n${routes('expect { request "DELETE" "/api/1"; upstream "app" }\nexpect { request "GET" "/api/2"; client-ip "10.1.2.3" }')}
upstream "app" { target "127.0.0.1:${origin.port}" }`;
  const daemon = await startDaemonProcess(t, { config });
  const methods = () => origin.requests.map(({ method, target }) => `${method} ${target}`).sort();
  const careful = await told(daemon);
  assert.equal(careful.code, 0);
  assert.deepEqual(
    careful.tests.map(({ how, result }) => `${how} ${result}`),
    ['sent held', 'asked held', 'asked held'],
  );
  assert.match(careful.tests[1]?.why ?? '', /^not sent: DELETE may change something/);
  assert.ok(!methods().some((one) => one.startsWith('DELETE')));
  const bold = await told(daemon, '--unsafe');
  assert.equal(bold.code, 0);
  assert.deepEqual(
    bold.tests.map(({ how }) => how),
    ['sent', 'sent', 'asked'],
  );
  assert.equal(methods().filter((one) => one === 'DELETE /api/1').length, 1);
});

test('what nobody saw is unknown, and never success', async (t) => {
  const daemon = await startDaemonProcess(t, { config: `${listener}\n${routes()}\n${app}` });
  const other = await startDaemonProcess(t, { config: `${listener}\n${routes()}\n${app}` });
  const lost = written(
    t,
    `${listener}\nlistener "gone" { address "127.0.0.1:1" }\nroute "a" { upstream "emergency-static"; expect { request "GET" "/"; listener "gone" } }`,
  );
  const { code, tests } = await told(daemon, lost);
  assert.equal(code, 3);
  assert.deepEqual([tests[0]?.result, tests[0]?.why], ['unknown', 'the daemon has no listener "gone"']);
  other.child.kill('SIGKILL');
  await other.ended();
  const away = await ask(other, 'test', '--live');
  assert.equal(away.code, 3);
  assert.equal((await ask(daemon, 'test', '--unsafe')).code, 2);
  assert.equal((await ask(daemon, 'test', '--live', '--timeout', 'soon')).code, 2);
});

test('validate --live asks the daemon, with its own environment', async (t) => {
  const config = `${listener}\n${routes()}\n${app}`;
  const daemon = await startDaemonProcess(t, { config, environment: { APP_HOST: '127.0.0.1' } });
  const fine = await ask(daemon, 'validate', daemon.configFile, '--live');
  assert.equal(fine.code, 0, fine.stderr);
  assert.match(fine.stdout, /^✓ the daemon at .* \(generation 1\) would put it in force$/m);
  const moved = written(t, `${config}\nstate-dir "/somewhere/else"`);
  for (const args of [[], ['--json'], ['--format', 'short']]) {
    const refused = await ask(daemon, 'validate', moved, '--live', ...args);
    assert.equal(refused.code, 1, args.join(' '));
    assert.match(refused.stdout, /state-dir cannot change while the process runs/);
  }
  const away = await callSentinel(['validate', moved, '--live'], {
    environment: { SENTINEL_DAEMON: '/nonexistent.sock' },
  });
  assert.equal(away.code, 3);
});
