/** The live certificates on their own, with a clock that tests turn: dates that come near, keys that rotate, workers that refuse. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config, ListenerTlsConfig } from '../../src/config/model.ts';
import { Certificates } from '../../src/proxy/control/certificates/certificates.ts';
import { CertificateFaults } from '../../src/proxy/control/certificates/faults.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import { type Issued, TestAuthority, type Wish } from '../helpers/certificates.ts';
import { config, listener, upstream } from '../helpers/data-plane.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { listenerTls } from '../helpers/secured-plane.ts';

const DAY_MS = 86_400_000;

/** Certificates of one https listener, whose files a test may replace. */
async function scene(t: TestContext, wish: Wish = {}, tls: Partial<ListenerTlsConfig> = {}) {
  const clock = new ManualClock(Date.now());
  const authority = TestAuthority.root(t);
  const [certFile, keyFile] = [join(authority.folder, 'server.crt'), join(authority.folder, 'server.key')];
  const deploy = (issued: Issued): void => {
    copyFileSync(issued.certFile, certFile);
    copyFileSync(issued.keyFile, keyFile);
  };
  deploy(authority.issue(wish));
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const warnings = new StandingWarnings(log);
  const refreshes: string[] = [];
  const workers = { willing: true, announced: 0, random: 0 };
  const certificates = new Certificates({
    clock,
    log,
    warnings,
    random: (bytes) => new Uint8Array(bytes).fill(++workers.random),
    refresh: async (reason) => {
      refreshes.push(reason);
      return workers.willing;
    },
    onReadiness: () => void workers.announced++,
  });
  t.after(() => certificates.close());
  const configured = (more: Partial<ListenerTlsConfig> = {}): Config =>
    config({
      listeners: [
        listener({
          id: 'https',
          tls: listenerTls({ certFile, keyFile }, { ...tls, ...more }),
        }),
      ],
    });
  const first = configured();
  await certificates.prepare(first);
  certificates.adopt(first);
  const identityOf = (one: Config) => {
    const identity = certificates.listenerIdentity(one.listeners[0] as Config['listeners'][number]);
    assert.ok(identity !== null);
    return identity;
  };
  return {
    authority,
    certificates,
    clock,
    configured,
    deploy,
    certFile,
    keyFile,
    first,
    identity: () => identityOf(first),
    identityOf,
    lines,
    refreshes,
    warnings,
    workers,
  };
}

test('the keys of tickets are 48 bytes, the same over swaps and reloads, and others after a day, in all workers at once', async (t) => {
  const { certificates, clock, configured, deploy, authority, identity, identityOf, refreshes } = await scene(t);
  const keys = identity().ticketKeys;
  assert.equal(keys.length, 48);
  deploy(authority.issue());
  assert.equal((await certificates.swap('tester', null)).kind, 'completed');
  assert.deepEqual(identity().ticketKeys, keys);
  const next = configured({ minVersion: 'TLSv1.3' });
  await certificates.prepare(next);
  certificates.adopt(next);
  assert.deepEqual(identityOf(next).ticketKeys, keys);
  refreshes.length = 0;
  clock.advance(DAY_MS - 1);
  assert.deepEqual([identityOf(next).ticketKeys, refreshes], [keys, []]);
  clock.advance(1);
  assert.notDeepEqual(identityOf(next).ticketKeys, keys);
  assert.deepEqual(refreshes, ['keys of session tickets']);
  clock.advance(DAY_MS);
  assert.equal(refreshes.length, 2, 'and again the next day');
});

