/** `sentinel runbook run` as it is typed: against real daemons, on a pipe and at a terminal. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { callSentinel, type Ended, runSentinel } from '../cli/command-line.ts';
import { requireComponent } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { typeAtTerminal } from './typing-operator.ts';

interface Site {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Replaces the runbook `site`. */
  write(...parts: readonly string[]): void;
  run(...args: readonly string[]): Promise<Ended>;
  /** The same in this process, where steps are of other programs and leave nothing in the working directory. */
  call(...args: readonly string[]): Promise<Ended>;
  transcripts(): readonly string[];
}

const fence = (text: string): string => `\`\`\`kdl\n${text}\n\`\`\`\n`;

function siteIn(folder: string, more: Readonly<Record<string, string>> = {}): Site {
  const books = join(folder, 'runbooks');
  mkdirSync(books, { recursive: true });
  mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 });
  const environment = {
    SENTINEL_RUNBOOKS: books,
    SENTINEL_CONFIG: join(folder, 'sentinel.kdl'),
    SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
    SENTINEL_METRICS_ADDR: '127.0.0.1:0',
    SENTINEL_WORKERS: '1',
    ...more,
  };
  return {
    folder,
    environment,
    write: (...parts) =>
      writeFileSync(
        join(books, 'site.md'),
        `---\nid: site\ntitle: Of the site\nseverity: SEV3\nsymptoms:\n  - something\nentry: true\n---\n\n# Of the site\n\n${parts.join('\n')}`,
      ),
    run: (...args) => runSentinel(['runbook', 'run', 'site', ...args], { environment, directory: folder }),
    call: (...args) =>
      callSentinel(['runbook', 'run', 'site', ...args], {
        environment: { ...environment, PATH: process.env['PATH'] ?? '' },
      }),
    transcripts: () => {
      const runs = join(folder, 'state', 'runs');
      return existsSync(runs) ? readdirSync(runs).map((name) => readFileSync(join(runs, name), 'utf8')) : [];
    },
  };
}

function idleSite(t: TestContext): Site {
  const folder = testFolder(t);
  const site = siteIn(folder);
  writeFileSync(
    join(folder, 'sentinel.kdl'),
    `state-dir "${folder}/state"\nlistener "http" { address "127.0.0.1:0" }\nroute "all" { upstream "fixed" }\nupstream "fixed" { static { status 200 } }\n`,
  );
  return site;
}

interface Busy {
  /** Further configuration. */
  readonly more?: string;
  readonly answer?: RequestListener;
}

