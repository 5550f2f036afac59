/** `sentinel explain` of causes that come of TLS: they name the command that finds the reason. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { callSentinel } from './command-line.ts';

for (const [cause, command] of [
  ['tls_certificate', 'sentinel check UPSTREAM'],
  ['tls_handshake', 'sentinel check UPSTREAM'],
  ['client_certificate', 'Client certificate refused'],
  ['misdirected', 'sentinel cert-check'],
  ['upgrade_refused', 'sentinel route explain'],
] as const) {
  test(`the page of ${cause} says where to look next`, async () => {
    const { code, stdout } = await callSentinel(['explain', cause]);
    assert.equal(code, 0);
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(command), stdout);
  });
}
