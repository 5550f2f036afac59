/**
 * What `npm install -g` of the packed tarball gives: exactly the files that are meant, and a program that works with
 * whatever Node is there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnSyncReturns, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext, before } from 'node:test';
import { instanceFolder } from '../../src/base/state-folder.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { requireComponent, requireOlderNode } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';

const root = new URL('../..', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly man: readonly string[];
};
const pages = filesUnder('man').filter((file) => /\.[157]$/.test(file));
const installMs = 120_000;

const home = mkdtempSync(path.join(tmpdir(), 'sentinel-packages-'));
const prefix = path.join(home, 'prefix');
let packed: readonly string[] = [];
let packedBytes = 0;
/** What the package must not be: it was eight tenths of this when that was decided. A Node alone would be twenty times as much. */
const MOST_PACKED_BYTES = 2_200_000;

before(() => {
  // What a checkout may have built: the single binary, and what stands beside it.
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  for (const name of ['sentinel', 'sentinel.sha256', 'sentinel.cdx.json', 'sentinel-arm64']) {
    const file = path.join(root, 'dist', name);
    if (existsSync(file)) continue;
    writeFileSync(file, 'stands for it');
    test.after(() => rmSync(file));
  }
  const answer = npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', home);
  const [tarball] = Object.values(JSON.parse(answer) as Record<string, Tarball>);
  assert.ok(tarball !== undefined, answer);
  packed = tarball.files.map((file) => file.path).sort();
  packedBytes = tarball.size;
  mkdirSync(prefix);
  const file = path.join(home, tarball.filename);
  npm(home, 'install', '-g', '--prefix', prefix, '--ignore-scripts', '--prefer-offline', file);
});
test.after(() => rmSync(home, { recursive: true, force: true }));

interface Tarball {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const nodes = [
  ['the Node that fits', () => process.execPath],
  ['an old Node', requireOlderNode],
] as const;

test('the package holds the built program, its pages, what is deployed beside it and its licence, and nothing else', () => {
  const built = filesUnder('src').map((file) => file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
  const meant = [
    ...filesUnder('bin').filter((file) => !file.endsWith('.d.ts')),
    ...built,
    ...filesUnder('docs'),
    ...filesUnder('deploy'),
    ...filesUnder('runbooks'),
    ...pages,
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
  ];
  assert.deepEqual(packed, meant.sort());
});

test('the package is small: no binary is in it', () => {
  assert.ok(packedBytes < MOST_PACKED_BYTES, `${packedBytes} bytes`);
});

test('every manual page is named in package.json, and is there after an installation', () => {
  assert.deepEqual([...manifest.man].sort(), pages);
  for (const page of pages) {
    assert.equal(readFileSync(installedPage(page), 'utf8'), readFileSync(path.join(root, page), 'utf8'));
  }
});

test('every installed page is one that mandoc reads without complaint', (t) => {
  const mandoc = requireComponent(t, 'mandoc');
  if (mandoc === undefined) return;
  for (const page of pages) {
    const args = ['-T', 'ascii', '-W', 'error', installedPage(page)];
    const read: SpawnSyncReturns<string> = spawnSync(mandoc, args, { encoding: 'utf8' });
    assert.equal(read.status, 0, `${page}: ${read.stderr}`);
    // A terminal page makes letters bold by writing them twice.
    assert.match(read.stdout.replace(/.\x08/g, ''), /^NAME\n +sentinel/m);
  }
});

for (const [age, nodeOf] of nodes) {
  test(`under ${age}: the installed bins say their version and check files`, (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    for (const bin of ['sentinel', 'sentinel-proxy']) {
      const { status, stdout } = run(node, bin, '--version');
      assert.equal(status, 0);
      assert.ok(stdout.includes(manifest.version), stdout);
    }
    const good = path.join(home, 'good.kdl');
    writeFileSync(
      good,
      'listener "http" { address "127.0.0.1:0" }\nroute "all" { upstream "fixed" }\nupstream "fixed" { static { body "hello" } }\n',
    );
    const bad = path.join(home, 'bad.kdl');
    writeFileSync(bad, readFileSync(good, 'utf8').replace('upstream "fixed" }', 'upstream "fixd" }'));
    assert.equal(run(node, 'sentinel', 'validate', good).status, 0);
    const wrong = run(node, 'sentinel', 'validate', bad);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout + wrong.stderr, /SNT-C140[^]*did you mean `fixed`/);
  });

  test(`under ${age}: the installed program reads certificates, by the packages that it needs for that`, (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const authority = TestAuthority.root(t);
    const { certFile, keyFile } = authority.issue({ extensions: ['keyUsage=critical,digitalSignature'] });
    const good = run(node, 'sentinel', 'cert-check', certFile, keyFile, '--ca', authority.certFile, '--json');
    assert.match(good.stdout, /"exit_code":\s*0/, good.stdout + good.stderr);
    const client = authority.issue({ usage: 'clientAuth' });
    const wrong = run(node, 'sentinel', 'cert-check', client.certFile, '--use', 'server', '--ca', authority.certFile);
    assert.match(wrong.stdout, /error\[SNT-T042\]/);
    assert.equal(wrong.status, 1, wrong.stdout);
  });

  test(`under ${age}: the installed program has its runbooks, and says of a daemon that never ran that it did not`, (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    assert.match(run(node, 'sentinel', 'runbook', 'lint').stdout, /no problems in 15 files/);
    const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-test-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'sentinel.kdl');
    const text = `state-dir "${folder}/state"
server { pid-file "${folder}/pid" }
listener "http" { address "127.0.0.1:1" }
observability { metrics { enabled #false }; admin { socket "${folder}/admin.sock" } }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200 } }
`;
    writeFileSync(file, text);
    const said = run(node, 'sentinel', 'diagnose', '-c', file);
    assert.match(said.stdout, /SNT-P080/, said.stdout + said.stderr);
    assert.equal(said.status, 1);
  });