test('sessions are resumed only where clients are judged in the same way', async (t) => {
  const { authority, certificates, configured, identity, identityOf, deploy } = await scene(t);
  const other = TestAuthority.root(t, 'Other Root');
  const contexts = new Set([identity().sessionContext]);
  assert.match([...contexts].join(), /^[0-9a-f]{32}$/);
  for (const more of [
    { clientAuth: 'request' as const, caFile: authority.certFile },
    { clientAuth: 'require' as const, caFile: authority.certFile },
    { clientAuth: 'require' as const, caFile: other.certFile },
  ]) {
    const next = configured(more);
    await certificates.prepare(next);
    certificates.adopt(next);
    contexts.add(identityOf(next).sessionContext);
  }
  assert.equal(contexts.size, 4);
  deploy(authority.issue());
  const renewed = configured();
  await certificates.prepare(renewed);
  assert.ok(contexts.has(identityOf(renewed).sessionContext), 'a renewal ends no session');
});

test('connections to targets are told apart by everything that decides whom they trust and what they show', async (t) => {
  const { authority, certificates } = await scene(t);
  const client = authority.issue({ usage: 'clientAuth' });
  const plain = { sni: null, caFile: null, clientPair: null, insecureSkipVerify: false };
  const pair = { certFile: client.certFile, keyFile: client.keyFile };
  const variants = [
    upstream([1], { tls: plain }),
    upstream([1], { tls: { ...plain, sni: 'api.example' } }),
    upstream([1], { tls: { ...plain, caFile: authority.certFile } }),
    upstream([1], { tls: { ...plain, clientPair: pair } }),
    upstream([1], { tls: { ...plain, insecureSkipVerify: true } }),
    upstream([1], { tls: plain, httpVersion: '2' }),
  ];
  const digests = new Set<string>();
  for (const one of [...variants, upstream([1], { tls: plain })]) {
    await certificates.prepare(config({ upstreams: [one] }));
    const identity = certificates.upstreamIdentity(one);
    assert.ok(identity !== null);
    assert.equal(identity.pair?.key.includes('PRIVATE KEY') ?? false, one.tls?.clientPair !== null);
    digests.add(identity.digest);
  }
  assert.equal(digests.size, variants.length);
  assert.equal(certificates.upstreamIdentity(upstream([1])), null);
});

test('a certificate is warned of once a day as its end comes near, is named by readiness when it has ended, and both end with its renewal', async (t) => {
  const { authority, certificates, clock, deploy, lines, warnings, workers } = await scene(t, { days: 90 });
  assert.deepEqual(warnings.texts, []);
  clock.advance(59 * DAY_MS);
  assert.deepEqual(warnings.texts, []);
  clock.advance(2 * DAY_MS);
  assert.match(
    warnings.texts.join('\n'),
    /^\[SNT-T011\] certificate of listener "https" expires in 28 days, at \S+Z: /,
  );
  lines.length = 0;
  clock.advance(10 * DAY_MS);
  assert.equal(lines.length, 10, 'a line a day');
  assert.match(warnings.texts.join('\n'), /in 18 days/);
  assert.equal(certificates.lifetime(certificates.held[0] as (typeof certificates.held)[0]).standing, 'warning');
  clock.advance(13 * DAY_MS);
  assert.equal(certificates.lifetime(certificates.held[0] as (typeof certificates.held)[0]).standing, 'critical');
  assert.deepEqual(certificates.ended, []);
  assert.equal(workers.announced, 0);
  clock.advance(6 * DAY_MS);
  assert.match(
    certificates.ended.map(({ code, words }) => `[${code}] ${words}`).join(),
    /^\[SNT-T010\] certificate of listener "https" expired at \S+Z and is used all the same/,
  );
  assert.equal(warnings.texts.length, 1);
  assert.equal(workers.announced, 1);
  deploy(authority.issue({ days: 200 }));
  await certificates.swap('tester', null);
  assert.deepEqual([warnings.texts, certificates.ended, workers.announced], [[], [], 2]);
});

test('a certificate with a short life is warned of by the share of it that is left', async (t) => {
  const { clock, warnings } = await scene(t, { days: 6 });
  clock.advance(3.9 * DAY_MS);
  assert.deepEqual(warnings.texts, []);
  clock.advance(0.2 * DAY_MS);
  assert.match(warnings.texts.join(), /expires in 1 day, at/);
  clock.advance(1 * DAY_MS);
  assert.match(warnings.texts.join(), /expires within a day, at/);
});

