/** Certificates of a running daemon: renewed as the runbooks say, refused when they cannot be used, shown to whoever asks. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AdminRefusal } from '../../src/admin/client/client.ts';
import { callSentinel } from '../cli/command-line.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  healthOf,
  secured,
  securedListener,
  securedRoutes,
  shownBy,
  startSecuredDaemon,
} from '../helpers/served-certificate.ts';

/** The expiry that `openssl s_client` sees, as the runbooks look. */
function datesOf(port: number): string {
  return execFileSync(
    'sh',
    ['-c', `echo | openssl s_client -connect localhost:${port} 2>/dev/null | openssl x509 -noout -dates`],
    { encoding: 'utf8' },
  );
}

test('the renewal of the runbooks puts the new dates in front of clients, by HUP, and old connections live on', async (t) => {
  const { daemon, certFile, keyFile, port, issue, folder } = await startSecuredDaemon(t, '', {}, { days: 20 });
  const before = datesOf(port);
  const old = await secured(port);
  t.after(() => old.destroy());
  const renewed = issue({ days: 80 });
  const pidFile = join(folder, 'pid');
  writeFileSync(pidFile, String(daemon.pid));
  execFileSync('sh', [
    '-ec',
    `cp ${renewed.certFile} ${certFile}
     cp ${renewed.keyFile} ${keyFile}
     chmod 600 ${keyFile}
     openssl x509 -in ${certFile} -noout -dates
     kill -HUP $(cat ${pidFile})`,
  ]);
  const line = await daemon.line('Certificates reloaded');
  const [changed] = line['changed'] as { name: string; from: { fingerprint: string }; to: { fingerprint: string } }[];
  assert.equal(changed?.name, 'https');
  assert.equal(changed?.to.fingerprint, (await shownBy(port)).fingerprint);
  assert.notEqual(changed?.from.fingerprint, changed?.to.fingerprint);
  const after = datesOf(port);
  assert.notEqual(after, before);
  assert.equal(after, execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-dates'], { encoding: 'utf8' }));
  await healthOf(old);
});

test('reload --certs takes over what the files hold, says what, and leaves generation, digest and an edited file alone', async (t) => {
  const { daemon, port, issue, deploy } = await startSecuredDaemon(t);
  const before = await daemon.client.call('status');
  const serial = before.data.certificates.loaded.length;
  assert.equal(serial, 1);
  const old = await shownBy(port);
  daemon.writeConfig('oops');
  const renewed = issue({ days: 50 });
  deploy(renewed);
  const matches = async () =>
    /^sentinel_tls_cert_disk_matches_loaded\{name="https",source="listener"\} (\d)$/m.exec(
      await (await fetch(`${daemon.adminUrl()}/metrics`)).text(),
    )?.[1];
  assert.equal(await matches(), '0');
  const status = await callSentinel(['status', '--daemon', daemon.socket]);
  assert.match(status.stdout, /certs +✓ https +listener +89d left +▲ disk differs/);
  const { code, stdout } = await callSentinel(['reload', '--certs', '--reason', 'renewal', '--daemon', daemon.socket]);
  assert.equal(code, 0);
  const now = await shownBy(port);
  assert.notEqual(now.fingerprint, old.fingerprint);
  const short = (fingerprint: string) => fingerprint.slice(0, 12);
  assert.match(
    stdout,
    new RegExp(
      `^✓ 1 replaced, 0 unchanged, in \\d+ms\n  https \\(listener\\): ${short(old.fingerprint)} until \\S+ → ${short(now.fingerprint)} until \\S+\n$`,
    ),
  );
  assert.equal(await matches(), '1');
  const again = await callSentinel(['reload', '--certs', '--daemon', daemon.socket]);
  assert.equal(again.stdout, '✓ nothing to take over, 1 unchanged\n');
  const after = await daemon.client.call('status');
  assert.deepEqual([after.generation, after.digest], [before.generation, before.digest]);
  assert.notEqual(after.etag, before.etag, 'but something has changed');
  const line = await daemon.line('Certificates reloaded');
  assert.match(String(line['actor']), /^user /);
  assert.equal(line['reason'], 'renewal');
  const audited = await daemon.line('Admin action');
  assert.deepEqual([audited['action'], audited['result'], audited['actor']], ['certs-reload', 'done', line['actor']]);
  assert.equal(audited['listener https'], `${old.fingerprint} -> ${now.fingerprint}`);
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_tls_cert_reloads_total\{result="completed"\} 2$/m);
  assert.match(metrics, /^sentinel_config_reload_total\{result="completed"\} 0$/m);
  assert.match(metrics, /^sentinel_admin_actions_total\{action="certs-reload",result="done"\} 2$/m);
  const ends = new Date(after.data.certificates.loaded[0]?.not_after ?? '').getTime() / 1000;
  assert.match(
    metrics,
    new RegExp(`^sentinel_tls_cert_not_after_seconds\\{name="https",source="listener"\\} ${ends}$`, 'm'),
  );
  const [known] = (await daemon.client.call('certs')).data.certificates;
  const begins = new Date(known?.not_before ?? '').getTime() / 1000;
  assert.match(
    metrics,
    new RegExp(`^sentinel_tls_cert_lifetime_seconds\\{name="https",source="listener"\\} ${ends - begins}$`, 'm'),
  );
});

