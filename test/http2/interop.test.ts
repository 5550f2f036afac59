/** Clients of other people over HTTP/2: curl, nghttp and h2load, with their windows as small as they go. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test, { type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { requireComponent } from '../helpers/components.ts';
import { http2Scene } from '../helpers/http2-scene.ts';
import { answering, ok } from '../helpers/origin.ts';

const execute = promisify(execFile);

async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execute(program, args, { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  return stdout + stderr;
}

test('curl --http2 gets answers, sends bodies of both kinds, and sees trailers and status', async (t) => {
  const curl = requireComponent(t, 'curl');
  if (curl === undefined) return;
  const scene = await http2Scene(t, {
    script: {
      request: ({ connection, method, body }) => {
        const answer = ok(`${method} ${body.length}`);
        connection.send(method === 'HEAD' ? answer.slice(0, answer.indexOf('\r\n\r\n') + 4) : answer);
      },
    },
  });
  const url = `https://localhost:${scene.port}/`;
  const common = [
    '-sS',
    '--http2',
    '--cacert',
    scene.authority.certFile,
    '--resolve',
    `localhost:${scene.port}:127.0.0.1`,
  ];
  assert.equal(await run(curl, [...common, '-w', ' %{http_version} %{http_code}', url]), 'GET 0 2 200');
  assert.equal(await run(curl, [...common, '--data', 'x'.repeat(100_000), url]), 'POST 100000');
  assert.equal(
    await run(curl, [...common, '-T', '/proc/self/status', url]).then((text) => /^PUT \d+$/.test(text)),
    true,
  );
  assert.match(await run(curl, [...common, '-I', url]), /^HTTP\/2 200 \r\n/);
  assert.match(
    await run(curl, [...common, '-H', 'Host: other', '-o', '/dev/null', '-w', '%{http_code}', url]),
    /^200$/,
  );
});

test('nghttp gets what it asks for', async (t) => {
  const nghttp = requireComponent(t, 'nghttp');
  if (nghttp === undefined) return;
  const scene = await http2Scene(t, { script: answering(ok('a body')) });
  const said = await run(nghttp, ['-nv', '-m', '10', `https://127.0.0.1:${scene.port}/`]);
  assert.equal([...said.matchAll(/recv \(stream_id=\d+\) :status: 200/g)].length, 10);
  assert.doesNotMatch(said, /RST_STREAM|\[ERROR\]/);
});

async function load(t: TestContext, args: readonly string[], body: string): Promise<void> {
  const h2load = requireComponent(t, 'h2load');
  if (h2load === undefined) return;
  const scene = await http2Scene(t, { script: answering(ok(body)) });
  const said = await run(h2load, [...args, `https://127.0.0.1:${scene.port}/`]);
  assert.match(said, / 0 failed, 0 errored, 0 timeout/, said);
  assert.match(said, / 0 3xx, 0 4xx, 0 5xx/, said);
  assert.equal(scene.abuses(), 0);
  await scene.settled();
}

test('h2load runs clean', (t) => load(t, ['-n', '2000', '-c', '4', '-m', '20'], 'small'));
test('h2load runs clean with as many streams as are allowed', (t) =>
  load(t, ['-n', '4000', '-c', '2', '-m', '100'], 'small'));
test('h2load runs clean with windows of one byte', (t) =>
  load(t, ['-n', '500', '-c', '4', '-m', '20', '-w', '1', '-W', '1'], 'small answers'));
test('h2load runs clean with small windows and larger bodies', (t) =>
  load(t, ['-n', '200', '-c', '4', '-m', '10', '-w', '10', '-W', '12'], 'x'.repeat(100_000)));
