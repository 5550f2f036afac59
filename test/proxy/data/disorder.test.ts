/**
 * Clients and targets that do anything at any time, from a seed: whatever happens, no answer goes to another's request,
 * nothing stays held, and the proxy finds no fault in itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstream } from '../../helpers/data-plane.ts';
import { answerOf, assertBodyOf, bodyFor, Dice, sendInPieces, turn } from '../../helpers/dice.ts';
import { eventually, patienceMs } from '../../helpers/eventually.ts';
import { type OriginConnection, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { proxied, type Scene } from '../../helpers/proxied.ts';
import { chunked, head, type RawClient } from '../../helpers/raw-http.ts';

const seeds = (process.env['SENTINEL_DISORDER_SEEDS'] ?? '1 2 3 4').split(' ').map(Number);
const clientsPerSeed = 60;

function answer(dice: Dice, request: OriginRequest): string {
  const { target } = request;
  const body = bodyFor(target, [0, 10, 5000, 200_000][dice.roll(4)] ?? 0);
  if (dice.chance(10)) return `HTTP/1.1 204 No Content\r\nX-For: ${target}\r\n\r\n`;
  return answerOf(dice, request, '200 OK', body);
}

/** What a target does with a request; most of the time it answers. */
async function behave(dice: Dice, request: OriginRequest, connection: OriginConnection): Promise<void> {
  const bytes = answer(dice, request);
  const mood = dice.roll(100);
  if (mood < 3) connection.reset();
  else if (mood < 5) connection.end();
  else if (mood < 7) connection.send('garbage\r\n\r\n');
  else if (mood < 10) {
    connection.send(bytes.slice(0, dice.roll(bytes.length)));
    await turn();
    if (dice.chance(50)) connection.reset();
    else connection.end();
  } else if (mood < 12 && bytes.length < 50_000) {
    // In one piece: what a target sends later cannot be told from an answer to the next request by anybody.
    connection.send(`${bytes}HTTP/1.1 200 OK\r\nX-For: nobody\r\nContent-Length: 4\r\n\r\nevil`);
  } else {
    await sendInPieces(dice, connection, bytes);
    if (mood < 15) connection.end();
  }
}

/** Sends a few requests, reads what comes, or leaves in the middle. Gives the number of whole answers. */
async function visit(dice: Dice, client: RawClient, name: string): Promise<number> {
  const methods: string[] = [];
  let bytes = '';
  for (let number = 0; number <= dice.roll(6); number++) {
    const method = ['GET', 'GET', 'HEAD', 'POST', 'PUT'][dice.roll(5)] ?? 'GET';
    methods.push(method);
    const target = `/${name}-${number}`;
    const body = bodyFor(target, [0, 10, 5000, 100_000][dice.roll(4)] ?? 0);
    const expects = dice.chance(10) ? ['Expect: 100-continue'] : [];
    if (method === 'GET' || method === 'HEAD') bytes += head(method, target);
    else if (dice.chance(50)) bytes += head(method, target, `Content-Length: ${body.length}`, ...expects) + body;
    else bytes += head(method, target, 'Transfer-Encoding: chunked', ...expects) + chunked([body], 'X-T: 1');
  }
  const leaves = dice.chance(25);
  const pieces = dice.pieces(bytes);
  const last = leaves ? dice.roll(pieces.length + 1) : pieces.length;
  for (const piece of pieces.slice(0, last)) {
    if (client.ending !== null) break;
    client.send(piece);
    if (dice.chance(20)) await turn();
  }
  if (leaves) {
    if (dice.chance(50)) await turn();
    if (dice.chance(50)) client.reset();
    else client.socket.destroy();
    return 0;
  }
  let answered = 0;
  for (const [number, method] of methods.entries()) {
    let response: Awaited<ReturnType<RawClient['response']>>;
    try {
      response = await client.response(method);
    } catch (error) {
      assert.notEqual(client.ending, null, `${name}-${number} was left without an answer: ${String(error)}`);
      break;
    }
    answered++;
    const target = `/${name}-${number}`;
    if (response.status >= 400) {
      assert.ok([502, 413].includes(response.status), `${target} got ${response.startLine} ${response.text}`);
    } else {
      assert.equal(response.header('x-for'), target);
      if (response.status === 200 && method !== 'HEAD') {
        assertBodyOf(target, response.text);
      }
    }
    if (response.header('connection') === 'close') break;
  }
  client.socket.destroy();
  return answered;
}

async function checkRequests(scene: Scene): Promise<void> {
  for (const { method, target, body, trailers } of scene.origin.requests) {
    if (method !== 'POST' && method !== 'PUT') continue;
    assertBodyOf(target, body.toString('latin1'));
    assert.ok(trailers.length === 0 || trailers[0]?.[0] === 'X-T');
  }
}

for (const seed of seeds) {
  test(`disorder of seed ${seed} harms nobody but who makes it`, async (t) => {
    const dice = new Dice(seed);
    const scene = await proxied(t, {
      upstream: { pool: { maxConnections: 8, maxIdle: 8, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 1000 } },
      script: {
        head: (request) => {
          if (request.complete || !dice.chance(3)) return;
          request.connection.send('HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
          request.connection.end();
        },
        request: (request) => void behave(dice, request, request.connection),
      },
    });
    let answered = 0;
    for (let wave = 0; wave < clientsPerSeed / 20; wave++) {
      const visits = Array.from({ length: 20 }, async (_, number) =>
        visit(dice, await scene.client(), `${wave}-${number}`),
      );
      for (const count of await Promise.all(visits)) answered += count;
    }
    assert.ok(answered > clientsPerSeed / 2, `only ${answered} answers`);
    await checkRequests(scene);
    await scene.settled();
    assert.deepEqual(scene.reports, []);
    assert.equal(scene.errors('internal'), 0);
    const calm = await startOrigin(t);
    await scene.apply({ ...scene.config, upstreams: [upstream([calm.port])] });
    assert.equal((await scene.ask(head('GET', '/after'))).status, 200);
    await eventually(() => scene.held().queued === 0, patienceMs);
  });
}