test('a pair of which one half is new is refused, told and stood by, and healed by the next try', async (t) => {
  const { daemon, certFile, keyFile, port, issue } = await startSecuredDaemon(t);
  const old = await shownBy(port);
  const renewed = issue();
  copyFileSync(renewed.certFile, certFile);
  const refused = await callSentinel(['reload', '--certs', '--daemon', daemon.socket]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stdout,
    /^✗ certificate of listener "https": the key in \S+server\.key .* does not belong to the certificate .*nothing was changed \[SNT-T007\]/,
  );
  const json = JSON.parse((await callSentinel(['reload', '--certs', '--json', '--daemon', daemon.socket])).stdout) as {
    exit_code: number;
    findings: { code: string }[];
  };
  assert.deepEqual([json.exit_code, json.findings.map(({ code }) => code)], [1, ['SNT-T007']]);
  assert.equal((await shownBy(port)).fingerprint, old.fingerprint);
  const { warnings, certificates } = (await daemon.client.call('status')).data;
  assert.match(
    warnings.join('\n'),
    new RegExp(
      `certificate files on disk cannot be used: \\[SNT-T007\\] .*; ${old.fingerprint.slice(0, 12)}, read at \\S+, stays in use; it ends at \\S+$`,
      'm',
    ),
  );
  assert.equal(certificates.loaded[0]?.same_as_disk, null);
  const { data } = await daemon.client.call('certs');
  assert.match(data.certificates[0]?.disk_why ?? '', /does not belong/);
  assert.equal(data.problems.length, 1);
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_tls_cert_reloads_total\{result="failed"\} 2$/m);
  assert.equal((await daemon.line('Certificates reload failed')).level, 'ERROR');
  copyFileSync(renewed.keyFile, keyFile);
  assert.equal((await callSentinel(['reload', '--certs', '--daemon', daemon.socket])).code, 0);
  assert.notEqual((await shownBy(port)).fingerprint, old.fingerprint);
  assert.deepEqual((await daemon.client.call('status')).data.warnings, []);
});

test('the warning about files that cannot be used ends when they are good again, though nobody reloads', async (t) => {
  const { daemon, certFile, keyFile } = await startSecuredDaemon(t);
  const good = readFileSync(keyFile);
  rmSync(keyFile);
  await assert.rejects(daemon.client.call('certs-reload'), { code: 'SNT-T001' });
  writeFileSync(keyFile, good);
  assert.equal((await daemon.line('Certificate files can be used again'))['next'], 'sentinel reload --certs');
  await eventually(async () => assert.deepEqual((await daemon.client.call('status')).data.warnings, []));
  assert.equal((await daemon.client.call('certs')).data.certificates[0]?.same_as_disk, true);
  assert.equal(certFile, (await daemon.client.call('certs')).data.certificates[0]?.files.certificate);
});

