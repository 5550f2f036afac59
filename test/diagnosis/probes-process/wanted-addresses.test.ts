/** Which addresses a daemon would have, by the file and by its last run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigFileState } from '../../../src/diagnosis/facts/process.ts';
import { wantedBy } from '../../../src/diagnosis/probes/wanted-addresses.ts';
import type { RunRecord } from '../../../src/history/run-record.ts';

const file = {
  listeners: [{ id: 'http', address: '127.0.0.1:8080' }],
  admin_address: '0.0.0.0:9090',
} as unknown as ConfigFileState;
const lastRun = { listeners: [], admin_address: '127.0.0.1:9191' } as unknown as RunRecord;
const addresses = (record: RunRecord | null) =>
  wantedBy(null, file, record).map(({ what, address }) => `${what} ${address}`);

test('the metrics address that the environment gave the last run counts more than the one of the file', () => {
  assert.deepEqual(addresses(null), ['listener http 127.0.0.1:8080', 'metrics address 0.0.0.0:9090']);
  assert.deepEqual(addresses(lastRun), ['listener http 127.0.0.1:8080', 'metrics address 127.0.0.1:9191']);
});
