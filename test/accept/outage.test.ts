/** An outage from end to end: what the post-mortem says of times, counts and the share affected is what clients and operator know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SAMPLE_MS } from '../../src/history/flight-record.ts';
import type { Measured, Share } from '../../src/incident/impact/shapes.ts';
import { playOutage } from '../incident/outage-drill.ts';

test('the post-mortem of an outage says when, how many and what share, to one sampling interval', async () => {
  const { truth, impact, postmortem, said } = await playOutage({ calm: 45, alarm: 12, step: 8, after: 25 });
  const onset = Date.parse(known(impact.onset));
  const end = Date.parse(known(impact.end));
  within('onset', onset, truth.onset);
  within('end', end, truth.last);
  within('time to detect', known(impact.times.detect_ms), truth.alert - truth.onset);
  within('time to mitigate', known(impact.times.mitigate_ms), truth.mitigated - truth.onset);
  within('time to resolve', known(impact.times.resolve_ms), truth.resolved - truth.onset);
  const acknowledged = known(impact.times.acknowledge_ms);
  assert.ok(Math.abs(acknowledged - (truth.acked - truth.alert)) < SAMPLE_MS, `acknowledged after ${acknowledged}`);

  const during: Share = known(impact.during);
  assert.equal(during.affected, truth.failed, 'every request that failed, and no other');
  // Requests at the edges were answered on one side and counted on the other.
  const counted = truth.between(onset, end);
  assert.ok(Math.abs(during.requests - counted) <= 0.01 * counted + 8, `${during.requests} of ${counted} requests`);
  assert.ok(Math.abs(during.ratio - truth.failed / counted) <= 0.01, `${during.ratio} for ${truth.failed / counted}`);
  assert.deepEqual(
    known(impact.by_cause).map(({ cause, requests }) => [cause, requests]),
    [['upstream_reset', truth.failed]],
  );
  assert.deepEqual(impact.gaps, []);

  const percent = /^- Customer impact: ([\d.]+)% of requests affected/m.exec(postmortem)?.[1];
  assert.ok(Math.abs(Number(percent) / 100 - during.ratio) < 0.005, `${percent}% is written`);
  for (const row of ['First alert triggered', 'Incident declared', 'Root cause identified', 'Mitigation applied'])
    assert.match(postmortem, new RegExp(`^\\| \\d\\d:\\d\\d \\| ${row}`, 'm'));
  assert.match(postmortem, /^\| \d\d:\d\d \| sentinel drain 127/m);
  assert.match(postmortem, /^\| \d\d:\d\d \| sentinel undrain 127/m);
  assert.match(postmortem, /^\| 1 \| give upstream web a health check \| ada \|/m);
  assert.match(postmortem, /^- the new version was never asked by a health check$/m);
  assert.match(postmortem, /^- Snapshot of .*\.tar\.gz`, SHA-256 `[0-9a-f]{64}`/m);
  assert.match(said.find(({ command }) => command.includes('verify'))?.ended.stdout ?? '', /is whole/);
});

function known<T>(measured: Measured<T>): T {
  return measured.value ?? assert.fail(`not known: ${'why' in measured ? measured.why : ''}`);
}

/** Both are milliseconds. */
function within(what: string, found: number, truth: number): void {
  assert.ok(Math.abs(found - truth) <= SAMPLE_MS + 500, `${what}: ${found - truth} ms off`);
}