test('a reload with a pair that cannot be used changes nothing at all, and names file and reason', async (t) => {
  const { daemon, port, certFile, keyFile, issue, deploy } = await startSecuredDaemon(t);
  const old = await shownBy(port);
  writeFileSync(keyFile, 'not a key');
  daemon.writeConfig(`${readFileSync(daemon.configFile, 'utf8')}\nserver { ready-path "/other" }`);
  await assert.rejects(daemon.client.call('config-reload'), (error) => {
    assert.ok(error instanceof AdminRefusal);
    assert.match(error.problems.join('\n'), /error\[SNT-T004\]: .*server\.key/);
    return true;
  });
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload failed', 2);
  assert.equal((await shownBy(port)).fingerprint, old.fingerprint);
  const { data, generation } = await daemon.client.call('status');
  assert.equal(generation, 1);
  assert.match(data.warnings.join('\n'), /\[SNT-T004\].*server\.key.*stays in use/);
  assert.match(data.warnings.join('\n'), /the last reload .* failed: generation 1 runs on/);
  const renewed = issue();
  deploy(renewed);
  assert.equal((await daemon.client.call('config-reload')).data.generation, 2);
  assert.deepEqual((await daemon.client.call('status')).data.warnings, []);
  assert.notEqual((await shownBy(port)).fingerprint, old.fingerprint);
  assert.ok(certFile);
});

test('a start with a pair that cannot be used stops before it takes a port, and names file and reason', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'sentinel.kdl');
  const authority = TestAuthority.root(t);
  const [one, other] = [authority.issue(), authority.issue()];
  const run = async (certFile: string, keyFile: string) => {
    writeFileSync(file, `${securedListener(certFile, keyFile)}${securedRoutes}`);
    const environment = { SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'), SENTINEL_METRICS_ADDR: '127.0.0.1:0' };
    const { code, stderr } = await callSentinel(['run', '-c', file], { environment });
    assert.equal(existsSync(join(folder, 'admin.sock')), false);
    return { code, words: stderr.replaceAll(/\s+/g, ' ') };
  };
  const mixed = await run(one.certFile, other.keyFile);
  assert.equal(mixed.code, 1);
  assert.match(
    mixed.words,
    /error\[SNT-T007\]: the key in \S+leaf-\S+\.key .* does not belong to the certificate in \S+leaf/,
  );
  const missing = await run(one.certFile, '/nowhere/server.key');
  assert.equal(missing.code, 1);
  assert.match(missing.words, /error\[SNT-T001\]: cannot read \/nowhere\/server\.key: there is no such file/);
});

