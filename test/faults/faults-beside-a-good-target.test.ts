/**
 * A faulty target beside a good one, in a running daemon with two workers: what clients notice, that the faulty one is left
 * alone and gets its share again when it is well, by requests alone, by checks, and after all of them were down.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { UpstreamsReply } from '../../src/admin/contract/upstream-shapes.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { type OriginFault, OriginProcess } from './origin-process.ts';

const policy = 'retry-policy { max-attempts 3; per-try-timeout-ms 150; backoff-base-ms 1; retryable-status-codes 500 }';

async function daemonBefore(t: TestContext, targets: readonly OriginProcess[], upstream: string, route = policy) {
  const addresses = targets.map(({ address }) => `target "${address}"`).join('; ');
  return startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api"; ${route} }
upstream "api" { ${addresses}; timeouts { connect-secs 0.2; read-secs 0.2 }; ${upstream} }
`,
  });
}

async function ask(daemon: DaemonProcess): Promise<string> {
  const response = await fetch(daemon.url());
  return `${response.status} ${await response.text()}`;
}

async function targetOf(daemon: DaemonProcess, { address }: OriginProcess) {
  const reply = (await (await fetch(`${daemon.adminUrl()}/admin/upstreams`)).json()) as UpstreamsReply;
  const target = reply.upstreams.find(({ name }) => name === 'api')?.targets.find((one) => one.address === address);
  assert.ok(target !== undefined);
  return target;
}

const breaker = 'circuit-breaker { failure-threshold 5; success-threshold 1; timeout-secs 1 }';

/** Faults that show before a byte of the answer has gone out: the retry costs the client nothing but time. */
const hidden: readonly { readonly name: string; readonly fault: OriginFault; readonly dead?: true }[] = [
  { name: 'refuses', fault: { kind: 'none' }, dead: true },
  { name: 'answers no SYN', fault: { kind: 'blocked' }, dead: true },
  { name: 'never answers', fault: { kind: 'silent' } },
  { name: 'answers half a head', fault: { kind: 'half-head' } },
  { name: 'answers garbage', fault: { kind: 'garbage' } },
  { name: 'answers 500 each time', fault: { kind: 'errors', percent: 100 } },
];

for (const { name, fault, dead } of hidden) {
  test(`no client notices a target that ${name}, it is left alone, and serves again when it is well`, async (t) => {
    const [bad, good] = [await OriginProcess.start(t, fault), await OriginProcess.start(t)];
    if (fault.kind === 'none') await bad.kill();
    const daemon = await daemonBefore(t, [bad, good], breaker);
    let asked = 0;
    while ((await targetOf(daemon, bad)).breaker !== 'open') {
      assert.equal(await ask(daemon), `200 ${good.body}`);
      assert.ok(++asked < 100, 'it is never left alone');
    }
    // Each worker takes turns by itself, and needs at most two requests for one that reaches the bad target.
    assert.ok(asked <= 11, `${asked} requests until five had failed`);
    assert.equal((await daemon.line('Circuit breaker opened'))['target'], bad.address);
    if (dead === true) await bad.restart();
    else await bad.become({ kind: 'none' });
    const answers = new Set<string>();
    await eventually(async () => {
      answers.add(await ask(daemon));
      return answers.size === 2;
    });
    assert.deepEqual([...answers].sort(), [`200 ${bad.body}`, `200 ${good.body}`].sort());
    await eventually(async () => assert.equal((await targetOf(daemon, bad)).breaker, 'closed'));
  });
}

const check = (more = '') =>
  `health-check { type "http" { path "/health" }; interval-secs 0.2; timeout-secs 0.2; healthy-threshold 2; unhealthy-threshold 3; }; ${more}`;

