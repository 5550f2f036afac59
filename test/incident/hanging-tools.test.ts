/** Programs of the machine that hang: a snapshot takes what the kernel says instead, and waits for none of them. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { Surroundings } from '../../src/diagnosis/probe.ts';
import { collectItems } from '../../src/incident/collect/collect.ts';
import { machineCollectors } from '../../src/incident/collect/machine-state.ts';
import { testFolder } from '../helpers/daemon.ts';

test('where a program hangs and cannot be ended, what the kernel says stands in its place', async (t) => {
  const toolPath = testFolder(t);
  const tools = ['df', 'free', 'ss'];
  for (const name of tools) {
    // What it starts holds its output open after it was ended, as one that hangs in the kernel does.
    writeFileSync(join(toolPath, name), '#!/bin/sh\n/bin/sleep 8 &\nexec /bin/sleep 8\n');
    chmodSync(join(toolPath, name), 0o755);
  }
  const paths = ['system/disk.txt', 'system/mem.txt', 'system/sockets.txt'];
  const surroundings = {
    clock: systemClock,
    local: true,
    toolPath,
    roots: { proc: '/proc' },
    run: { environment: {} },
  };
  const items = await collectItems(
    { surroundings: surroundings as unknown as Surroundings, incidentFolder: null } as never,
    {
      fast: true,
      windowMs: 1,
      logsMs: 1,
      table: machineCollectors.filter(({ path }) => paths.includes(path)),
    },
  );
  const told = items.filter(({ path }) => paths.includes(path));
  assert.deepEqual(
    told.map((item) =>
      'content' in item ? [item.path, item.source.includes('/proc'), item.content.length > 40] : item,
    ),
    paths.map((path) => [path, true, true]),
  );
});