test('GET /admin/certs names every certificate with where it is used, and no key', async (t) => {
  const authority = TestAuthority.root(t, 'Clients Root');
  const chained = authority.intermediate().issue({ names: ['localhost'], days: 40 });
  const named = authority.issue({ names: ['a.example', '*.b.example'] });
  const client = authority.issue({ names: ['proxy'], usage: 'clientAuth' });
  const crl = join(authority.folder, 'revoked.pem');
  copyFileSync(authority.revoke(), crl);
  const config = `
listener "https" { address "127.0.0.1:0"; protocol "https"; tls {
  cert-file "${chained.certFile}"; key-file "${chained.keyFile}"; ca-file "${authority.certFile}"; crl-file "${crl}"; client-auth "request"
  sni { hostnames "a.example" "*.b.example"; cert-file "${named.certFile}"; key-file "${named.keyFile}" } } }
listener "other" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${named.certFile}"; key-file "${named.keyFile}" } }
route "all" { upstream "app" }
upstream "app" { target "127.0.0.1:9"; tls { ca-file "${authority.certFile}"; client-cert "${client.certFile}"; client-key "${client.keyFile}" } }`;
  const daemon = await startDaemonProcess(t, { config });
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.deepEqual(
    [...metrics.matchAll(/^sentinel_tls_cert_not_after_seconds\{name="(.*?)",source="(.*?)"\} \d{10}$/gm)].map(
      (found) => found.slice(1, 3),
    ),
    [
      ['https', 'listener'],
      ['https/a.example', 'sni'],
      ['https', 'client_ca'],
      ['other', 'listener'],
      ['app', 'upstream_ca'],
      ['app', 'upstream_client'],
      ['https', 'client_crl'],
    ],
  );
  const reply = await fetch(`${daemon.adminUrl()}/admin/certs`);
  const text = await reply.text();
  assert.doesNotMatch(text, /PRIVATE|BEGIN/);
  const { certificates, problems } = (await daemon.client.call('certs')).data;
  assert.deepEqual(problems, []);
  const { stdout } = await callSentinel(['status', '--daemon', daemon.socket]);
  const lines = stdout.split('\n').filter((line) => line.endsWith('d left'));
  assert.deepEqual(
    [lines.length, new Set(lines.map((line) => line.search(/\d+(?:\D\d{3})?d left$/))).size],
    [5, 1],
    stdout,
  );
  assert.match(stdout, /(?:client|upstream) CA /);
  assert.match(stdout, /and 1 more: sentinel cert-check\n/);
  assert.deepEqual(
    certificates.map(({ name, source, served_by: servedBy, names }) => [name, source, servedBy, names]),
    [
      ['https', 'listener', ['https'], ['localhost']],
      ['https/a.example', 'sni', ['https', 'other'], ['a.example', '*.b.example']],
      ['https', 'client_ca', ['https'], []],
      ['other', 'listener', ['https', 'other'], ['a.example', '*.b.example']],
      ['app', 'upstream_ca', [], []],
      ['app', 'upstream_client', [], ['proxy']],
    ],
  );
  const [first] = certificates;
  assert.equal(first?.key_type, 'EC P-256');
  assert.equal(first?.subject, 'CN=localhost');
  assert.equal(first?.issuer, 'CN=Test Intermediate');
  assert.deepEqual(
    first?.chain.map(({ subject }) => subject),
    ['CN=Test Intermediate'],
  );
  const facts = execFileSync(
    'openssl',
    ['x509', '-in', chained.certFile, '-noout', '-serial', '-fingerprint', '-sha256'],
    { encoding: 'utf8' },
  );
  assert.match(facts, new RegExp(`^serial=${first?.serial}$`, 'mi'));
  assert.equal(/Fingerprint=(\S+)/.exec(facts)?.[1]?.replaceAll(':', '').toLowerCase(), first?.fingerprint);
  assert.deepEqual([first?.days_left, first?.standing, first?.same_as_disk, first?.disk_why], [39, 'ok', true, null]);
  assert.deepEqual(first?.files, { certificate: chained.certFile, key: chained.keyFile });
});

test('an expired certificate is served all the same, and readiness, status and metrics say so', async (t) => {
  const { daemon, port, issue, deploy } = await startSecuredDaemon(t, '', {}, { outside: 'expired' });
  assert.ok((await shownBy(port)).fingerprint);
  const ready = await fetch(`${daemon.adminUrl()}/ready`);
  assert.equal(ready.status, 200);
  const words = 'certificate of listener "https" expired at 2021-01-01T00:00:00.000Z and is used all the same';
  assert.match(
    ((await ready.json()) as { degraded: string[] }).degraded.join(),
    new RegExp(words.replaceAll('.', '\\.')),
  );
  const { code, stdout } = await callSentinel(['status', '--daemon', daemon.socket]);
  assert.equal(code, 1);
  assert.match(stdout, /certs +✗ https +listener +expired \d+ ?\d*d ago\n/);
  assert.match(stdout, /warning +▲ \[SNT-T010\] certificate of listener/);
  assert.doesNotMatch(stdout, /upstreams .*expired/);
  const json = JSON.parse((await callSentinel(['status', '--json', '--daemon', daemon.socket])).stdout) as {
    exit_code: number;
    findings: { code: string }[];
    data: { certificates: { loaded: { standing: string; days_left: number }[] } };
  };
  assert.deepEqual([json.exit_code, json.findings.map((one) => one.code)], [1, ['SNT-T010']]);
  assert.equal(json.data.certificates.loaded[0]?.standing, 'expired');
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_tls_cert_not_after_seconds\{name="https",source="listener"\} 1609459200$/m);
  deploy(issue());
  await daemon.client.call('certs-reload');
  assert.equal((await callSentinel(['status', '--daemon', daemon.socket])).code, 0);
  assert.equal(await (await fetch(`${daemon.adminUrl()}/ready`)).text(), '{"ready":true}\n');
});

