/** A fault in the proxy itself costs one request its answer, nobody else anything, and is reported with its stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceIds } from '../../../src/proxy/data/trace-ids.ts';
import { startPlane } from '../../helpers/data-plane.ts';
import { startOrigin } from '../../helpers/origin.ts';
import { scenery, sceneOf } from '../../helpers/proxied.ts';
import { get, post } from '../../helpers/raw-http.ts';

/** Identifiers that fail when told to. */
class FaultyIds extends TraceIds {
  faultIn: 'correlationId' | 'spanId' | null = null;

  override correlationId(): string {
    this.#trip('correlationId');
    return super.correlationId();
  }

  override spanId(): string {
    this.#trip('spanId');
    return super.spanId();
  }

  #trip(where: 'correlationId' | 'spanId'): void {
    if (this.faultIn !== where) return;
    this.faultIn = null;
    throw new Error(`planted fault in ${where}`);
  }
}

for (const [where, when] of [
  ['correlationId', 'before a route is chosen'],
  ['spanId', 'while the request is written'],
] as const) {
  test(`a fault ${when} is a 500 for that request alone`, async (t) => {
    const ids = new FaultyIds((bytes) => 'a1'.repeat(bytes));
    const origin = await startOrigin(t);
    const scene = sceneOf(t, await startPlane(t, scenery([origin.port], { accessLog: {} }), undefined, ids));
    // Once where the connection to the target is still to be made, once where it is there already.
    for (let round = 1; round <= 3; round++) {
      ids.faultIn = where;
      const client = await scene.client();
      client.send(post('abc') + get('/next'));
      const response = await client.response();
      assert.equal(response.status, 500);
      assert.match(response.header('proxy-status') ?? '', /error=proxy_internal_error/);
      assert.equal(scene.errors('internal'), round);
      assert.equal(scene.reports.length, round);
      assert.match(scene.reports.at(-1) ?? '', new RegExp(`planted fault in ${where}.*FaultyIds`));
      assert.equal((await client.response()).status, 200);
      client.socket.destroy();
      await scene.settled();
    }
  });
}