/** Two targets behind a daemon. */
async function busySite(t: TestContext, { more = '', answer = (_, response) => response.end('x') }: Busy = {}) {
  const folder = testFolder(t);
  const servers = await Promise.all(
    [1, 2].map(async () => {
      const server = createServer(answer);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => server.closeAllConnections());
      t.after(() => server.close());
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  const [target = ''] = servers;
  const targets = servers.map((address) => `target { address "${address}" }`).join('; ');
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const daemon: DaemonProcess = await startDaemonProcess(t, {
    folder,
    config: `state-dir "${folder}/state"\nlistener "http" { address "127.0.0.1:0" }\nroute "all" { upstream "api" }\nupstream "api" { targets { ${targets} } }\nserver { drain-idle-secs 0 }\n${more}\n`,
  });
  return { site: siteIn(folder), daemon, target };
}

const drain = (target: string): string =>
  fence(
    `step "drain" "Take it out" kind="change" { run "sentinel" "drain" "{target}" "--yes"; undo "sentinel" "undrain" "{target}" "--force" "--yes" }`,
  ).replaceAll('{target}', target);

async function drained(daemon: DaemonProcess): Promise<readonly string[]> {
  return (await daemon.client.call('drains')).data.drains.map(({ target }) => target);
}

test('a dry run changes nothing at the daemon and leaves nothing behind', async (t) => {
  const { site, daemon, target } = await busySite(t);
  const look = fence('step "look" "Look" kind="observe" { run "sentinel" "upstreams" }');
  site.write(look, drain(target), fence('step "other" "Look elsewhere" kind="observe" { run "touch" "was-run" }'));
  const { code, stdout } = await site.run('--dry-run', '--yes');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\| .*api/, 'looking is real');
  assert.match(stdout, new RegExp(`\\$ sentinel drain ${target} --yes\\n +taken back by sentinel undrain ${target}`));
  assert.match(stdout, /it could go through/);
  assert.deepEqual(await drained(daemon), []);
  assert.ok(!existsSync(join(site.folder, 'was-run')));
  assert.deepEqual(site.transcripts(), []);
});

test('a step of sentinel is this very program, whatever the search path says', async (t) => {
  const { site, daemon, target } = await busySite(t);
  const decoy = join(site.folder, 'decoy');
  mkdirSync(decoy);
  writeFileSync(join(decoy, 'sentinel'), `#!/bin/sh\ntouch ${site.folder}/fooled\n`);
  chmodSync(join(decoy, 'sentinel'), 0o755);
  site.write(drain(target));
  const environment = { ...site.environment, PATH: `${decoy}:${process.env['PATH']}` };
  const { code, stdout } = await runSentinel(['runbook', 'run', 'site', '--yes'], {
    environment,
    directory: site.folder,
  });
  assert.equal(code, 0, stdout);
  assert.deepEqual(await drained(daemon), [target]);
  assert.ok(!existsSync(join(site.folder, 'fooled')));
});

test('at a terminal a step that failed is taken back, and the daemon is as it was', async (t) => {
  const script = requireComponent(t, 'script');
  if (script === undefined) return;
  const { site, daemon, target } = await busySite(t);
  const fails = 'run "sh" "-c" "sentinel=no; echo it does not go; exit 7"';
  site.write(
    drain(target),
    fence(`step "deploy" "Deploy" kind="change" { ${fails}; undo "true" }\nrollback step="drain"`),
  );
  const { code, text } = await typeAtTerminal(script, {
    args: ['runbook', 'run', 'site'],
    environment: site.environment,
    directory: site.folder,
    types: [
      [/run step drain\?/, 'y'],
      [/run step deploy\?/, 'y'],
      [/What now\?/, 's'],
    ],
  });
  assert.equal(code, 1, text);
  assert.match(text, /\| it does not go/);
  assert.match(text, /way back: undo step drain/);
  assert.deepEqual(await drained(daemon), [target]);
  const back = await typeAtTerminal(script, {
    args: ['runbook', 'run', 'site', '--rollback', 'drain'],
    environment: site.environment,
    directory: site.folder,
    types: [[/undo step drain\?/, 'y']],
  });
  assert.equal(back.code, 0, back.text);
  assert.deepEqual(await drained(daemon), []);
});

test('a run that stopped at a need goes on when it holds, and only behind what was done', async (t) => {
  const site = idleSite(t);
  const good = readFileSync(join(site.folder, 'sentinel.kdl'), 'utf8');
  site.write(
    fence('step "one" "First" kind="change" { run "sh" "-c" "echo one >>log"; undo "true" }'),
    fence('step "two" "Second" kind="change" { run "sh" "-c" "echo two >>log"; undo "true"; needs "config-loads" }'),
  );
  writeFileSync(join(site.folder, 'sentinel.kdl'), good.replace('"fixed" }', '"fixxed" }'));
  const first = await site.run('--yes');
  assert.equal(first.code, 1, first.stdout);
  assert.match(first.stdout, /SNT-R024/);
  const again = await site.run('--resume', '--yes');
  assert.equal(again.code, 1);
  writeFileSync(join(site.folder, 'sentinel.kdl'), good);
  const last = await site.run('--resume', '--yes');
  assert.equal(last.code, 0, last.stdout);
  assert.equal(readFileSync(join(site.folder, 'log'), 'utf8'), 'one\ntwo\n');
  assert.equal(site.transcripts().length, 1);
  const none = await site.run('--resume', '--yes');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /SNT-R027/);
});

test('a run is not gone on with when the runbook has become another text', async (t) => {
  const site = idleSite(t);
  const step = (name: string): string => fence(`step "${name}" "Do it" kind="change" { run "true"; undo "true" }`);
  site.write(step('one'));
  assert.equal((await site.call()).code, 2);
  site.write(step('two'));
  const { code, stderr } = await site.call('--resume', '--yes');
  assert.equal(code, 2);
  assert.match(stderr, /SNT-R028/);
});

test('on a pipe the ladder names its flags, and the format never changes the status', async (t) => {
  const site = idleSite(t);
  site.write(
    fence('step "change-it" "Change" kind="change" { run "true"; undo "true" }'),
    fence('step "end-it" "End" kind="destroy" { run "true" }'),
  );
  for (const format of [[], ['--json'], ['--format', 'markdown']]) {
    const none = await site.call(...format);
    assert.equal(none.code, 2);
    assert.match(none.stdout, /--yes/);
    const some = await site.call('--yes', ...format);
    assert.equal(some.code, 2);
    assert.match(some.stdout, /--confirm=end-it/);
    const all = await site.call('--yes', '--confirm', 'end-it', ...format);
    assert.equal(all.code, 0);
  }
});

