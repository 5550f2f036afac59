/** The challenge as programs meet it: who is asked, what a pass is worth, and what made-up ones are worth. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { solver } from '../../../src/proxy/data/challenge/page-script.ts';
import { challengePage, pageFields } from '../../../src/proxy/data/challenge/page.ts';
import { addressPrefix, Passes } from '../../../src/proxy/data/challenge/passes.ts';
import type { PathMatch } from '../../../src/config/model.ts';
import { TestAuthority } from '../../helpers/certificates.ts';
import { route } from '../../helpers/data-plane.ts';
import { type GuardedScene, guarded, reached } from '../../helpers/guarded.ts';
import type { RawResponse } from '../../helpers/raw-http.ts';

const html = ['Accept: text/html,application/xhtml+xml,*/*;q=0.8'];
const handIn = '/.well-known/sentinel-challenge';

type Solve = (puzzle: string, bits: number, from: number, count: number) => number;
/** The solver of the page, as a browser would run it. */
const solve = runInThisContext(`(${solver})()`) as Solve;

function puzzleOf(page: RawResponse): { readonly puzzle: string; readonly bits: number } {
  const puzzle = /data-puzzle="([^"]+)"/.exec(page.text)?.[1] ?? '';
  return { puzzle, bits: Number(/data-bits="(\d+)"/.exec(page.text)?.[1]) };
}

/** Solves the page of a client; the answer to the solution. */
async function solveFor(scene: GuardedScene, client: string, from = client): Promise<RawResponse> {
  const { puzzle, bits } = puzzleOf(await scene.ask(client, 'GET /', html));
  return scene.ask(from, `GET ${handIn}?puzzle=${puzzle}&counter=${solve(puzzle, bits, 0, 1e6)}`);
}

async function passFor(scene: GuardedScene, client: string): Promise<string> {
  const answer = await solveFor(scene, client);
  assert.equal(answer.status, 204);
  return /^sentinel_pass=([^;]+)/.exec(answer.header('set-cookie') ?? '')?.[1] ?? '';
}

test('a browser without a pass gets the page, solves it and reaches the upstream', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const page = await scene.ask('192.0.2.7', 'GET /shop?x=1', html);
  assert.equal(page.status, 403);
  assert.equal(page.header('content-type'), 'text/html; charset=utf-8');
  assert.equal(page.header('cache-control'), 'no-store');
  assert.match(page.header('x-robots-tag') ?? '', /noindex/);
  assert.equal(page.header('proxy-status'), 'sentinel-feedbeef; error=http_request_denied');
  assert.ok(page.text.includes(page.header('x-correlation-id') ?? '-'));
  assert.equal(scene.guarded('challengeIssued'), 1);

  const answer = await solveFor(scene, '192.0.2.7');
  assert.equal(answer.status, 204);
  assert.match(
    answer.header('set-cookie') ?? '',
    /^sentinel_pass=[\w.-]+; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax$/,
  );
  assert.equal(scene.guarded('challengePassed'), 1);
  const pass = await passFor(scene, '192.0.2.7');
  for (const request of ['GET /shop', 'POST /shop', 'DELETE /']) {
    const head = request.startsWith('POST') ? ['Content-Length: 0'] : [];
    const served = await scene.ask('192.0.2.7', request, [`Cookie: a=b; sentinel_pass=${pass}; c=d`, ...head]);
    assert.deepEqual([served.status, served.text], [200, reached], request);
  }
});

test('the policy of the page allows its own style and script, and nothing from elsewhere', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const page = await scene.ask('192.0.2.7', 'GET /', html);
  const policy = page.header('content-security-policy') ?? '';
  for (const tag of ['style', 'script']) {
    const content = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(page.text)?.[1] ?? '';
    const hash = createHash('sha256').update(content).digest('base64');
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}';`), tag);
  }
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(page.text, /https?:|\/\/[a-z]/i);
  assert.ok(page.head.length + page.body.length < 8192);
  const longest = { puzzle: 'x'.repeat(74), bits: 24, path: handIn, reference: 'x'.repeat(128) };
  assert.ok(challengePage(longest).length + pageFields.length < 8192);
});

test('what waits for no page is told to come back later', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const others: readonly (readonly [string, readonly string[]])[] = [
    ['GET /', []],
    ['GET /', ['Accept: */*']],
    ['GET /api', ['Accept: application/json']],
    ['POST /', [...html, 'Content-Length: 0']],
    ['DELETE /', html],
  ];
  for (const [request, head] of others) {
    const refused = await scene.ask('192.0.2.7', request, head);
    assert.equal(refused.status, 429, request);
    assert.equal(refused.header('content-type'), 'application/problem+json');
    assert.equal(refused.header('retry-after'), '60');
    assert.equal((JSON.parse(refused.text) as { cause: string }).cause, 'challenged');
  }
  assert.equal(scene.guarded('challengeRefused'), others.length);
  assert.equal(scene.guarded('challengeIssued'), 0);
  const head = await scene.ask('192.0.2.7', 'HEAD /', html);
  assert.deepEqual([head.status, head.text], [403, '']);
});

