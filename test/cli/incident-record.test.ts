/** Commands of incidents as somebody on call types them, from the first alert to the last action, without a daemon. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { IncidentStore } from '../../src/incident/record/store.ts';
import { privateFolder } from '../incident/record/journals.ts';
import { callSentinel, type Ended, runSentinel } from './command-line.ts';

interface Site {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  incident(...args: readonly string[]): Promise<Ended>;
}

function siteOf(t: TestContext): Site {
  const home = privateFolder(t);
  const folder = join(home, 'incidents');
  const environment = {
    SENTINEL_INCIDENTS: folder,
    SENTINEL_ADMIN_SOCKET: join(home, 'admin.sock'),
    XDG_STATE_HOME: join(home, 'state'),
  };
  return { folder, environment, incident: (...args) => callSentinel(['incident', ...args], { environment }) };
}

function dataOf({ stdout }: Ended): Record<string, unknown> & { readonly data: Record<string, unknown> } {
  return JSON.parse(stdout) as Record<string, unknown> & { readonly data: Record<string, unknown> };
}

test('an incident from the first alert to the last action', async (t) => {
  const { folder, incident } = siteOf(t);
  const opened = await incident('open', '--title', 'checkout answers 502', '--sev', '2', '--at', '20m');
  assert.equal(opened.code, 0);
  const [, id = ''] = /(INC-\d{8}-001)/.exec(opened.stdout) ?? [];
  const channel = `#incident-${id.slice(4)}`;
  assert.ok(opened.stdout.includes(channel), opened.stdout);
  assert.match(opened.stdout, /acknowledge by \d\d:\d\d:\d\dZ/);
  assert.match(opened.stdout, /sentinel incident role commander NAME/);
  assert.ok(existsSync(join(folder, id, 'journal.ndjson')));

  assert.match((await incident('ack')).stdout, /acknowledged .* after it was opened, in time \(SEV2: < 15 min\)/);
  assert.match((await incident('ack')).stdout, /nothing was changed/);
  assert.match((await incident('role', 'commander', 'Ana', 'Silva')).stdout, /commander +Ana Silva/);
  assert.equal((await incident('role', 'scribe', 'Kim')).code, 0);
  assert.doesNotMatch((await incident('role', 'scribe', '--clear')).stdout, /scribe/);
  assert.match(
    (await incident('sev', '1', '--why', 'all of it')).stdout,
    /SEV1[\s\S]*tell management: 9m|SEV1[\s\S]*tell management/,
  );
  assert.match((await incident('note', 'the', 'target', 'does', 'not', 'answer')).stdout, /noted in INC/);
  assert.match((await incident('checklist', 'tick', 'channel')).stdout, /First 5 minutes {2}4 of 5/);
  assert.equal((await incident('checklist', 'tick', 'coffee')).code, 2);

  const odd = await incident('mark', 'mitigated', '--at', '2m');
  assert.match(odd.stdout, /nobody has said when the cause was identified/);
  const future = await incident('mark', 'resolved', '--at', '2999-01-01T00:00:00Z');
  assert.deepEqual([future.code, /has not come yet/.test(future.stderr)], [2, true]);
  assert.equal((await incident('mark', 'solved')).code, 2);
  const refused = await incident('close');
  assert.deepEqual([refused.code, /--resolved now/.test(refused.stderr)], [1, true]);

  await incident('factor', 'add', 'the timeout was too short');
  const due = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  assert.match(
    (await incident('action', 'add', 'raise it', '--owner', 'ana', '--due', '7d')).stdout,
    new RegExp(`1\\. raise it \\(ana, due ${due}\\)`),
  );
  assert.equal((await incident('action', 'add', 'x', '--due', '2026-02-31')).code, 2);

  const shown = await callSentinel(['incident', 'show', id], {
    environment: { SENTINEL_INCIDENTS: folder },
    terminal: true,
    columns: 80,
  });
  assert.ok(
    shown.stdout
      .split('\n')
      .every(
        (line) =>
          line.replaceAll(/\u001b\[\d+m/g, '').length <= 80 ||
          line.includes(folder) ||
          line.includes('sentinel incident'),
      ),
  );
  for (const part of ['acknowledge it: done', 'tell management', 'Ana Silva', 'by incident ack', 'raise it', channel])
    assert.ok(shown.stdout.includes(part), part);

  const closed = await incident('close', '--resolved', 'now', '--why', 'rolled back');
  assert.equal(closed.code, 0, closed.stderr);
  assert.match(closed.stdout, /the list of the first hour: 59m[\s\S]*write the post-mortem: 1d 23h left/);
  assert.ok(closed.stdout.includes(`sentinel incident checklist tick post-all-clear -i ${id}`));
  assert.ok(existsSync(join(folder, id, 'timeline.ndjson')));
  assert.match((await incident('list')).stdout, /no incident is open[\s\S]*1 closed/);
  assert.match((await incident('list', '--all')).stdout, new RegExp(`${id} +SEV1 +closed`));
  assert.match((await incident('action', 'done', '1')).stdout, /done \d{4}-/);
  assert.deepEqual((await incident('note', 'too late')).code, 2);
  assert.match((await incident('reopen', id, '--why', 'errors are back')).stdout, /SEV1 {2}open/);

  const json = dataOf(await incident('show', '--json'));
  const { times, roles } = json.data['incident'] as {
    readonly times: Record<string, unknown>;
    readonly roles: unknown;
  };
  assert.deepEqual(
    [json['schema'], json['exit_code'], roles],
    ['sentinel.incident.show/1', 0, { commander: 'Ana Silva' }],
  );
  assert.equal(times['resolved'], null);
});

test('verify says what was changed and where, with the status that fits in every format', async (t) => {
  const { folder, incident } = siteOf(t);
  await incident('open', 'INC-001', '--no-propose');
  await incident('note', 'one');
  const whole = await incident('verify');
  assert.match(whole.stdout, /INC-001 is whole: 2 entries, head 2 · [0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}/);
  const journal = join(folder, 'INC-001', 'journal.ndjson');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('"one"', '"two"'));
  const changed = await incident('verify', 'INC-001');
  assert.deepEqual(
    [changed.code, /journal\.ndjson line 2: its hash is not that of its text/.test(changed.stdout)],
    [1, true],
  );
  const json = await incident('verify', 'INC-001', '--json');
  assert.deepEqual([json.code, dataOf(json)['status']], [1, 'problems']);
  assert.equal((await incident('verify', 'INC-002')).code, 1);
  mkdirSync(join(folder, 'INC-003', 'journal.ndjson'), { recursive: true });
  assert.equal((await incident('verify', 'INC-003')).code, 3);
  assert.equal((await incident('list')).code, 3);
});

test('which incident is meant is not guessed, and what stands on standard input is noted without its secrets', async (t) => {
  const { folder, environment, incident } = siteOf(t);
  const none = await incident('note', 'x');
  assert.deepEqual([none.code, /no incident is open/.test(none.stderr)], [2, true]);
  await incident('open', 'INC-001', '--no-propose');
  const second = await incident('open', 'INC-002', '--no-propose');
  assert.match(second.stdout, /1 more not closed: INC-001/);
  assert.match(second.stdout, /sentinel incident ack INC-002/);
  const several = await incident('ack');
  assert.deepEqual([several.code, /INC-002, INC-001/.test(several.stderr)], [2, true]);
  assert.equal(
    (
      await callSentinel(['incident', 'note', '-', '-i', 'INC-001'], {
        environment,
        input: 'line 1\npassword=hunter2\n',
      })
    ).code,
    0,
  );
  assert.match(readFileSync(join(folder, 'INC-001', 'journal.ndjson'), 'utf8'), /line 1\\npassword=\[redacted\]"/);
  const exists = await incident('open', 'INC-001', '--no-propose');
  assert.deepEqual(
    [exists.code, /SNT-I005/.test(exists.stderr), /incident show INC-001/.test(exists.stderr)],
    [1, true, true],
  );
  const path = await incident('open', '../../etc/cron.d/x');
  assert.deepEqual([path.code, /SNT-I001/.test(path.stderr)], [2, true]);
});

test('two that are typed at the same moment are two incidents, and a daemon that never answers keeps none from being opened', async (t) => {
  const { folder, environment } = siteOf(t);
  const silent = createServer(() => undefined).listen({ path: environment['SENTINEL_ADMIN_SOCKET'] });
  t.after(() => silent.close());
  const sockets = new Set<{ destroy(): void }>();
  silent.on('connection', (socket) => sockets.add(socket));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const both = await Promise.all([
    runSentinel(['incident', 'open', '--no-propose', '--json'], { environment }),
    runSentinel(['incident', 'open', '--json'], { environment }),
  ]);
  const ids = both.map((ended) => (dataOf(ended).data['incident'] as { readonly id: string }).id.slice(-3)).sort();
  assert.deepEqual(
    [ids, both.map(({ code }) => code)],
    [
      ['001', '002'],
      [0, 0],
    ],
  );
  assert.ok(existsSync(folder));
  const [, asked] = both;
  const proposal = dataOf(asked as Ended).data['proposal'] as { readonly status: string };
  assert.ok(['problems', 'unknown'].includes(proposal.status));
});

test('a journal that a process left with half a line is read, and mended by the next entry', async (t) => {
  const { folder, incident } = siteOf(t);
  await incident('open', 'INC-001', '--no-propose');
  appendFileSync(join(folder, 'INC-001', 'journal.ndjson'), '{"seq":2,"at"');
  assert.equal((await incident('show')).code, 0);
  assert.equal((await incident('verify')).code, 1);
  assert.equal((await incident('note', 'after it')).code, 0);
  const after = await incident('verify');
  assert.deepEqual([after.code, /were put aside/.test(after.stdout)], [0, true]);
});

test('what is done after the end means the incident that was closed last, and says which', async (t) => {
  const { incident } = siteOf(t);
  assert.equal((await incident('open', 'INC-7', '--no-propose')).code, 0);
  assert.equal((await incident('close', '--resolved', 'now')).code, 0);
  for (const words of [['verify'], ['show'], ['postmortem'], ['timeline'], ['factor', 'add', 'haste'], ['checklist']]) {
    const { code, stderr } = await incident(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    assert.match(stderr, /– INC-7, closed .* ago/);
  }
  // What belongs to one that goes on does not reach back.
  for (const words of [['note', 'x'], ['ack'], ['mark', 'identified']])
    assert.deepEqual([words[0], (await incident(...words)).code], [words[0], 2]);
});

test('a secret of the configuration or the environment gets into no journal, also where it looks harmless', async (t) => {
  const { folder, environment } = siteOf(t);
  const config = join(folder, '..', 'sentinel.kdl');
  writeFileSync(
    config,
    `listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed"; policies { request-headers { set { authorization "plum harvest in june" } } } }
upstream "fixed" { static { status 200 } }
`,
  );
  const settings = { ...environment, SENTINEL_CONFIG: config, BILLING_PASSWORD: 'orange-kettle' };
  const call = (...args: readonly string[]) => callSentinel(['incident', ...args], { environment: settings });
  assert.equal((await call('open', 'INC-8', '--no-propose')).code, 0);
  const note = 'it sends plum harvest in june, and orange-kettle';
  const noted = await call('note', note);
  assert.equal(noted.code, 0);
  const journal = readFileSync(join(folder, 'INC-8', 'journal.ndjson'), 'utf8');
  assert.match(journal, /it sends \[redacted\], and \[redacted\]/);
});

test('an incident of which nothing can be read is unknown, and nothing is made up about it', async (t) => {
  const { folder, incident } = siteOf(t);
  await incident('open', 'INC-1', '--sev', '4', '--no-propose');
  mkdirSync(join(folder, 'INC-2'), { mode: 0o700 });
  writeFileSync(join(folder, 'INC-2', 'journal.ndjson'), '{"seq":1,"torn');
  const listed = await incident('list');
  assert.equal(listed.code, 3);
  assert.match(listed.stdout, /INC-2 .*no entry that can be read/);
  const { status, exit_code: code, data, warnings } = dataOf(await incident('list', '--json'));
  assert.deepEqual([status, code, (warnings as readonly string[]).length], ['unknown', 3, 1]);
  assert.deepEqual(
    (data['incidents'] as readonly Record<string, unknown>[]).map(({ id, phase }) => [id, phase]),
    [
      ['INC-1', 'open'],
      ['INC-2', undefined],
    ],
  );
  for (const args of [
    ['show', 'INC-2'],
    ['show', 'INC-2', '--json'],
    ['timeline', 'INC-2'],
    ['comms', 'initial', 'INC-2'],
  ])
    assert.equal((await incident(...args)).code, 3, args.join(' '));
  assert.equal((await incident('verify', 'INC-2')).code, 1);
});

test('whoever takes over is told what the newest diagnosis says, also where it is that of a snapshot', async (t) => {
  const { folder, incident } = siteOf(t);
  await incident('open', 'INC-1', '--sev', '2', '--no-propose');
  assert.match((await incident('handover')).stdout, /known +nobody has diagnosed it/);
  const store = new IncidentStore(folder, { clock: systemClock, actor: 'ada', host: 'prod-1' });
  const kept = { file: 'x.tar.gz', sha256: 'f'.repeat(64), bytes: 1, complete: true, verdict: 'SEV1, process-crash' };
  await store.append('INC-1', [{ kind: 'snapshot', ...kept }]);
  assert.match((await incident('handover')).stdout, /known +\d\d:\d\d:\d\dZ SEV1, process-crash \(in the snapshot\)/);
});