test('a target that fails 60 of 100 requests is ejected, gets nothing for its time, and takes its share again', async (t) => {
  const [bad, good] = [await OriginProcess.start(t, { kind: 'errors', percent: 60 }), await OriginProcess.start(t)];
  const passive = 'circuit-breaker { enabled #false }; passive-health { window-requests 20; eject-secs 3 }';
  const daemon = await daemonBefore(t, [bad, good], passive);
  const served = [`200 ${bad.body}`, `200 ${good.body}`];
  while (!daemon.lines().some(({ message }) => message === 'Target ejected')) {
    assert.ok(served.includes(await ask(daemon)));
  }
  assert.equal((await daemon.line('Target ejected'))['target'], bad.address);
  const had = await bad.requests();
  for (let turn = 0; turn < 10; turn++) assert.equal(await ask(daemon), `200 ${good.body}`);
  assert.equal(await bad.requests(), had);
  await bad.become({ kind: 'none' });
  await daemon.line('Target returned');
  await eventually(async () => assert.equal(await ask(daemon), `200 ${bad.body}`));
});

test('a target that flaps is found out and taken back each time, and no client notices', async (t) => {
  const [bad, good] = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const daemon = await daemonBefore(t, [bad, good], check());
  let over = false;
  let asked = 0;
  const traffic = (async () => {
    for (; !over; asked++) assert.match(await ask(daemon), /^200 /);
  })();
  for (let turn = 1; turn <= 3; turn++) {
    await bad.kill();
    const { target } = await daemon.line('Target unhealthy', turn);
    assert.equal(target, bad.address);
    await bad.restart();
    await daemon.line('Target healthy', turn);
    await eventually(async () => (await bad.requests()) > 0);
  }
  over = true;
  await traffic;
  assert.ok(asked > 10);
});

for (const { name, fault } of [
  { name: 'hangs', fault: { kind: 'silent' } },
  { name: 'answers 500', fault: { kind: 'errors', percent: 100 } },
  { name: 'drips its head', fault: { kind: 'half-head' } },
  { name: 'is no HTTP', fault: { kind: 'garbage' } },
] satisfies { name: string; fault: OriginFault }[]) {
  test(`a target whose check ${name} leaves without a request having met it, and returns by its check`, async (t) => {
    const [bad, good] = [await OriginProcess.start(t), await OriginProcess.start(t)];
    const daemon = await daemonBefore(t, [bad, good], check(), '');
    await bad.become(fault);
    await daemon.line('Target unhealthy');
    for (let turn = 0; turn < 6; turn++) assert.equal(await ask(daemon), `200 ${good.body}`);
    await bad.become({ kind: 'none' });
    await daemon.line('Target healthy');
    await eventually(async () => assert.equal(await ask(daemon), `200 ${bad.body}`));
  });
}

test('a target that returns gets its share little by little', async (t) => {
  const [bad, good] = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const daemon = await daemonBefore(t, [bad, good], check('slow-start-secs 2'));
  await bad.kill();
  await daemon.line('Target unhealthy');
  await bad.restart();
  await daemon.line('Target healthy');
  const shares: number[] = [];
  await eventually(async () => {
    shares.push((await targetOf(daemon, bad)).share);
    return shares.at(-1) === 1;
  });
  assert.ok((shares[0] as number) < 1, shares.join());
  assert.deepEqual(
    shares.toSorted((a, b) => a - b),
    shares,
  );
});

test('when all targets are down 503 is answered at once and no target is touched; what comes back serves', async (t) => {
  const origins = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const daemon = await daemonBefore(t, origins, check());
  for (const origin of origins) await origin.become({ kind: 'errors', percent: 100 });
  await daemon.line('Upstream down');
  const opened = async () =>
    (await Promise.all(origins.map((one) => targetOf(daemon, one)))).map((one) => one.opened_total);
  const before = await opened();
  for (let turn = 0; turn < 5; turn++) {
    const response = await fetch(daemon.url());
    assert.equal(response.status, 503);
    assert.match(response.headers.get('proxy-status') ?? '', /; error=destination_unavailable$/);
    assert.equal(((await response.json()) as { cause: string }).cause, 'no_healthy_target');
  }
  assert.deepEqual(await opened(), before);
  const ready = (await (await fetch(`${daemon.url()}/ready`)).json()) as { ready: boolean; degraded: string[] };
  assert.equal(ready.ready, true);
  assert.match(ready.degraded.join(), /api/);
  const [first] = origins as [OriginProcess, OriginProcess];
  await first.become({ kind: 'none' });
  await daemon.line('Upstream up');
  assert.equal(await ask(daemon), `200 ${first.body}`);
  assert.equal(daemon.lines().filter(({ message }) => message === 'Worker died').length, 0);
});