test('allow-listed clients and health checks are left alone', async (t) => {
  const scene = await guarded(t, { mode: 'always', allowed: ['10.0.0.0/8'] });
  assert.equal((await scene.ask('10.1.2.3', 'POST /', ['Content-Length: 0'])).text, reached);
  assert.equal((await scene.ask('192.0.2.7', 'GET /health')).status, 200);
  assert.equal((await scene.ask('192.0.2.7', 'GET /ready')).status, 200);
});

test('proofs of domain control that a route is for are asked for without a pass, and nothing else is', async (t) => {
  const proofs = '/.well-known/acme-challenge/';
  const named = (paths: readonly PathMatch[]) => ({
    routes: [route({ id: 'acme', priority: 10, matches: { ...route().matches, paths } })],
  });
  const scene = await guarded(t, { mode: 'always', ...named([{ kind: 'prefix', path: proofs }]) });
  assert.equal((await scene.ask('192.0.2.7', `GET ${proofs}x`)).text, reached);
  assert.equal((await scene.ask('192.0.2.7', 'GET /.well-known/x/../acme-challenge/x')).text, reached);
  assert.equal((await scene.ask('192.0.2.7', 'GET /.well-known/acme-challengex')).status, 429);
  assert.equal((await scene.ask('192.0.2.7', `GET ${proofs}../x`)).status, 429);
  // Nobody gets around the challenge by a path that only the route for everything takes.
  const plain = await guarded(t, { mode: 'always' });
  assert.equal((await plain.ask('192.0.2.7', `GET ${proofs}x`)).status, 429);
  // Who is blocked stays so.
  const blocked = await guarded(t, { blocked: ['192.0.2.7'], ...named([{ kind: 'prefix', path: proofs }]) });
  assert.equal((await blocked.ask('192.0.2.7', `GET ${proofs}x`)).status, 403);
});

test('a pass that was earned over TLS goes over TLS only', async (t) => {
  const scene = await guarded(t, { mode: 'always', certificate: TestAuthority.root(t).issue() });
  const answer = await solveFor(scene, '192.0.2.7');
  assert.equal(answer.status, 204);
  assert.match(answer.header('set-cookie') ?? '', /; Secure$/);
});

test('a pass is good for its address prefix until it expires', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const v4 = `Cookie: sentinel_pass=${await passFor(scene, '192.0.2.7')}`;
  const v6 = `Cookie: sentinel_pass=${await passFor(scene, '2001:db8:1:100::7')}`;
  const unused = `Cookie: sentinel_pass=${await passFor(scene, '198.51.100.7')}`;
  assert.equal((await scene.ask('192.0.2.250', 'GET /', [v4])).status, 200);
  assert.equal((await scene.ask('192.0.3.7', 'GET /', [v4])).status, 429);
  assert.equal((await scene.ask('2001:db8:1:1ff::1', 'GET /', [v6])).status, 200);
  assert.equal((await scene.ask('2001:db8:1:200::7', 'GET /', [v6])).status, 429);
  scene.clock.advance(59_000);
  assert.equal((await scene.ask('192.0.2.7', 'GET /', [v4])).status, 200);
  scene.clock.advance(2_000);
  assert.equal((await scene.ask('192.0.2.7', 'GET /', [v4])).status, 429);
  assert.equal((await scene.ask('198.51.100.7', 'GET /', [unused])).status, 429);
});

test('passes that nobody gave out are worth nothing', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const pass = await passFor(scene, '192.0.2.7');
  const [version, time = '', signature = ''] = pass.split('.');
  const later = (Number.parseInt(time, 36) + 3600).toString(36);
  const foreign = new Passes(new Uint8Array(32).fill(8)).pass(
    addressPrefix('192.0.2.7'),
    scene.clock.wallMs() + 60_000,
  );
  const made = [
    '',
    'x',
    `${version}.${later}.${signature}`,
    `${pass}x`,
    pass.slice(0, -1),
    `${version}.${time}.${'A'.repeat(43)}`,
    `${version}.${time}.`,
    foreign,
    'x'.repeat(4000),
  ];
  for (const text of made) {
    const refused = await scene.ask('192.0.2.7', 'GET /', [`Cookie: sentinel_pass=${text}`]);
    assert.equal(refused.status, 429, text);
  }
  // A good one counts also behind others of the same name.
  const both = await scene.ask('192.0.2.7', 'GET /', [`Cookie: sentinel_pass=x; sentinel_pass=${pass}`]);
  assert.equal(both.status, 200);
});