test('under --json each line is a document, the first names the schema, the last says how it ended', async (t) => {
  const site = idleSite(t);
  site.write(fence('step "look" "Look" kind="observe" { run "echo" "seen" }'));
  const { stdout } = await site.run('--json');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(lines[0], { schema: 'sentinel.runbook.run.stream/1' });
  assert.equal(lines[1]?.['kind'], 'begun');
  const step = lines.find(({ kind }) => kind === 'step');
  assert.deepEqual(
    { ...(step?.['command'] as object), started: '', duration_ms: 0 },
    {
      argv: ['echo', 'seen'],
      cwd: site.folder,
      started: '',
      duration_ms: 0,
      exit: 0,
      end: 'exited',
      output: 'seen\n',
      truncated: false,
    },
  );
  assert.equal(lines.at(-1)?.['outcome'], 'finished');
});

test('a secret in arguments or output is in no transcript and on no screen', async (t) => {
  const site = idleSite(t);
  site.write(
    fence(
      'step "tell" "Tell" kind="observe" { run "sh" "-c" "echo token=$1; echo got $2" "tell" "{api-token}" "{api-token}" }',
    ),
    '```bash\necho "password=tiger-in-the-tank"\n```\n',
  );
  const seen = join(site.folder, 'seen.md');
  const { code, stdout, stderr } = await site.call('--set', 'api-token=s3cr3t-and-plain', '--transcript', seen);
  assert.equal(code, 0, stdout + stderr);
  const bash = await site.call('--step', '1', '--bash', '--yes');
  assert.equal(bash.code, 0);
  const all = [stdout, stderr, bash.stdout, readFileSync(seen, 'utf8'), ...site.transcripts()].join('\n');
  assert.match(all, /got \[redacted\]/);
  assert.match(all, /password=\[redacted\]/);
  assert.doesNotMatch(all, /s3cr3t-and-plain/);
  // The fence itself is the site's own text and is redacted all the same.
  assert.doesNotMatch(all.replaceAll(/^ {4}echo .*$/gm, ''), /tiger-in-the-tank/);
});

test('a daemon that a step starts stays when the command has ended, and is taken back by its pid', async (t) => {
  const site = idleSite(t);
  const config = join(site.folder, 'sentinel.kdl');
  const start =
    'step "start" "Start it" kind="change" { run "sentinel" "run" "-c" "{config}"; undo "kill" "-TERM" "{pid}" }';
  site.write(fence(`${start}\nwait until="process-running" for="0s" timeout="20s"`));
  const { code, stdout } = await site.run('--yes');
  const [, pid] = /pid (\d+) carries traffic/.exec(stdout) ?? [];
  assert.equal(code, 0, stdout);
  const running = () => existsSync(`/proc/${pid}`);
  t.after(() => running() && process.kill(Number(pid), 'SIGKILL'));
  assert.ok(running());
  const back = await site.run('--rollback', 'start', '--yes');
  assert.equal(back.code, 0, back.stdout);
  await eventually(() => !running());
  // Where it does not come up, the step has failed, with what it said.
  writeFileSync(config, `state-dir "${site.folder}/state"\nlistener "http" {\n`);
  const failed = await site.run('--yes');
  assert.equal(failed.code, 1, failed.stdout);
  assert.match(failed.stdout, /\| .*sentinel\.kdl/);
});

test('bash stops at the first command that fails', async (t) => {
  const site = idleSite(t);
  site.write('```bash\nfalse | true\necho went-on\n```\n');
  const { code, stdout } = await site.call('--step', '1', '--bash', '--yes');
  assert.equal(code, 1, stdout);
  assert.doesNotMatch(stdout, /\| went-on/);
});

