/**
 * Secrets as production systems really log and configure them, and texts that only look like it, written down without a look at the
 * rules that are to find them. Read by the held-out test, and by who changes a rule; nothing here was ever valid anywhere.
 */
import { connections, files } from './held-out-clients.ts';
import { configured, forms } from './held-out-forms.ts';
import type { HeldOut } from './held-out-secret.ts';
import { headers, urls } from './held-out-traffic.ts';

export const heldOut: readonly HeldOut[] = [...headers, ...urls, ...connections, ...files, ...forms, ...configured];

/** What must be left as it is by the usual profile: an analysis needs it. */
export const heldOutHarmless: readonly string[] = [
  'upstream api-backend 1/3 DOWN (L4 refused 10.1.1.12:8080)',
  'request 0192f3a4-7b6c-7def-8123-456789abcdef took 812 ms',
  'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'x-request-id: 4bf92f3577b34da6a3ce929d0e0e4736',
  'commit 9fceb02d0ae598e95dc970b74767f19372d61af8 deployed',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 image pulled',
  'GET /api/v1/users/4711/orders?page=2&sort=created_at HTTP/1.1',
  'token bucket of client 10.0.0.9 is empty: 429',
  'password authentication failed for user "app"',
  'no password was given for user app',
  'secrets are read from /run/secrets/db at start',
  'the session took 3 s; session resumption is on',
  'authorization failed: 403 from policy "admins-only"',
  'auth service answered 503 in 12 ms',
  'tokens left: 41 of 100',
  'max_tokens=4096 temperature=0.2',
  'key "client_ip" of the rate limit holds 100000 entries',
  'cache key /static/app.9f86d081.js hit',
  'etag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  'serial number 04:9a:3c:11:be:77:20:fe of certificate CN=api.example.com',
  'fingerprint SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
  'connect ECONNREFUSED 10.1.1.12:8080',
  'at Object.<anonymous> (/srv/app/dist/session/token-store.js:118:23)',
  'at com.acme.auth.PasswordEncoder.encode(PasswordEncoder.java:42)',
  'sentinel_requests_total{route="api",code="502"} 1742',
  'pid 812, rss 212 MiB, fds 3100 of 65536',
  'monkey=banana author=jdoe keyboard=de',
  'tls: handshake failure, cipher TLS_AES_256_GCM_SHA384',
  'accept-encoding: gzip, deflate, br',
  'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'rolling back generation 41 to 40 by oncall: "timeouts"',
  'drained in 16s, 0 cut, 41 finished; next: sentinel undrain 10.1.1.10:8080',
  'https://docs.example.com/runbooks/auth#token-expiry',
  'basic checks passed; bearer of this note is Ada',
  'cookie consent banner was shown to 40 % of visitors',
  'private network 10.0.0.0/8 is trusted; public is not',
  'ssh-ed25519 host key of db changed',
  'DNS: _acme-challenge.example.com has no TXT record',
  'kernel: Out of memory: Killed process 812 (node) total-vm:1048576kB',
  '2026-11-20T14:05:12.123Z prod-1 sentinel[812]: gen 41 applied in 12ms',
  'credential helper not found, using none',
  'passed 41 of 41 tests; pass rate 100%',
  'error code: SNT-U001 state: down',
  'grant_type=client_credentials scope=read',
  '{"level":"warn","message":"slow","p99_ms":810,"key":"api","pinned":true,"author":"ops"}',
];