test('a pair that cannot be used in several places is one standing warning', async (t) => {
  const { daemon, certFile, keyFile } = await startSecuredDaemon(t);
  const config = readFileSync(daemon.configFile, 'utf8');
  const pair = `cert-file "${certFile}"; key-file "${keyFile}"`;
  daemon.writeConfig(
    `${config}\nlistener "other" { address "127.0.0.1:0"; protocol "https"; tls { ${pair}; sni { hostnames "localhost"; ${pair} } } }`,
  );
  await daemon.client.call('config-reload');
  // The text has been looked at since, and does not change any more.
  assert.deepEqual((await daemon.client.call('status')).data.warnings, []);
  rmSync(keyFile);
  await assert.rejects(daemon.client.call('certs-reload'), { code: 'SNT-T001' });
  const { data } = await daemon.client.call('status');
  const [warning = '', ...others] = data.warnings;
  // That a restart would fail as well is an alarm of its own, in one line.
  assert.match(others.join('\n'), /^the configuration on disk would not load at the next start: .*$/);
  assert.match(
    warning,
    /^certificate files on disk cannot be used: \[SNT-T001\] \S.* \(and in 2 more places\): cannot read/,
  );
  assert.equal(warning.split('stays in use').length, 2, warning);
  assert.equal((await daemon.client.call('certs')).data.problems.length, 3);
});

test('reload --certs warns of what has expired before it was taken over', async (t) => {
  const { daemon, issue, deploy } = await startSecuredDaemon(t);
  deploy(issue({ outside: 'expired' }));
  const { code, stdout } = await callSentinel(['reload', '--certs', '--daemon', daemon.socket]);
  assert.equal(code, 0);
  assert.match(stdout, /▲ https \(listener\) has expired already, at 2021-\S+; next: sentinel cert-check\n/);
});

test('certificates are reloaded by operators, not by viewers, and read by whoever may look', async (t) => {
  const token = createHash('sha256').update('look').digest('hex');
  const admin = `observability { admin { token "viewer" { role "viewer"; hash "sha256:${token}" } } }`;
  const { daemon } = await startSecuredDaemon(t, admin);
  const headers = { authorization: 'Bearer look' };
  const refused = await fetch(`${daemon.adminUrl()}/admin/certs/reload`, { method: 'POST', headers });
  assert.equal(refused.status, 403);
  assert.equal((await fetch(`${daemon.adminUrl()}/admin/certs/reload`, { headers })).status, 405);
  assert.equal((await fetch(`${daemon.adminUrl()}/admin/certs`, { headers })).status, 200);
});

test('http becomes https and back on the same port by a reload', async (t) => {
  const { daemon, port, certFile, keyFile } = await startSecuredDaemon(t);
  const secure = readFileSync(daemon.configFile, 'utf8');
  daemon.writeConfig(secure.replace(/protocol "https"; tls \{.*\} \}/, `}`));
  await daemon.client.call('config-reload');
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  assert.deepEqual((await daemon.client.call('certs')).data.certificates, []);
  daemon.writeConfig(secure);
  await daemon.client.call('config-reload');
  assert.ok((await shownBy(port)).fingerprint);
  assert.deepEqual((await daemon.client.call('certs')).data.certificates[0]?.files, {
    certificate: certFile,
    key: keyFile,
  });
});
