/** The verdict line of the screen says what `sentinel diagnose` says, for every fault that the admin API shows. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { Verdict } from '../../../src/diagnosis/judgement.ts';
import { TestAuthority } from '../../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { byDiagnosis, onScreen } from './court.ts';

interface Target {
  readonly address: string;
  end(): Promise<void>;
}

/** Answers after `waitMs`, with 500 to what begins with `/bad`. */
async function startTarget(t: TestContext, waitMs = 0): Promise<Target> {
  const server: Server = createServer((request, response) => {
    response.statusCode = request.url?.startsWith('/bad') === true ? 500 : 200;
    setTimeout(() => response.end('ok'), request.url === '/health' ? 0 : waitMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(end);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, end };
}

const check =
  'health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1; unhealthy-threshold 1 }';

function configOf(targets: readonly Target[], { more = '', upstream = check } = {}): string {
  const named = targets.map(({ address }) => `target "${address}"`).join('; ');
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" }
upstream "api" { ${named}; ${upstream} }
server { drain-idle-secs 0; graceful-shutdown-timeout-secs 5 }
${more}
`;
}

interface Expected {
  readonly status: Verdict['status'];
  readonly severity: Verdict['severity'];
  readonly cause: string | null;
}

const short = ({ status, severity, procedure, causes: [first] }: Verdict) => ({
  status,
  severity,
  procedure,
  cause: first?.cause ?? null,
  resource: first?.resource ?? null,
});

/** Both, asked until the screen says what is expected: what was done a moment ago is not yet counted. */
async function agree(daemon: DaemonProcess, expected: Expected): Promise<Verdict> {
  const screen = await eventually(async () => {
    const seen = await onScreen(daemon);
    const { status, severity, cause } = short(seen);
    assert.deepEqual(
      { status, severity, cause },
      expected,
      `${seen.causes[0]?.detail} ${JSON.stringify(seen.unknown)}`,
    );
    return seen;
  }, 15_000);
  assert.deepEqual(short(screen), short(await byDiagnosis(daemon)));
  return screen;
}

async function ask(daemon: DaemonProcess, path: string, times: number): Promise<void> {
  const one = async (): Promise<void> => {
    const request = get(`${daemon.url()}${path}`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
  };
  await Promise.all(Array.from({ length: times }, one));
}

describe('the verdict line and a diagnosis', { concurrency: 2 }, () => {
  test('orders, refused reloads, certificates and dead targets are told as a diagnosis tells them', async (t) => {
    const targets = [await startTarget(t), await startTarget(t)];
    const [first, second] = targets as [Target, Target];
    const daemon = await startDaemonProcess(t, { config: configOf(targets), workers: 1 });
    const { client } = daemon;

    await t.test('all is well', async () => {
      await agree(daemon, { status: 'ok', severity: null, cause: null });
    });

    await t.test('both targets were drained by somebody', async () => {
      for (const { address } of targets) {
        const body = { target: address, allow_below_min: true, confirm: address };
        await client.call('drain-begin', { body, reason: 'disk swap' });
      }
      const { causes } = await agree(daemon, { status: 'problems', severity: 'SEV1', cause: 'drain-left-on' });
      assert.match(causes[0]?.detail ?? '', /2 of 2 targets of api are drained/);
      const { data } = await client.call('drains');
      for (const { id } of data.drains) await client.call('drain-end', { params: { id }, query: { force: '1' } });
    });

    await t.test('maintenance is on', async () => {
      const params = { kind: 'maintenance' };
      await client.call('override-set', { params, body: { subject: 'all', values: {} }, reason: 'new disks' });
      await agree(daemon, { status: 'problems', severity: 'SEV2', cause: 'maintenance-left-on' });
      await client.call('override-clear', { params, query: { subject: 'all' } });
    });

    await t.test('a reload was refused', async () => {
      daemon.writeConfig(configOf(targets, { more: 'route "lost" { upstream "nowhere" }' }));
      await assert.rejects(client.call('config-reload'));
      await agree(daemon, { status: 'problems', severity: 'SEV4', cause: 'reload-refused' });
    });

    await t.test('a file was changed and not reloaded', async () => {
      daemon.writeConfig(configOf(targets));
      await client.call('config-reload');
      daemon.writeConfig(`${configOf(targets)}\n// by hand\n`);
      await agree(daemon, { status: 'problems', severity: 'SEV4', cause: 'disk-differs' });
    });

    await t.test('a certificate is near its end', async () => {
      const { certFile, keyFile } = TestAuthority.root(t).issue({ names: ['localhost'], days: 3 });
      const more = `listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" } }`;
      daemon.writeConfig(configOf(targets, { more }));
      await client.call('config-reload');
      await agree(daemon, { status: 'problems', severity: 'SEV4', cause: 'certificate-expires-soon' });
      daemon.writeConfig(configOf(targets));
      await client.call('config-reload');
    });

    await t.test('one target is down', async () => {
      await first.end();
      const { causes } = await agree(daemon, { status: 'problems', severity: 'SEV3', cause: 'target-refused' });
      assert.equal(causes[0]?.resource?.name, `api/${first.address}`);
    });

    await t.test('all targets are down', async () => {
      await second.end();
      await agree(daemon, { status: 'problems', severity: 'SEV1', cause: 'target-refused' });
    });
  });

  test('errors, open breakers and late answers are told as a diagnosis tells them', async (t) => {
    const [quick, late, broken] = [await startTarget(t), await startTarget(t, 120), await startTarget(t)];
    const breaker = (failures: number) => ({
      upstream: `${check}; circuit-breaker { failure-threshold ${failures}; timeout-secs 300 }`,
    });
    const [failing, slow, tripped] = await Promise.all([
      startDaemonProcess(t, { config: configOf([quick], breaker(1000)), workers: 1 }),
      startDaemonProcess(t, { config: configOf([late], { more: 'alerts { p99-ms 50 }' }), workers: 1 }),
      startDaemonProcess(t, { config: configOf([broken], breaker(5)), workers: 1 }),
    ]);
    await Promise.all([ask(failing, '/bad', 30), ask(slow, '/', 25), ask(tripped, '/bad', 8)]);
    const cases = [
      ['an upstream answers with 5xx', failing, 'SEV2', 'upstream-errors'],
      ['an upstream is slow', slow, 'SEV3', 'upstream-slow'],
      ['a breaker is open', tripped, 'SEV1', 'breaker-open'],
    ] as const;
    for (const [title, daemon, severity, cause] of cases) {
      await t.test(title, async () => {
        await agree(daemon, { status: 'problems', severity, cause });
      });
    }
  });
});
