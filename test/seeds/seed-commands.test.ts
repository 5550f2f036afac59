/**
 * Every command that the seed runbooks print over metrics, the admin API and logs, run as printed against a live daemon in
 * trouble: its answer is right, or it is a named defect of the runbook and what to type instead gives the right one.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { type MixedTraffic, reloadBadly, startMixedTraffic } from '../helpers/mixed-traffic.ts';
import { runbookShell } from './runbook-shell.ts';
import { errorRate, type Facts, known, metrics, sentOf } from './seed-answers.ts';
import { seedCommands } from './seed-commands.ts';

const commands = seedCommands();

test('every printed command is known, and none is known that is not printed', () => {
  assert.deepEqual(commands.map(({ text }) => text).sort(), Object.keys(known).sort());
});

test('the commands of the runbooks, run as printed, give the right answer, or what to type instead does', async (t) => {
  for (const program of ['curl', 'jq', 'script', 'ss', 'free']) if (requireComponent(t, program) === undefined) return;
  const traffic = await startMixedTraffic(t);
  const { daemon, logs } = traffic;
  for (let done = 0; done < 5; done++) await traffic.round();
  // More than one in a hundred is slow.
  await Promise.all(Array.from({ length: 12 }, () => traffic.ask('/slow/report')));
  // As many good requests of one kind as make a count look like a status.
  while (sentOf(traffic, /^(?:api|slow) 200$/) < 540) {
    await Promise.all(Array.from({ length: 20 }, () => traffic.ask('/api/users?page=2')));
  }
  await reloadBadly(traffic, readFileSync(daemon.configFile, 'utf8'));
  const shell = runbookShell(daemon, logs);
  const failed = sentOf(traffic, / 5\d\d$/);
  const facts: Facts = { traffic, failed, incident: join(logs, 'incidents', shell.incident) };
  // The windows have seen all that was sent, and the busiest clients are known.
  await eventually(async () => errorRate(await shell.run(`${metrics} | grep error_rate`), facts));
  const correlation = await traced(traffic);

  for (const { text, places } of commands) {
    const expected = known[text];
    if (expected === undefined) continue;
    await t.test(`${places.join(', ')}: ${text}`, async () => {
      const said = await shell.run(text, { CORRELATION_ID: correlation });
      if (typeof expected === 'function') return expected(said, facts);
      expected.wrong(said, facts);
      expected.right(await shell.run(expected.instead), facts);
    });
  }
});

/** The correlation id of one request, from its line in the access log. */
async function traced({ ask, logs }: MixedTraffic): Promise<string> {
  await ask('/traced/request');
  return eventually(() => {
    const line = readFileSync(join(logs, 'access.log'), 'utf8')
      .split('\n')
      .find((one) => one.includes('"/traced/request"'));
    assert.ok(line !== undefined);
    return (JSON.parse(line) as { correlation_id: string }).correlation_id;
  });
}

test('with the access log on standard output in the combined format, the journal has paths as the runbooks grep for', async (t) => {
  const logs = testFolder(t);
  const daemon = await startDaemonProcess(t, {
    journal: true,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
observability { logging { access-log { file "stdout"; format "combined" } } }`,
  });
  for (const path of ['/a', '/a', '/b']) await fetch(`${daemon.url()}${path}`);
  const shell = runbookShell(daemon, logs);
  const [command = ''] = Object.keys(known).filter((text) => text.includes('path="'));
  await eventually(async () => {
    assert.match(await shell.run(command), /^\s+2 path="\/a"\n\s+1 path="\/b"\n$/);
  });
});

test('what is wrong in the runbooks is told to operators, with what to type instead', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/runbook-commands.md'), 'utf8');
  for (const [text, expected] of Object.entries(known)) {
    if (typeof expected === 'function') continue;
    assert.ok(page.includes(`\n${text}\n`), text);
    assert.ok(page.includes(`\n${expected.instead}\n`), expected.instead);
    assert.ok(page.includes(`${expected.why.charAt(0).toUpperCase()}${expected.why.slice(1)}.`), expected.why);
  }
});
