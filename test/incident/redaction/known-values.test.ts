/** What a process knows to be secret: of its configuration and of its environment, and nothing that every bundle says by itself. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfigText } from '../../../src/config/load.ts';
import { knownSecrets } from '../../../src/incident/redaction/known-values.ts';

const text = `
listener "http" { address "127.0.0.1:0" }
observability {
  admin { token "ci" { role "admin"; hash "sha256:${'ab'.repeat(32)}" } }
  tracing { backend "otlp" { endpoint "https://otel.example:4318"; headers { X-Team "Spur-Wert-2" } } }
}
route "all" {
  upstream "fixed"
  matches { header "X-Api-Key" "Treffer-3" }
  policies {
    request-headers { set { Authorization "Basic ${Buffer.from('anna:Basis-4').toString('base64')}"; X-Tenant "\${TENANT}"; X-Frame-Options "DENY" } }
    rate-limit { requests-per-second 1; backend "redis" { url "redis://:Rot%2FKehlchen5@10.0.0.5:6379" } }
  }
}
upstream "fixed" { static { status 200; body "hello" } }
`;

test('values of header fields, hashes, interpolations and passwords of URLs are known', () => {
  const environment = { TENANT: 'Mieter-6!', OTHER: 'nothing' };
  const loaded = loadConfigText(text, { env: environment });
  assert.equal(loaded.kind, 'ok', JSON.stringify(loaded));
  const found = knownSecrets({ config: loaded.kind === 'ok' ? loaded : null, environment });
  for (const one of [
    'Spur-Wert-2',
    'Treffer-3',
    'Basis-4',
    'Mieter-6!',
    'Rot%2FKehlchen5',
    'Rot/Kehlchen5',
    'ab'.repeat(32),
  ])
    assert.ok(found.includes(one), `${one} in ${found}`);
  for (const one of ['DENY', 'nothing', 'hello', 'fixed']) assert.equal(found.includes(one), false, one);
});

test('of the environment those are known that names or looks give away, and no places and words', () => {
  const environment = {
    DB_PASSWORD: 'Dompfaff-1',
    STRIPE_KEY: `${'sk_'}live_abcdefgh12345678`,
    DATABASE: 'postgres://app:Dompfaff-2@db/x',
    PLAIN: `${'ghp_'}abcdefghijklmnopqrstuvwx1234`,
    SSH_AUTH_SOCK: '/tmp/ssh-XXXX/agent.1',
    XDG_SESSION_TYPE: 'wayland',
    DB_PASSWORD_FILE: '/run/secrets/db',
    ADMIN_PASSWORD: 'internal',
    SENTINEL_LOG: 'debug',
    SENTINEL_TOKEN: 'Kolkrabe-4',
    SENTINEL_TOKEN_FILE: '/etc/sentinel/token',
    HOME: '/root',
  };
  assert.deepEqual(
    [...knownSecrets({ config: null, environment })].sort(),
    ['Dompfaff-1', 'Dompfaff-2', environment.PLAIN, environment.STRIPE_KEY, environment.SENTINEL_TOKEN].sort(),
  );
});

test('of a configuration that is not valid its text says which variables hold secrets', () => {
  const found = knownSecrets({
    config: null,
    environment: { SEED_OF_ALL: 'Dompfaff-3' },
    texts: ['route "r" { x "${SEED_OF_ALL}"'],
  });
  assert.deepEqual(found, ['Dompfaff-3']);
});