test('one certificate in many places is one warning, and very many are summed up', async (t) => {
  const { authority, certificates, clock, configured, warnings } = await scene(t, { days: 3650 });
  const ending = authority.issue({ days: 60 });
  const sni = (issued: Issued, hostnames: readonly string[]) => ({
    hostnames,
    pair: { certFile: issued.certFile, keyFile: issued.keyFile },
  });
  const next = configured({
    sni: [sni(ending, ['a.example']), sni(ending, ['b.example']), sni(ending, ['c.example'])],
  });
  await certificates.prepare(next);
  certificates.adopt(next);
  clock.advance(45 * DAY_MS);
  assert.match(
    warnings.texts.join('\n'),
    /^\[SNT-T011\] certificate for a\.example of listener "https" \(and in 2 more places\) expires in 14 days, .*$/,
  );
  const many = Array.from({ length: 22 }, (_, n) => sni(authority.issue({ days: 46 }), [`h${n}.example`]));
  const crowded = configured({ sni: many });
  await certificates.prepare(crowded);
  certificates.adopt(crowded);
  assert.equal(warnings.texts.length, 21);
  assert.match(warnings.texts.at(-1) ?? '', /2 more certificates end soon/);
});

test('of authorities the next that ends counts, and one that has ended does not hide the others', async (t) => {
  const { authority, certificates, clock, configured, warnings } = await scene(t, { days: 3650 });
  const bundle = join(authority.folder, 'clients.pem');
  const short = authority.issue({ days: 60, subject: 'short', extensions: [] });
  writeFileSync(bundle, authority.cert);
  appendFileSync(bundle, readFileSync(short.certFile, 'utf8'));
  const next = configured({ clientAuth: 'request', caFile: bundle });
  await certificates.prepare(next);
  certificates.adopt(next);
  assert.deepEqual(warnings.texts, []);
  clock.advance(41 * DAY_MS);
  assert.match(
    warnings.texts.join(),
    /^\[SNT-T011\] CN=short of the authorities of clients of listener "https" expires in 18 days, at /,
  );
  clock.advance(30 * DAY_MS);
  assert.deepEqual(warnings.texts, []);
  assert.deepEqual(certificates.ended, []);
});

test('what workers cannot take over is not in use, and the pair before stays', async (t) => {
  const { authority, certificates, deploy, identity, workers } = await scene(t);
  const before = identity();
  workers.willing = false;
  deploy(authority.issue());
  const outcome = await certificates.swap('tester', null);
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'SNT-P011');
  assert.deepEqual(identity(), before);
  assert.deepEqual(certificates.swaps, { completed: 0, failed: 1 });
  workers.willing = true;
  assert.equal((await certificates.swap('tester', null)).kind, 'completed');
  assert.notEqual(identity().pair?.fingerprint, before.pair?.fingerprint);
});

test('of several pairs none is taken over when one of them cannot be used', async (t) => {
  const { authority, certificates, configured, deploy, identityOf } = await scene(t);
  const named = authority.issue({ names: ['a.example'] });
  const pair = { certFile: named.certFile, keyFile: named.keyFile };
  const both = configured({ sni: [{ hostnames: ['a.example'], pair }] });
  await certificates.prepare(both);
  certificates.adopt(both);
  const before = identityOf(both);
  deploy(authority.issue());
  copyFileSync(authority.issue().keyFile, named.keyFile);
  const outcome = await certificates.swap('tester', null);
  assert.ok(outcome.kind === 'failed' && outcome.error instanceof CertificateFaults);
  assert.equal(outcome.error.problems.length, 1);
  assert.match(outcome.error.problems.join(), /^\[SNT-T007\] certificate for a\.example of listener "https": /);
  assert.deepEqual(identityOf(both), before);
});

