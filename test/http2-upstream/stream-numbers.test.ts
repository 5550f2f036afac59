/** A session whose numbers of streams have run out (RFC 9113 §5.1.1) makes way for another; no request notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TargetSession } from '../../src/proxy/data/upstream/http2/target-session.ts';
import { eventually } from '../helpers/eventually.ts';
import { get } from '../helpers/raw-http.ts';
import { http2Scene } from './http2-scene.ts';

/** Nobody waits for a billion requests: each counts for as many. */
function countEachAs(t: { after(task: () => void): void }, uses: number): void {
  const { assign } = TargetSession.prototype;
  TargetSession.prototype.assign = function (client) {
    this.uses += uses;
    assign.call(this, client);
  };
  t.after(() => void (TargetSession.prototype.assign = assign));
}

test('after the last number requests go to another session, and the old one ends', async (t) => {
  countEachAs(t, 400_000_000);
  const scene = await http2Scene(t);
  for (let asked = 0; asked < 7; asked++) assert.equal((await scene.ask(get())).status, 200);
  assert.equal(scene.origin.sessions.length, 3, 'three requests each');
  await eventually(() => assert.equal(scene.held().targetConnections, 1));
  await scene.settled();
});
