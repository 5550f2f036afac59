/** Under `share` and `paranoid` a bundle says how many hosts and people there were and which is which, and of none who it is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import type { ContentKind, Profile } from '../../../src/incident/redaction/scrubber.ts';
import { Tokens } from '../../../src/incident/redaction/tokens.ts';

const scrubberOf = (profile: Profile, key = Buffer.alloc(32, 9)) =>
  createScrubber({
    profile,
    key,
    known: [],
    hosts: ['app-1.corp.example', 'app-2.corp.example', 'web', '*.shop.example'],
    users: ['carola'],
  });

const files: readonly (readonly [path: string, kind: ContentKind, content: string])[] = [
  [
    'state/upstreams.json',
    'json',
    '{"targets":[{"address":"10.1.1.10:8080","host":"app-1.corp.example"},{"address":"10.1.1.11:8080","host":"app-2.corp.example"}]}',
  ],
  [
    'logs/sentinel.ndjson',
    'ndjson',
    '{"client_ip":"203.0.113.7","host":"www.shop.example:8443","path":"/users/4711/orders/9f3b2c1d77aa","target":"10.1.1.10:8080","status":502}\n' +
      '{"msg":"connect to app-1.corp.example (10.1.1.10:8080) failed for anna@shop.example, 2001:db8::17","actor":"anna"}\n',
  ],
  [
    'logs/journal.txt',
    'text',
    'Nov 20 14:05:12 prod-1 sshd[7]: Accepted publickey for anna from 203.0.113.7 port 51515\ncarola ran it in /home/anna/x on http://web:8080/\n::ffff:203.0.113.7 127.0.0.1 ::1 localhost:9090\n',
  ],
  [
    'config/running.kdl',
    'kdl',
    'upstreams { upstream "a" { target "app-2.corp.example:8080"; target "10.1.1.11:8080" } }\n',
  ],
  ['metrics/now.prom', 'prometheus', 'up{target="10.1.1.10:8080",host="app-1.corp.example"} 1\n'],
];
const secretNames = [
  '10.1.1.10',
  '10.1.1.11',
  '203.0.113.7',
  '2001:db8',
  'corp.example',
  'shop.example',
  'anna',
  'carola',
  '//web',
  '4711',
  '9f3b2c1d77aa',
];

function scrubbed(profile: Profile, key = Buffer.alloc(32, 9)): string {
  const scrubber = scrubberOf(profile, key);
  return files.map(([path, kind, content]) => scrubber.scrub(path, kind, content)).join('');
}

for (const profile of ['share', 'paranoid'] as const) {
  test(`no host, address, person or id of a path is left under ${profile}`, () => {
    const all = scrubbed(profile);
    assert.deepEqual(
      secretNames.filter((name) => all.includes(name)),
      [],
      all,
    );
  });
}

test('a host has the same token in every file of a bundle, and another host has another', () => {
  const scrubber = scrubberOf('share');
  for (const [path, kind, content] of files) scrubber.scrub(path, kind, content);
  const all = scrubbed('share');
  const tokenOf = (value: string) => [...scrubber.map()].find(([, one]) => one === value)?.[0] ?? '';
  const [one, other] = [tokenOf('app-1.corp.example'), tokenOf('app-2.corp.example')];
  assert.match(one, /^\[HOST:[0-9a-f]{4,}\]$/);
  assert.notEqual(one, other);
  assert.equal(all.split(one).length - 1, 3);
  assert.equal(all.split(other).length - 1, 2);
  assert.match(tokenOf('10.1.1.10'), /^\[IP4p:/);
  assert.match(tokenOf('203.0.113.7'), /^\[IP4:/);
  assert.match(tokenOf('2001:db8::17'), /^\[IP6:/);
  // An address of the fourth version within one of the sixth is the same.
  assert.equal(all.split(tokenOf('203.0.113.7')).length - 1, 3);
  assert.deepEqual(Object.keys(scrubber.report().tokens).sort(), ['HOST', 'IP4', 'IP4p', 'IP6', 'MAIL', 'USER']);
});

test('ports, statuses, loopback addresses and what paths mean stay', () => {
  const all = scrubbed('share');
  for (const kept of [
    ':8080',
    ':8443',
    '"status":502',
    '/users/[ID]/orders/[ID]',
    '127.0.0.1',
    '::1 ',
    'localhost:9090',
    'port 51515',
  ])
    assert.ok(all.includes(kept), `${kept} in ${all}`);
});

test('another bundle has other tokens', () => {
  const tokens = (text: string) => new Set(text.match(/\[HOST:[0-9a-f]+\]/g));
  const other = tokens(scrubbed('share', Buffer.alloc(32, 1)));
  assert.deepEqual(
    [...tokens(scrubbed('share'))].filter((one) => other.has(one)),
    [],
  );
});

test('two values never share a token, however many there are', () => {
  const tokens = new Tokens(Buffer.alloc(32, 3));
  const all = Array.from({ length: 3000 }, (_, at) => tokens.of('HOST', `h${at}.example`));
  assert.equal(new Set(all).size, 3000);
  assert.equal(tokens.of('HOST', 'h7.example'), all[7]);
});

test('paranoid drops bodies, values of headers and of queries, and leaves their names', () => {
  const scrubber = scrubberOf('paranoid');
  const text = scrubber.scrub(
    'requests/errors.ndjson',
    'ndjson',
    '{"query":"page=2&sort=up","user_agent":"curl/8","captured":{"x-tenant":"blue"},"headers":[{"name":"x-team","value":"green"}],"body":"red text","status":200}\n',
  );
  assert.deepEqual(JSON.parse(text), {
    query: 'page=[dropped]&sort=[dropped]',
    user_agent: '[dropped]',
    captured: { 'x-tenant': '[dropped]' },
    headers: [{ name: 'x-team', value: '[dropped]' }],
    body: '[dropped]',
    status: 200,
  });
  const config = scrubber.scrub(
    'c.kdl',
    'kdl',
    'response-headers { set { X-Team "violet" } }\nstatic { body "yellow text" }\n',
  );
  assert.equal(config, 'response-headers { set { X-Team "[dropped]" } }\nstatic { body "[dropped]" }\n');
});