test('a solution counts once it is right, for the same prefix, and while the puzzle is fresh', async (t) => {
  const scene = await guarded(t, { mode: 'always' });
  const { puzzle, bits } = puzzleOf(await scene.ask('192.0.2.7', 'GET /', html));
  const counter = solve(puzzle, bits, 0, 1e6);
  const hand = async (from: string, query: string, request = `GET ${handIn}?${query}`) =>
    (await scene.ask(from, request)).status;
  const right = `puzzle=${puzzle}&counter=${counter}`;
  assert.equal(await hand('198.51.100.7', right), 403);
  assert.equal(await hand('192.0.2.7', `puzzle=${puzzle}&counter=${counter + 1}`), 403);
  assert.equal(await hand('192.0.2.7', `puzzle=${puzzle}&counter=-1`), 403);
  assert.equal(await hand('192.0.2.7', `puzzle=${puzzle}`), 403);
  assert.equal(await hand('192.0.2.7', ''), 403);
  assert.equal(await hand('192.0.2.7', `puzzle=${'x'.repeat(5000)}&counter=1`), 403);
  // Easier by hand: the bits are signed.
  const easier = puzzle.replace(`.${bits}.`, '.0.');
  assert.equal(await hand('192.0.2.7', `puzzle=${easier}&counter=1`), 403);
  assert.equal(await hand('192.0.2.7', right, `POST ${handIn}?${right}`), 403);
  assert.equal(scene.guarded('challengeFailed'), 8);
  assert.equal(await hand('192.0.2.7', right), 204);
  scene.clock.advance(5 * 60_000 + 1_000);
  assert.equal(await hand('192.0.2.7', right), 403);
});

test('below the threshold nobody is asked; above it only who has no pass', async (t) => {
  const scene = await guarded(t, { mode: 'enabled', threshold: 6 });
  const statuses = async (client: string, count: number, head: readonly string[] = html) => {
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push((await scene.ask(client, 'GET /', head)).status);
    return all;
  };
  assert.deepEqual(await statuses('192.0.2.7', 8), [200, 200, 200, 200, 200, 200, 403, 403]);
  // Another client has a count of its own.
  assert.deepEqual(await statuses('192.0.2.8', 1), [200]);
  const refused = await scene.ask('192.0.2.7');
  assert.deepEqual([refused.status, refused.header('retry-after')], [429, '10']);
  const pass = await passFor(scene, '192.0.2.7');
  assert.deepEqual(await statuses('192.0.2.7', 12, [`Cookie: sentinel_pass=${pass}`]), Array(12).fill(200));
  scene.clock.advance(10_000);
  assert.deepEqual(await statuses('192.0.2.7', 2), [200, 403]);
});

test('without a key the failure mode of the route decides', async (t) => {
  const closed = await guarded(t, { mode: 'always', key: null });
  const refused = await closed.ask('192.0.2.7', 'GET /', html);
  assert.equal(refused.status, 503);
  assert.equal((JSON.parse(refused.text) as { cause: string }).cause, 'guard_failed');
  assert.equal(closed.guarded('failedClosed'), 1);
  assert.equal((await closed.ask('192.0.2.7', `GET ${handIn}?puzzle=x&counter=1`)).status, 503);
  const open = await guarded(t, { mode: 'always', key: null, policies: { failureMode: 'open' } });
  assert.equal((await open.ask('192.0.2.7', 'GET /', html)).text, reached);
  assert.equal(open.guarded('failedOpen'), 1);
  // Who is not above the threshold is not asked, and so nothing fails.
  const enabled = await guarded(t, { mode: 'enabled', threshold: 1, key: null });
  assert.equal((await enabled.ask('192.0.2.7', 'GET /', html)).status, 200);
  assert.equal((await enabled.ask('192.0.2.7', 'GET /', html)).status, 503);
});

test('a table that is full cannot decide either', async (t) => {
  const scene = await guarded(t, { mode: 'enabled', threshold: 1, maxKeys: 1 });
  assert.equal((await scene.ask('192.0.2.7', 'GET /', html)).status, 200);
  assert.equal((await scene.ask('192.0.2.8', 'GET /', html)).status, 503);
  assert.equal(scene.guarded('failedClosed'), 1);
});

test('where challenges are off their path is like any other', async (t) => {
  const scene = await guarded(t, {});
  assert.equal((await scene.ask('192.0.2.7', `GET ${handIn}`)).text, reached);
});

test('the puzzle of the page is solved exactly where SHA-256 says so', () => {
  const passes = new Passes(new Uint8Array(32));
  const property = fc.property(
    fc.integer({ min: 1, max: 9 }),
    fc.nat(1e12),
    fc.stringMatching(/^[0-9a-f]{16}$/),
    (bits, from, salt) => {
      const puzzle = passes.puzzle('4:c00002', 1.7e12, bits, salt);
      const found = solve(puzzle, bits, from, 1 << 13);
      const zeros = (counter: number) =>
        Math.clz32(createHash('sha256').update(`${puzzle}:${counter}`).digest().readUInt32BE(0));
      let expected = -1;
      for (let at = from; expected < 0 && at < from + (1 << 13); at++) if (zeros(at) >= bits) expected = at;
      assert.equal(found, expected);
      if (found >= 0) assert.equal(passes.judge(puzzle, String(found), '4:c00002', 1.7e12), 'solved');
    },
  );
  fc.assert(property, { numRuns: 60 });
});