test('a configuration that is refused changes nothing of what is served under the one in force', async (t) => {
  const { certificates, configured, identity, keyFile, warnings } = await scene(t);
  const before = identity();
  const good = readFileSync(keyFile);
  writeFileSync(keyFile, '');
  const next = configured({ minVersion: 'TLSv1.3' });
  await assert.rejects(certificates.prepare(next), (error) => {
    assert.ok(error instanceof CertificateFaults);
    assert.equal(error.code, 'SNT-T004');
    assert.match(error.message, /^certificate of listener "https": /);
    assert.equal(error.hint, `sentinel cert-check ${keyFile}`);
    return true;
  });
  assert.deepEqual(identity(), before);
  assert.throws(() => certificates.listenerIdentity(next.listeners[0] as Config['listeners'][number]));
  assert.match(warnings.texts.join(), /cannot be used: \[SNT-T004\]/);
  writeFileSync(keyFile, good);
  await certificates.prepare(next);
  certificates.adopt(next);
  assert.deepEqual(warnings.texts, []);
});

test('a revocation list that was replaced is taken over like a certificate, and one that is none is named as what it is', async (t) => {
  const authority = TestAuthority.root(t);
  const crl = join(authority.folder, 'crl.pem');
  writeRevocations(authority, crl, 30);
  const { certificates, identity } = await scene(
    t,
    {},
    { clientAuth: 'require', caFile: authority.certFile, crlFile: crl },
  );
  const before = identity().crl;
  writeRevocations(authority, crl, 60);
  const outcome = await certificates.swap('tester', null);
  assert.ok(outcome.kind === 'completed');
  assert.deepEqual(
    outcome.changes.map(({ use, from, to }) => [use.name, use.files.certificate, from, to]),
    [['https', crl, null, null]],
  );
  assert.notEqual(identity().crl, before);
  writeFileSync(crl, 'no list');
  assert.equal((await certificates.swap('cli', null)).kind, 'failed');
  assert.equal(certificates.problems.length, 1);
  assert.match(
    certificates.problems[0] ?? '',
    /^\[SNT-T009\] revocation lists for clients of listener "https": .*; the lists that were read before stay in use$/,
  );
});

test('a revocation list is warned of before it is due, and when it is over readiness says who is refused', async (t) => {
  const authority = TestAuthority.root(t);
  const crl = join(authority.folder, 'crl.pem');
  writeRevocations(authority, crl, 30);
  const tls = { clientAuth: 'require' as const, caFile: authority.certFile, crlFile: crl };
  const { certificates, clock, warnings, workers } = await scene(t, { days: 3650 }, tls);
  clock.advance(26 * DAY_MS);
  assert.deepEqual(warnings.texts, []);
  clock.advance(2 * DAY_MS);
  assert.match(
    warnings.texts.join('\n'),
    /^\[SNT-T047\] the revocation list \S+crl\.pem of listener "https" is to be replaced by \S+Z: .*$/,
  );
  assert.deepEqual(certificates.ended, []);
  clock.advance(2 * DAY_MS);
  assert.match(
    certificates.ended.map(({ code, words }) => `${code} ${words}`).join(),
    /^SNT-T047 .* was to be replaced by/,
  );
  assert.equal(workers.announced, 1);
  writeRevocations(authority, crl, 60);
  await certificates.swap('tester', null);
  assert.deepEqual([warnings.texts, certificates.ended], [[], []]);
});

/** An empty list that is due again in some days. */
function writeRevocations({ folder, certFile, keyFile }: TestAuthority, file: string, days: number): void {
  const settings = join(folder, 'register.cnf');
  writeFileSync(join(folder, 'register.txt'), '');
  writeFileSync(settings, `[ca]\ndefault_ca=a\n[a]\ndatabase=${join(folder, 'register.txt')}\ndefault_md=sha256\n`);
  const signs = ['-cert', certFile, '-keyfile', keyFile, '-crldays', String(days), '-out', file];
  execFileSync('openssl', ['ca', '-gencrl', '-config', settings, ...signs], { stdio: 'pipe' });
}
