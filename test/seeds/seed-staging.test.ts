/** "Test in staging first" of the operational runbook, without scp and ssh: what the ledger says to type reaches a daemon elsewhere, by its address and a token. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { commandWords } from '../../src/runbook/command-words.ts';
import { callSentinel } from '../cli/command-line.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { seedLedger } from './seed-ledger.ts';

const token = 'staging-3c1d7e52';
const known = `observability { admin { token "staging" { role "operator"; hash "sha256:${createHash('sha256').update(token).digest('hex')}" } } }`;

/** What stands in the place of the printed command that begins so. */
function instead(printed: string): string {
  const [row] = Object.entries(seedLedger).flatMap(([text, one]) => (text.startsWith(printed) ? [one] : []));
  assert.equal(row?.kind, 'counterpart');
  return row.kind === 'counterpart' ? row.command : '';
}

test('what stands in the place of scp and ssh tries a configuration on a daemon elsewhere, confirms it there, and reloads it', async (t) => {
  const staging = await startDaemonProcess(t, { config: staticConfig('old', known), workers: 1 });
  const here = testFolder(t);
  const candidate = join(here, 'new-config.kdl');
  const { port } = new URL(staging.url());
  writeFileSync(candidate, staticConfig('new', known).replace('127.0.0.1:0', `127.0.0.1:${port}`));
  const address = new URL(staging.adminUrl()).host;
  const type = async (command: string, more: readonly string[] = [], environment = { SENTINEL_TOKEN: token }) => {
    const words = commandWords(command.replace('staging:9090', address).replace(' new-config.kdl', ` ${candidate}`)).words;
    return callSentinel([...words.slice(1), ...more], { environment });
  };
  const says = async (): Promise<string> => (await fetch(`${staging.url()}/`)).text();

  const apply = instead('scp new-config.kdl');
  const unknown = await type(apply, ['--yes'], { SENTINEL_TOKEN: 'nobody-knows-it' });
  assert.equal(unknown.code, 4, unknown.stdout);
  assert.equal(await says(), 'old');

  const planned = await type('sentinel config plan new-config.kdl --daemon staging:9090');
  assert.ok(planned.stdout.includes('body'), planned.stdout + planned.stderr);
  assert.equal(await says(), 'old', 'a plan changes nothing');

  const applied = await type(apply, ['--yes']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.equal(await says(), 'new');
  assert.ok(readFileSync(staging.configFile, 'utf8').includes('"old"'), 'the file there waits for the confirmation');
  const [id = ''] = /\bc-[0-9a-f]+\b/.exec(applied.stdout) ?? [];
  const confirmed = await type(`sentinel config confirm ${id} --daemon staging:9090`);
  assert.equal(confirmed.code, 0, confirmed.stdout + confirmed.stderr);
  assert.ok(readFileSync(staging.configFile, 'utf8').includes('"new"'));

  staging.writeConfig(readFileSync(staging.configFile, 'utf8').replace('"new"', '"newer"'));
  const reloaded = await type(instead('ssh staging'));
  assert.equal(reloaded.code, 0, reloaded.stdout + reloaded.stderr);
  await eventually(async () => assert.equal(await says(), 'newer'));
});
