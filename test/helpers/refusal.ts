/** What every refusal of a request looks like from outside. */
import assert from 'node:assert/strict';
import type { RejectReason } from '../../src/proxy/shared/causes.ts';
import type { Scene } from './proxied.ts';
import type { RawResponse } from './raw-http.ts';

export type Refusal = readonly [title: string, bytes: string, status: number, reason: RejectReason];

/** Sends `bytes` and demands the refusal; nothing of it may reach the origin as a whole request. */
export async function assertRefused(
  scene: Scene,
  bytes: string,
  status: number,
  reason: RejectReason,
): Promise<RawResponse> {
  const counted = scene.rejects(reason);
  const reached = scene.origin.requests.length;
  const client = await scene.client();
  client.send(bytes);
  const response = await client.response('');
  assert.equal(response.status, status);
  assert.equal(response.header('connection'), 'close');
  assert.match(response.header('proxy-status') ?? '', /^sentinel-feedbeef; error=http_request_error; details="/);
  assert.equal((JSON.parse(response.text) as { reason: string }).reason, reason);
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, 0, 'something was said after the refusal');
  assert.equal(scene.rejects(reason), counted + 1, `rejected_requests_total{reason="${reason}"} did not move`);
  assert.equal(scene.origin.requests.length, reached, 'a request reached the origin');
  client.socket.destroy();
  return response;
}

/** Each case in turn, then a good request to show that the proxy is none the worse. */
export async function assertAllRefused(scene: Scene, cases: readonly Refusal[]): Promise<void> {
  for (const [title, bytes, status, reason] of cases) {
    try {
      await assertRefused(scene, bytes, status, reason);
    } catch (error) {
      throw new Error(`${title}: ${(error as Error).message}`, { cause: error });
    }
  }
  assert.equal((await scene.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
}
