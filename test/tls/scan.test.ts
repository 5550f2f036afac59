/** What other people's scanners find at a listener of a daemon: what the configuration allows, and nothing else. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { TestAuthority } from '../helpers/certificates.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { openssl } from '../helpers/openssl-client.ts';
import { connectTls, ticketOf } from '../helpers/secured-plane.ts';

const run = promisify(execFile);

/** Text of a listener on a free port with further keys of `tls`. */
function httpsListener(id: string, { certFile, keyFile }: { certFile: string; keyFile: string }, more: string): string {
  return `listener "${id}" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}"; ${more} } }`;
}

async function daemonWith(t: TestContext, terms: Readonly<Record<string, string>>) {
  const authority = TestAuthority.root(t);
  const issued = authority.issue();
  const listeners = Object.entries(terms).map(([id, more]) => httpsListener(id, issued, more));
  const daemon = await startDaemonProcess(t, {
    config: `${listeners.join('\n')}
      route "all" { upstream "fixed" }
      upstream "fixed" { static { status 200; body "hello" } }`,
  });
  return { daemon, authority, portOf: (id: string) => Number(new URL(daemon.url(id)).port) };
}

const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const tls12 = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'];

test('sslscan finds the versions, suites and groups that are allowed, and neither renegotiation nor Heartbleed', async (t) => {
  const sslscan = requireComponent(t, 'sslscan');
  if (sslscan === undefined) return;
  const { portOf, authority } = await daemonWith(t, {
    usual: '',
    older: 'max-version "TLS1.2"; cipher-suites "ECDHE-ECDSA-AES256-GCM-SHA384" "ECDHE-RSA-AES256-GCM-SHA384"',
    newer: 'min-version "TLS1.3"; cipher-suites "TLS_CHACHA20_POLY1305_SHA256" "TLS_AES_128_GCM_SHA256"',
    both: 'cipher-suites "TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"',
  });
  const found = async (id: string) => {
    const file = join(authority.folder, `${id}.xml`);
    await run(sslscan, [`--xml=${file}`, '--no-colour', `127.0.0.1:${portOf(id)}`]);
    return scanned(readFileSync(file, 'utf8'));
  };
  const groups = ['secp256r1 (NIST P-256)', 'secp384r1 (NIST P-384)', 'x25519'];
  assert.deepEqual(await found('usual'), {
    versions: ['1.2', '1.3'],
    suites: [...tls13, ...tls12].toSorted(),
    preferred: ['TLS_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    groups,
    renegotiation: false,
    heartbleed: false,
  });
  const older = await found('older');
  assert.deepEqual(older.versions, ['1.2']);
  assert.deepEqual(older.suites, ['ECDHE-ECDSA-AES256-GCM-SHA384']);
  const newer = await found('newer');
  assert.deepEqual(newer.versions, ['1.3']);
  assert.deepEqual(newer.suites, ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']);
  const both = await found('both');
  assert.deepEqual(both.suites, [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'TLS_AES_256_GCM_SHA384',
  ]);
});

test('the suite that stands first is agreed on, unless the client would rather have ChaCha20', async (t) => {
  const program = requireComponent(t, 'openssl');
  if (program === undefined) return;
  const { portOf } = await daemonWith(t, { usual: '' });
  const agreed = async (...suites: readonly string[]) => {
    const said = await openssl(program, portOf('usual'), ['-tls1_2', '-cipher', suites.join(':')]);
    return /Cipher is (\S+)/.exec(said.text)?.[1];
  };
  const [small, large, chacha] = tls12 as [string, string, string];
  assert.equal(await agreed(large, small), small, 'ours stands first');
  assert.equal(await agreed(chacha, small), chacha);
  assert.equal(await agreed('AES256-SHA'), '(NONE)');
});

test('handshakes of a daemon are counted by version and result', async (t) => {
  const { daemon, portOf, authority } = await daemonWith(t, { usual: '' });
  const port = portOf('usual');
  const options = { ca: authority.cert };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await connectTls(t, port, { ...options, maxVersion });
    first.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const session = await ticketOf(first);
    assert.equal((await connectTls(t, port, { ...options, maxVersion, session })).isSessionReused(), true);
  }
  await assert.rejects(connectTls(t, port, { ...options, ALPNProtocols: ['nothing'] }));
  const series = {
    '{version="TLSv1.2",result="full"}': 1,
    '{version="TLSv1.2",result="resumed"}': 1,
    '{version="TLSv1.3",result="full"}': 1,
    '{version="TLSv1.3",result="resumed"}': 1,
    '{version="-",result="failed"}': 1,
    '{version="-",result="timeout"}': 0,
    '{version="-",result="closed"}': 0,
    '{version="-",result="displaced"}': 0,
    '{version="-",result="cut"}': 0,
  };
  await eventually(async () => {
    const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    for (const [labels, count] of Object.entries(series)) {
      assert.ok(text.includes(`sentinel_tls_handshakes_total${labels} ${count}\n`), `${labels} ${count} in\n${text}`);
    }
  });
});

/** What an XML report of sslscan says. */
function scanned(xml: string) {
  const all = (pattern: RegExp) => [...xml.matchAll(pattern)].map(([, found = '']) => found);
  return {
    versions: all(/<protocol type="\w+" version="([\d.]+)" enabled="1"/g),
    suites: all(/<cipher status="\w+".*? cipher="([^"]+)"/g).toSorted(),
    preferred: all(/<cipher status="preferred".*? cipher="([^"]+)"/g),
    groups: [...new Set(all(/<group .*? name="([^"]+)"/g))].toSorted(),
    renegotiation: /<renegotiation supported="1"/.test(xml),
    heartbleed: /vulnerable="1"/.test(xml),
  };
}