  test(`under ${age}: the installed program carries requests to one address and ends well on TERM`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const origin = createServer((_request, response) => void response.end('from the origin')).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    t.after(() => {
      origin.close();
      origin.closeAllConnections();
    });
    const to = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
    // No flag names a state folder, and root has the one of the system.
    t.after(() => rmSync(instanceFolder('/var/lib/sentinel', `to ${to}`), { recursive: true, force: true }));
    const daemon = start(t, node, ['run', '--to', to, '--workers', '2']);
    const url = await daemon.url();
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal(await (await fetch(url)).text(), 'from the origin');
    const { pid } = JSON.parse(
      daemon
        .output()
        .split('\n')
        .find((line) => line.includes('"Ready"')) as string,
    ) as {
      readonly pid: number;
    };
    const runsIn = readlinkSync(`/proc/${pid}/exe`);
    assert.ok(node === process.execPath ? runsIn === node : runsIn.startsWith(realpathSync(prefix)), runsIn);
    daemon.child.kill('SIGTERM');
    assert.deepEqual(await daemon.ended, [0, null], daemon.output());
  });
}

function installedPage(page: string): string {
  return path.join(prefix, 'share/man', `man${page.at(-1)}`, path.basename(page));
}

/** The environment of somebody who has installed the package and has this Node first on the path. */
function environment(node: string): NodeJS.ProcessEnv {
  return {
    PATH: [path.join(prefix, 'bin'), path.dirname(node), process.env['PATH']].join(path.delimiter),
    TERM: 'dumb',
    SENTINEL_METRICS_ADDR: '127.0.0.1:0',
  };
}

function run(node: string, bin: string, ...args: readonly string[]) {
  return spawnSync(path.join(prefix, 'bin', bin), args, { cwd: home, env: environment(node), encoding: 'utf8' });
}

interface Running {
  readonly child: ChildProcess;
  output(): string;
  url(): Promise<string>;
  readonly ended: Promise<readonly unknown[]>;
}

function start(t: TestContext, node: string, args: readonly string[]): Running {
  const folder = mkdtempSync(path.join(home, 'run-'));
  const child = spawn(path.join(prefix, 'bin/sentinel'), args, {
    cwd: folder,
    env: { ...environment(node), SENTINEL_ADMIN_SOCKET: path.join(folder, 'admin.sock') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ended = once(child, 'close');
  t.after(async () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // Already gone, as it should be.
    }
    await ended;
  });
  return {
    child,
    output: () => output,
    url: () =>
      eventually(() => {
        const ready =
          output.split('\n').find((line) => line.includes('"Ready"')) ?? assert.fail(`not ready: ${output}`);
        const { listeners } = JSON.parse(ready) as { readonly listeners: Readonly<Record<string, string>> };
        return `http://${Object.values(listeners)[0]}`;
      }),
    ended,
  };
}

/** What `npm args` prints. */
function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', [...args, '--loglevel=error'], { cwd, encoding: 'utf8', timeout: installMs });
}

/** Every file below a folder of the repository, relative to the root, sorted. */
function filesUnder(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(realpathSync(entry.parentPath), entry.name)))
    .sort();
}
