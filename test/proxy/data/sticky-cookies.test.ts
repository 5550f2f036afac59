/** The cookie of `sticky` on the wire: set once, kept, and always of the target that answered. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type LiveSources, plainSources } from '../../../src/proxy/control/live-parts.ts';
import { createBalancer } from '../../../src/proxy/data/upstream/balance/policies.ts';
import { TraceIds } from '../../../src/proxy/data/trace-ids.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { balancing, startPlanes, upstream } from '../../helpers/data-plane.ts';
import { answering, deadPort, ok, type Script, startOrigin } from '../../helpers/origin.ts';
import { scenery, sceneOf, type SceneOptions } from '../../helpers/proxied.ts';
import { get, type RawResponse } from '../../helpers/raw-http.ts';
import { retryPolicy } from '../../helpers/several-targets.ts';
import { stickyKey, TestRequest, TestTarget } from './balance-candidates.ts';

const sources: Partial<LiveSources> = { security: { ...plainSources.security, stickyKey } };
const ids = new TraceIds((bytes) => randomBytes(bytes).toString('hex'));

/** Two workers before two origins under `sticky`. */
async function scene(
  t: Parameters<typeof startPlanes>[0],
  options: SceneOptions = {},
  scripts: readonly Script[] = [answering(ok('first')), answering(ok('second'))],
) {
  const origins = await Promise.all(scripts.map((script) => startOrigin(t, script)));
  const config = scenery(
    origins.map(({ port }) => port),
    { ...options, upstream: { loadBalancing: balancing('sticky'), ...options.upstream } },
  );
  const planes = await startPlanes(t, config, 2, systemClock, ids, sources);
  const [one, two] = planes.map((plane) => sceneOf(t, plane));
  assert.ok(one !== undefined && two !== undefined);
  return { origins, config, one, two };
}

/** The cookie of a target that never gave one. */
function cookieFor(port: number): string {
  const request = new TestRequest();
  const balance = createBalancer(balancing('sticky'), Math.random, 0, stickyKey);
  balance.pick([new TestTarget(`origin/127.0.0.1:${port}`, 1)], request);
  return request.stuck.slice('Set-Cookie: '.length).split(';')[0] ?? '';
}

const cookieOf = (response: RawResponse) => response.header('set-cookie')?.split(';')[0] ?? '';

test('the first answer sets the cookie, and whoever brings it stays, at every worker', async (t) => {
  const { one, two } = await scene(t);
  const first = await one.ask(get());
  assert.match(first.header('set-cookie') ?? '', /^sentinel-target=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
  const other = await one.ask(get());
  assert.notEqual(other.text, first.text);
  assert.notEqual(cookieOf(other), cookieOf(first));
  for (const worker of [one, two, one]) {
    for (const home of [first, other]) {
      const answer = await worker.ask(get('/', `Cookie: theme=dark; ${cookieOf(home)}`));
      assert.equal(answer.text, home.text);
      assert.equal(answer.header('set-cookie'), undefined);
    }
  }
});

test('cookies of the target and rules of the route leave it alone', async (t) => {
  const script = answering(ok('mine', 'Set-Cookie: app=1'));
  const responseHeaders = { rename: [], remove: ['Set-Cookie'], set: [], add: [] };
  const plain = await scene(t, {}, [script]);
  assert.match((await plain.one.ask(get())).header('set-cookie') ?? '', /^app=1, sentinel-target=/);
  const ruled = await scene(t, { policies: { responseHeaders } }, [script]);
  assert.match((await ruled.one.ask(get())).header('set-cookie') ?? '', /^sentinel-target=/);
});

test('when the target of a client is gone, its requests move to another and the cookie with them', async (t) => {
  const { one, origins, config } = await scene(t);
  const cookie = cookieOf(await one.ask(get()));
  const [, rest] = origins;
  assert.ok(rest);
  await one.apply({ ...config, upstreams: [upstream([rest.port], { loadBalancing: balancing('sticky') })] });
  const moved = await one.ask(get('/', `Cookie: ${cookie}`));
  assert.equal(moved.text, 'second');
  assert.notEqual(cookieOf(moved), cookie);
  assert.notEqual(cookieOf(moved), '');
});

test('a request that another target takes over gets the cookie of that one, once', async (t) => {
  const { one, origins, config } = await scene(t);
  // Nobody listens there: a connection is refused, and nothing was sent.
  const dead = await deadPort();
  const [, alive] = origins;
  assert.ok(alive);
  await one.apply({
    ...config,
    upstreams: [upstream([dead, alive.port], { loadBalancing: balancing('sticky') })],
  });
  const answers = [await one.ask(get()), await one.ask(get()), await one.ask(get('/', `Cookie: ${cookieFor(dead)}`))];
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assert.equal(answer.text, 'second');
    assert.equal(answer.fields.filter(([name]) => name.toLowerCase() === 'set-cookie').length, 1);
  }
  assert.equal(new Set(answers.map(cookieOf)).size, 1, 'all of the target that answered');
});

test('an answer of the proxy itself sets no cookie', async (t) => {
  const { one } = await scene(t, {}, [{ request: ({ connection }) => connection.reset() }]);
  const answer = await one.ask(get());
  assert.equal(answer.status, 502);
  assert.equal(answer.header('set-cookie'), undefined);
});

test('a client whose own target answers after all, another one tried in between, keeps its cookie', async (t) => {
  const sick = 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n';
  let asked = 0;
  const { one, origins } = await scene(t, { route: { retry: retryPolicy() } }, [
    { request: ({ connection }) => connection.send(asked++ === 0 ? sick : ok('home')) },
    answering(sick),
  ]);
  const answer = await one.ask(get('/', `Cookie: ${cookieFor(origins[0]?.port ?? 0)}`));
  assert.equal(answer.text, 'home');
  assert.equal(origins[1]?.requests.length, 1);
  assert.equal(answer.header('set-cookie'), undefined);
});
