/**
 * The procedures of the seed runbooks that change the configuration, typed as printed one command after the other: they end as
 * the runbook says.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, ok, type Script, startOrigin } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';
import { type RunbookShell, runbookShell } from './runbook-shell.ts';
import { seedBlocks } from './seed-blocks.ts';
import { seedScript } from './seed-commands.ts';

const operational = 'operational-runbook.md';
const incident = 'incident-response-runbook.md';

interface Scene {
  readonly daemon: DaemonProcess;
  readonly shell: RunbookShell;
  /** Changes the file as an editor does. */
  edit(change: (text: string) => string): void;
  ask(path?: string): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: string | null }>;
}

/** Answers nothing by itself, and closes when the other side has. */
const leaving: Script = { connected: ({ socket }) => void socket.on('end', () => socket.end()) };

/** A daemon that answers `one`, with its log where the runbooks look for it. */
async function start(t: TestContext, more = ''): Promise<Scene> {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { priority "low"; upstream "fixed" }
upstream "fixed" { static { status 200; body "one" } }
server { graceful-shutdown-timeout-secs 5 }
observability { logging { file "${join(folder, 'sentinel.log')}" } }
${more}
`,
  });
  return {
    daemon,
    shell: runbookShell(daemon, folder),
    edit: (change) => daemon.writeConfig(change(readFileSync(daemon.configFile, 'utf8'))),
    async ask(path = '/') {
      const reply = await fetch(`${daemon.url()}${path}`);
      return { status: reply.status, text: await reply.text(), retryAfter: reply.headers.get('retry-after') };
    },
  };
}

function seedBlock(file: string, words: string): string {
  const found = seedBlocks(file).filter((block) => block.text.includes(words));
  assert.equal(found.length, 1, `${file} prints ${words} ${found.length} times`);
  return found[0]?.text ?? '';
}

test('hot reload and manual rollback: the backup is there though nobody made it, and brings the old answer back', async (t) => {
  const { daemon, shell, edit, ask } = await start(t);
  await shell.run(seedScript(operational, 'config.kdl.$(date'));
  edit((text) => text.replace('body "one"', 'body "two"'));
  writeFileSync(join(daemon.folder, 'new-config.kdl'), readFileSync(daemon.configFile));
  const validate = seedScript(operational, '--validate --config /etc/sentinel/new-config.kdl', './', '\n').replace(
    '/etc/sentinel',
    daemon.folder,
  );
  await shell.run(`${validate} && echo good`).then((said) => assert.match(said, /good$/m));
  await shell.run(seedScript(operational, 'Verify reload succeeded', 'kill', '\n'));
  await daemon.line('Configuration reload completed');
  const verify = seedScript(operational, 'Verify reload succeeded', 'tail');
  assert.match(await shell.run(verify), /"message":"Configuration reload completed"/);
  assert.equal((await ask()).text, 'two');
  await shell.run(seedScript(operational, '# Manual rollback', 'cp'));
  await daemon.line('Configuration reload completed', 2);
  assert.equal((await ask()).text, 'one');
});

test('a reload that fails: the log says so, validation says where, and after the fix the retry succeeds', async (t) => {
  const { daemon, shell, edit, ask } = await start(t);
  edit((text) => text.replace('route "all"', 'rote "all"'));
  const retry = (from: string, to: string | null = '\n') => seedScript(incident, 'Retry reload', from, to);
  await shell.run(retry('kill'));
  await daemon.line('Configuration reload failed');
  const attempts = seedScript(incident, 'View recent reload attempts', 'journalctl', '\n');
  assert.match(await shell.run(attempts), /Configuration reload failed/);
  const counted = seedScript(incident, 'View recent reload attempts', 'curl', '\n');
  assert.match(await shell.run(counted), /^sentinel_config_reload_total\{result="failed"\} 1$/m);
  assert.equal((await ask()).text, 'one');
  const check = `${retry('./sentinel')} 2>&1; echo "exit $?"`;
  assert.match(await shell.run(check), /rote[^]*exit 1/);
  edit((text) => text.replace('rote "all"', 'route "all"').replace('body "one"', 'body "mended"'));
  assert.match(await shell.run(check), /exit 0/);
  await shell.run(retry('kill'));
  await daemon.line('Configuration reload completed');
  assert.match(await shell.run(retry('journalctl', null)), /Configuration reload completed/);
  assert.equal((await ask()).text, 'mended');
});

for (const [what, script, limits] of [
  [
    'the incident runbook',
    seedScript(incident, 'Reduce connection limits immediately', 'cat', '# 2.'),
    { maxTotalConnections: 5000, maxConnectionsPerClient: 50 },
  ],
  ['the operational runbook', seedScript(operational, 'max-total-connections 1000'), { maxTotalConnections: 1000 }],
] as const) {
  test(`emergency limits that are put before the file, as by ${what}, hold although the file has limits of its own`, async (t) => {
    const { daemon, shell, ask } = await start(t, 'limits { max-total-connections 9000; max-header-count 77 }');
    await shell.run(script);
    const { warnings } = await daemon.line('Configuration reload completed').then(async () => {
      const { data } = await daemon.client.call('status');
      return data;
    });
    assert.ok(
      warnings.some((warning) => /limits/.test(warning) && /sentinel\.kdl:\d+/.test(warning)),
      `a warning names the lines: ${warnings.join('; ')}`,
    );
    const { data } = await daemon.client.call('config', { query: { form: 'json' } });
    const settings = JSON.stringify(data.settings);
    assert.match(settings, new RegExp(`max-total-connections\\D+${limits.maxTotalConnections}\\b`));
    assert.match(settings, /max-header-count\D+77\b/);
    if ('maxConnectionsPerClient' in limits) assert.match(settings, /max-connections-per-client\D+50\b/);
    assert.equal((await ask()).text, 'one');
  });
}

test('the maintenance route answers everything but the proxy’s own paths, and is gone when it is taken out', async (t) => {
  const { daemon, shell, edit, ask } = await start(t);
  const block = seedBlock(operational, 'upstream "maintenance-page"');
  const hup = seedScript(incident, 'Fix validation errors', 'kill', '\n');
  edit((text) => `${block}\n${text}`);
  await shell.run(hup);
  await daemon.line('Configuration reload completed');
  const down = await ask('/anything');
  assert.deepEqual([down.status, down.retryAfter], [503, '900']);
  assert.match(down.text, /<html/i);
  assert.equal((await ask('/health')).status, 200);
  assert.equal((await ask('/ready')).status, 200);
  edit((text) => text.replace(block, ''));
  await shell.run(hup);
  await daemon.line('Configuration reload completed', 2);
  assert.equal((await ask('/anything')).text, 'one');
});

test('weight 0 drains: what is under way ends, no connection is left to be seen, and the target can be taken out', async (t) => {
  const [drained, other] = await Promise.all([startOrigin(t, leaving), startOrigin(t, answering(ok('other')))]);
  const address = `127.0.0.1:${drained?.port}`;
  const { daemon, shell, edit, ask } = await start(
    t,
    `
route "app" { matches { path-prefix "/app" }; upstream "app" }
upstream "app" {
    targets {
        target {
            address "${address}"
            weight 1
        }
        target { address "127.0.0.1:${other?.port}"; weight 0 }
    }
}`,
  );
  const hup = seedScript(incident, 'Fix validation errors', 'kill', '\n');
  const client = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  client.send(get('/app/long'));
  const { connection } = await drained.request();
  const printed = seedBlock(operational, 'weight 0');
  edit((text) =>
    text
      .replace(/target \{\s+address "127[^}]*?weight 1\s+\}/, printed.replace('10.1.1.10:8080', address))
      .replace('weight 0 }', 'weight 1 }'),
  );
  await shell.run(hup);
  await daemon.line('Configuration reload completed');
  assert.deepEqual(await ask('/app/new').then(({ text }) => text), 'other');
  const watched = seedScript(operational, 'Monitor active connections', 'watch').replace('10.1.1.10:8080', address);
  // Both ends are on this machine here: each shows as one line.
  assert.equal(Number((await shell.run(watched)).trim()), 2);
  connection.send(ok('the end'));
  assert.equal((await client.response()).text, 'the end');
  await eventually(async () => assert.equal(Number((await shell.run(watched)).trim()), 0));
  edit((text) => text.replace(printed.replace('10.1.1.10:8080', address).trim(), ''));
  await shell.run(hup);
  await daemon.line('Configuration reload completed', 2);
  const { data } = await daemon.client.call('upstream', { params: { name: 'app' } });
  assert.deepEqual(
    data.targets.map((target) => target.address),
    [`127.0.0.1:${other?.port}`],
  );
});