test('a wait goes on when the errors of a real daemon have fallen', async (t) => {
  const folder = testFolder(t);
  const site = siteIn(folder);
  const routes = [200, 500].map(
    (status) =>
      `route "r${status}" { matches { path "/${status}" }; upstream "u${status}" }\nupstream "u${status}" { static { status ${status} } }`,
  );
  const listener = 'listener "http" { address "127.0.0.1:0" }';
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `state-dir "${folder}/state"\n${listener}\n${routes.join('\n')}\nserver { drain-idle-secs 0 }\n`,
  });
  site.write(fence('wait until="err<80%" for="1s" timeout="40s"'));
  let path = '/500';
  const stop = new AbortController();
  const asking = (async () => {
    while (!stop.signal.aborted) {
      await fetch(daemon.url() + path).then((response) => response.arrayBuffer());
      await pause(10);
    }
  })();
  await eventually(async () => {
    const { data } = await daemon.client.call('traffic', { query: { window: '10s' } });
    return (data.total.windows['10s']?.errors ?? 0) > 20;
  });
  const running = site.call('--json');
  await pause(1_500);
  path = '/200';
  const { code, stdout } = await running;
  stop.abort();
  await asking;
  assert.equal(code, 0, stdout);
  const wait = stdout
    .split('\n')
    .filter((line) => line.includes('"kind":"wait"'))
    .map((line) => JSON.parse(line) as { outcome: string; waited_ms: number });
  assert.equal(wait[0]?.outcome, 'held');
  assert.ok((wait[0]?.waited_ms ?? 0) > 1_500, 'it has not waited for the errors to end');
});

test('limits of the configuration decide over answers and what is waited for', async (t) => {
  let asked = 0;
  const { site, daemon } = await busySite(t, {
    more: 'alerts { error-rate-percent 60 }',
    answer: (_, response) => {
      response.statusCode = ++asked % 3 === 0 ? 500 : 200;
      response.end();
    },
  });
  for (let sent = 0; sent < 90; sent++) {
    await fetch(daemon.url()).then((response) => response.arrayBuffer());
  }
  // Of the second that has just begun nothing is known.
  await eventually(async () => {
    const { data } = await daemon.client.call('traffic', { query: { window: '1m' } });
    assert.ok((data.total.windows['1m']?.requests ?? 0) >= 90);
  });
  site.write(fence('assert "error-rate-normal" yes\nwait until="error-rate-normal" for="0s" timeout="1s"'));
  const { code, stdout } = await site.call();
  assert.equal(code, 0, stdout);
});

test('a wait whose time is over exits with 6', async (t) => {
  const site = idleSite(t);
  site.write(fence('wait until="healthy=all" for="1s" timeout="1s"'));
  const { code, stdout } = await site.call();
  assert.equal(code, 6, stdout);
  assert.match(stdout, /SNT-R026.*no daemon answers/);
});

test('Ctrl-C at a question keeps what was done and says how it goes on; two runs at once are told', async (t) => {
  const script = requireComponent(t, 'script');
  if (script === undefined) return;
  const site = idleSite(t);
  site.write(
    fence('step "one" "First" kind="observe" { run "echo" "one" }'),
    fence('ask "people-know" "Do people know?" { yes goto="#end"; no goto="#end" }'),
    '\n## End\n',
  );
  const told: { other?: Promise<Ended> } = {};
  const { code, text } = await typeAtTerminal(script, {
    args: ['runbook', 'run', 'site'],
    environment: site.environment,
    directory: site.folder,
    types: [[/Do people know\?/, 'what', '^C']],
    onOutput: (seen) => {
      if (seen.includes('type y, n') && told.other === undefined) told.other = site.run('--answer', 'people-know=yes');
    },
  });
  assert.equal(code, 130, text);
  const [, run] = /next: sentinel runbook run site --resume (r-[\w-]+)/.exec(text) ?? [];
  assert.ok(run !== undefined, text);
  const other = await told.other;
  assert.equal(other?.code, 0);
  assert.match(other?.stderr ?? '', /is being run already|stopped before its end/);
  const resumed = await site.run('--resume', run, '--answer', 'people-know=yes');
  assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr);
  assert.doesNotMatch(resumed.stdout, /\| one/);
});

test('what does not go together, or does not exist, is a usage error', async (t) => {
  const site = idleSite(t);
  site.write(fence('step "one" "First" kind="observe" { run "echo" "one" }'));
  for (const args of [
    ['--step', '1', '--resume'],
    ['--bash'],
    ['--set', 'target'],
    ['--answer', 'x=perhaps'],
    ['--step', 'nine'],
    ['--from', 'nine'],
    ['--resume', '../../etc/passwd'],
  ]) {
    const { code, stdout, stderr } = await site.call(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
  }
  const unknown = await callSentinel(['runbook', 'run', 'nonesuch'], { environment: site.environment });
  assert.equal(unknown.code, 2);
});
