/** `cert-check` without arguments: everything that a configuration names, each in its place. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { callSentinel } from '../cli/command-line.ts';
import { CertScene, pairKeys, tlsConfig } from './scene.ts';
import { authorityExtensions, serverExtensions } from './workshop.ts';

test('every file that the configuration names is a row, in its order', async (t) => {
  const scene = new CertScene(t);
  const { shop, root, middle } = scene;
  const client = shop.issue(middle, {
    subject: 'proxy',
    extensions: [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=clientAuth',
    ],
  });
  const config = scene.config(
    tlsConfig(
      `${pairKeys(scene.pair())}
       sni { hostnames "a.example" "*.b.example"; ${pairKeys(scene.pair('DNS:a.example,DNS:*.b.example'))} }
       client-auth "require"; ca-file "${root.cert}"; crl-file "${shop.revocations(root, -1, 30)}"`,
      `upstream "api" { target "127.0.0.1:9"; tls { sni "api.internal"; ca-file "${root.cert}"; client-cert "${client.cert}"; client-key "${client.key}" } }
       route "api" { matches { path-prefix "/api" }; upstream "api" }`,
    ),
  );
  const answer = await scene.check('-c', config, '--ca', root.cert);
  assert.deepEqual(
    answer.rows.map(({ name, source, use }) => `${name} ${source} ${use}`),
    [
      'https listener server',
      'https/a.example sni server',
      'https client_ca authority',
      'https client_crl revocations',
      'api upstream_client client',
      'api upstream_ca authority',
    ],
  );
  // The client certificate comes without the intermediate that the targets would need.
  assert.deepEqual(answer.found, ['SNT-T020 error'], answer.details);
  assert.match(answer.details, /api: .*it is in .*pair-1\.pem|which is missing in the file; it is in/);
  assert.equal(answer.code, 1);
});

test('rows of one name can be told apart on a terminal of any width', async (t) => {
  const scene = new CertScene(t);
  const revoked = scene.shop.revocations(scene.root, -1, 30);
  const config = scene.config(
    tlsConfig(
      `${pairKeys(scene.pair())}
       sni { hostnames "*.long.name.example"; ${pairKeys(scene.pair('DNS:*.long.name.example'))} }
       client-auth "require"; ca-file "${scene.root.cert}"; crl-file "${revoked}"`,
    ),
  );
  for (const [columns, names] of [
    [60, [/^https +\w{12}/m, /^https CA +\w{12}/m, /^https CRL +\?/m]],
    [140, [/^https +listener +\w{12}/m, /^https +client CA +\w{12}/m, /^https +client CRL +\?/m]],
  ] as const) {
    const { stdout } = await callSentinel(['cert-check', '-c', config, '--ca', scene.root.cert], {
      environment: { SENTINEL_ADMIN_SOCKET: scene.shop.path('none.sock') },
      terminal: true,
      columns,
    });
    const plain = stripVTControlCharacters(stdout);
    for (const name of names) assert.match(plain, name, plain);
  }
});

test('whose certificate has ended is told how the next one is tried and put in place', async (t) => {
  const scene = new CertScene(t);
  const old = scene.pair('DNS:a.example', { from: -90, to: -1 });
  const config = scene.config(tlsConfig(`${pairKeys(scene.pair())}; sni { hostnames "a.example"; ${pairKeys(old)} }`));
  const { stdout } = await callSentinel(['cert-check', '-c', config, '--ca', scene.root.cert], {
    environment: { SENTINEL_ADMIN_SOCKET: scene.shop.path('none.sock') },
  });
  assert.match(stdout, /expired .*\n +next: .*cert-check --staged NEW\.crt NEW\.key --for https\/a\.example\n/);
  const renewed = scene.pair('DNS:a.example');
  const staged = await scene.check(
    '-c',
    config,
    '--staged',
    renewed.cert,
    renewed.key,
    '--for',
    'https/a.example',
    '--ca',
    scene.root.cert,
  );
  assert.equal(staged.code, 0, staged.details);
});

test('--ca says whom clients trust, and nothing of what targets think of a client certificate', async (t) => {
  const scene = new CertScene(t);
  const apart = scene.shop.authority(null, 'Root of the targets');
  const client = scene.shop.issue(apart, { subject: 'proxy', extensions: ['extendedKeyUsage=clientAuth'] });
  const config = scene.config(
    tlsConfig(
      pairKeys(scene.pair()),
      `upstream "api" { target "127.0.0.1:9"; tls { sni "api.internal"; client-cert "${client.cert}"; client-key "${client.key}" } }
       route "api" { matches { path-prefix "/api" }; upstream "api" }`,
    ),
  );
  const answer = await scene.check('-c', config, '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [0, ['SNT-T025 info']], answer.details);
});

test('a configuration whose certificates are good is good, daemon or not', async (t) => {
  const scene = new CertScene(t);
  const config = scene.config(tlsConfig(pairKeys(scene.pair())));
  const answer = await scene.check('-c', config, '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.status, answer.found], [0, 'ok', []], answer.details);
  assert.match(answer.notes.join('\n'), /loaded and served: \? daemon not running/);
  assert.deepEqual(answer.rows[0]?.loaded.state, 'none');
});

test('a daemon that is named and does not answer is no good end', async (t) => {
  const scene = new CertScene(t);
  const config = scene.config(tlsConfig(pairKeys(scene.pair())));
  const daemon = ['--daemon', scene.shop.path('none.sock')];
  const answer = await scene.check('-c', config, '--ca', scene.root.cert, ...daemon);
  assert.deepEqual([answer.code, answer.status, answer.found], [3, 'unknown', ['SNT-A001 error']]);
  const expired = scene.config(tlsConfig(pairKeys(scene.pair('DNS:www.example.com', { from: -90, to: -1 }))));
  const both = await scene.check('-c', expired, '--ca', scene.root.cert, ...daemon);
  assert.deepEqual([both.code, both.status], [1, 'problems'], 'problems and unknowns together are problems');
});

test('pairs with which the daemon would not start are judged all the same', async (t) => {
  const scene = new CertScene(t);
  const { shop } = scene;
  const pair = scene.pair();
  const found = async (keys: string): Promise<readonly [number | null, readonly string[]]> => {
    const { code, found: all } = await scene.check('-c', scene.config(tlsConfig(keys)), '--ca', scene.root.cert);
    return [code, all];
  };
  const swapped = pairKeys({ cert: pair.key, key: pair.cert });
  assert.deepEqual(await found(swapped), [1, ['SNT-T002 error', 'SNT-T004 error']]);
  assert.deepEqual(await found(pairKeys({ ...pair, key: shop.key('ec', 'other') })), [1, ['SNT-T007 error']]);
  assert.deepEqual(await found(pairKeys({ ...pair, key: shop.path('gone.key') })), [3, ['SNT-T001 error']]);
  const both = pairKeys({ cert: shop.file('empty.pem', ''), key: shop.path('gone.key') });
  assert.deepEqual(await found(both), [1, ['SNT-T001 error', 'SNT-T002 error']]);
});

test('a configuration with other mistakes is not judged', async (t) => {
  const scene = new CertScene(t);
  const answer = await scene.check('-c', scene.config(tlsConfig(`${pairKeys(scene.pair())}; nonsense 1`)));
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-P045 error']]);
  assert.equal((await scene.check('-c', scene.shop.path('none.kdl'))).code, 3);
});

test('a configuration without certificates says so', async (t) => {
  const scene = new CertScene(t);
  const config = scene.config(
    'route "all" { upstream "fixed" }\nupstream "fixed" { static { status 200; body "x" } }\nlistener "http" { address "127.0.0.1:0" }',
  );
  const answer = await scene.check('-c', config);
  assert.deepEqual([answer.code, answer.found], [0, ['SNT-T064 info']]);
});

test('names of sni and hosts of routes must be covered by the certificate that their clients get', async (t) => {
  const scene = new CertScene(t);
  const own = pairKeys(scene.pair('DNS:www.example.com'));
  const sni = `sni { hostnames "shop.example.com" "*.eu.example.com"; ${pairKeys(scene.pair('DNS:shop.example.com,DNS:*.eu.example.com'))} }`;
  const check = async (tls: string, hosts: string, more = '') => {
    const config = scene.config(tlsConfig(tls, more, `matches { host ${hosts} }`));
    const { code, found, details } = await scene.check('-c', config, '--ca', scene.root.cert);
    return { code, found, details };
  };
  assert.deepEqual(
    (await check(`${own}; ${sni}`, '"www.example.com" "shop.example.com" "de.eu.example.com"')).found,
    [],
  );
  const missing = await check(`${own}; ${sni}`, '"mail.example.com" "a.de.eu.example.com"');
  assert.deepEqual([missing.code, missing.found], [1, ['SNT-T031 error', 'SNT-T031 error']]);
  assert.match(missing.details, /mail\.example\.com \(host of route all\) is not covered/);
  const plain = await check(own, '"mail.example.com"', 'listener "http" { address "127.0.0.1:0" }');
  assert.deepEqual([plain.code, plain.found], [0, ['SNT-T031 warning']], 'it may be for the plain listener');
  const wrong = await check(
    `${own}; sni { hostnames "b.example"; ${pairKeys(scene.pair('DNS:a.example'))} }`,
    '"www.example.com"',
  );
  assert.deepEqual(wrong.found, ['SNT-T031 error']);
  assert.match(wrong.details, /b\.example \(sni of listener https\) is not covered: the certificate is for a\.example/);
  assert.deepEqual((await check(own, '"*.example.com"')).found, [], 'some of what the pattern takes is covered');
  assert.deepEqual((await check(own, '"*.example.net"')).found, ['SNT-T031 error']);
});

test('a missing intermediate is found in another file of the configuration', async (t) => {
  const scene = new CertScene(t);
  const alone = scene.shop.issue(scene.middle, { extensions: serverExtensions('DNS:a.example') });
  const whole = scene.pair('DNS:www.example.com');
  const sni = `sni { hostnames "a.example"; ${pairKeys(alone)} }`;
  const answer = await scene.check('-c', scene.config(tlsConfig(`${pairKeys(whole)}; ${sni}`)));
  assert.deepEqual(answer.found, ['SNT-T020 error', 'SNT-T025 warning']);
  assert.ok(answer.details.includes(`it is in ${whole.cert}`), answer.details);
});

test('two certificates of one issuer with one serial number are noticed', async (t) => {
  const scene = new CertScene(t);
  const twin = (name: string) => scene.pair(`DNS:${name}`, { serial: 77, extensions: serverExtensions(`DNS:${name}`) });
  const tls = `${pairKeys(twin('www.example.com'))}; sni { hostnames "a.example"; ${pairKeys(twin('a.example'))} }`;
  const answer = await scene.check('-c', scene.config(tlsConfig(tls)), '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [0, ['SNT-T029 warning']], answer.details);
});

test('a key that no cipher suite of its listener fits is found where nothing is wrong with the files', async (t) => {
  const scene = new CertScene(t);
  const suites = 'max-version "TLS1.2"; cipher-suites "ECDHE-RSA-AES128-GCM-SHA256"';
  const check = async (key: 'ec' | 'rsa') => {
    const config = scene.config(tlsConfig(`${pairKeys(scene.pair('DNS:www.example.com', { key }))}; ${suites}`));
    const { code, found } = await scene.check('-c', config, '--ca', scene.root.cert);
    return [code, found];
  };
  assert.deepEqual(await check('rsa'), [0, []]);
  assert.deepEqual(await check('ec'), [1, ['SNT-T063 error']]);
});

test('thresholds are those of alerts', async (t) => {
  const scene = new CertScene(t);
  const tls = pairKeys(scene.pair('DNS:www.example.com', { from: -305, to: 60 }));
  const found = async (alerts: string) =>
    (await scene.check('-c', scene.config(tlsConfig(tls, alerts)), '--ca', scene.root.cert)).found;
  assert.deepEqual(await found(''), []);
  assert.deepEqual(await found('alerts { cert-warn-days 61 }'), ['SNT-T011 warning']);
  assert.deepEqual(
    await found('alerts { cert-warn-days 90; cert-critical-days 61 }'),
    ['SNT-T011 warning'],
    'a tenth of a year is 36 days',
  );
});

test('bundles of authorities and revocation lists are judged as such', async (t) => {
  const scene = new CertScene(t);
  const { shop, root } = scene;
  const found = async (ca: string, crl: string) => {
    const tls = `${pairKeys(scene.pair())}; client-auth "require"; ca-file "${ca}"; crl-file "${crl}"`;
    const { code, found: all } = await scene.check('-c', scene.config(tlsConfig(tls)), '--ca', root.cert);
    return [code, all];
  };
  const expired = shop.authority(null, 'Old', { from: -90, to: -1 });
  const fresh = shop.revocations(root, -1, 30);
  assert.deepEqual(await found(root.cert, fresh), [0, []]);
  assert.deepEqual(await found(root.cert, shop.revocations(root, -30, -1)), [1, ['SNT-T047 error']]);
  assert.deepEqual(await found(root.cert, shop.revocations(root, 1, 30)), [1, ['SNT-T047 error']]);
  assert.deepEqual(await found(shop.bundle('two.pem', root.cert, expired.cert), fresh), [0, ['SNT-T010 warning']]);
  assert.deepEqual(await found(expired.cert, fresh), [1, ['SNT-T010 error']]);
  assert.deepEqual(await found(fresh, fresh), [1, ['SNT-T002 error']]);
  assert.deepEqual(await found(root.cert, root.cert), [1, ['SNT-T009 error']]);
  const weak = shop.authority(null, 'Weak', { key: 'rsa1024', extensions: authorityExtensions });
  assert.deepEqual(await found(weak.cert, fresh), [1, ['SNT-T040 error']]);
});
