/** Somebody whose token only reads: the screen says so, offers what may be done, and nothing else changes anything. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { FlowScene } from './flow-scene.ts';
import { Operator } from './operator.ts';

test('with the token of a viewer keys change nothing, and say why', { timeout: 60_000 }, async (t) => {
  const hash = createHash('sha256').update('see').digest('hex');
  const scene = await FlowScene.start(t, {
    settings:
      'health-check { type "http" { path "/health" }; interval-secs 300; timeout-secs 1; unhealthy-threshold 1 }',
    more: `observability { admin { token "wallboard" { role "viewer"; hash "sha256:${hash}" } } }`,
  });
  const address = scene.address(0);
  const operator = await Operator.at(t, {
    args: ['--daemon', new URL(scene.daemon.adminUrl()).host],
    env: { SENTINEL_TOKEN: 'see' },
  });
  if (operator === undefined) return;
  const { terminal } = operator;
  await terminal.until(/READ-ONLY/);
  await operator.goTo(1, `target=${address}`, new RegExp(address));
  const before = (await scene.client.call('status')).data.revision;
  terminal.type('d');
  await terminal.until(/read-only: token wallboard is viewer there, this needs operator/);
  terminal.type('b');
  terminal.type('M');
  terminal.type('A');
  await terminal.until(/actions:/);
  const menu = operator.text;
  assert.match(menu, /drain 127\.0\.0\.1:\d+ +read-only: token wallboard is viewer there/);
  terminal.key('escape');
  await terminal.until(/^((?!actions:)[\s\S])*$/);
  assert.equal((await scene.client.call('status')).data.revision, before);
  assert.deepEqual((await scene.client.call('drains')).data.drains, []);

  // A check changes nothing by itself, and a viewer may have one.
  await eventually(async () => assert.equal((await scene.target(0)).verdict, 'healthy'));
  (scene.targets[0] as { healthy: boolean }).healthy = false;
  terminal.type('c');
  await eventually(async () => assert.equal((await scene.target(0)).verdict, 'unhealthy'));
  await terminal.until(/1 of 2 targets of api pass/);
});
