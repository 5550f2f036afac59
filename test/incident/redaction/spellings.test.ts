/** The same host is the same token however it is spelled, and nobody but hosts and people becomes one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { toldIdentities } from '../../../src/incident/redaction/told-identities.ts';

const scrubber = createScrubber({
  profile: 'share',
  key: Buffer.alloc(32, 3),
  known: [],
  hosts: ['prod-1', 'shop.acme.example'],
  users: ['zoe', 'Zoe Oncall'],
});
const tokensIn = (text: string) => scrubber.scrub('file', 'text', text).match(/\[[A-Z0-9]+p?:[0-9a-f]+\]/g) ?? [];

const spellings: Readonly<Record<string, readonly string[]>> = {
  'a name': [
    'shop.acme.example',
    'SHOP.Acme.Example',
    'shop.acme.example.',
    'shop.acme.example:8443',
    'https://Shop.Acme.Example:443/x',
    String.raw`http:\/\/shop.acme.example\/x`,
    'http%3A%2F%2Fshop.acme.example%2Fx',
    String.raw`{"h":"shop\u002eacme.example"}`,
    '/CN=shop.acme.example',
  ],
  'an IPv4 address': [
    '10.77.1.12',
    '10.77.1.12:8080',
    '::ffff:10.77.1.12',
    '[::ffff:10.77.1.12]:8080',
    '::ffff:0a4d:010c',
    '10%2E77%2E1%2E12',
    'http%3A%2F%2F10.77.1.12%3A80',
  ],
  'an IPv6 address': [
    '2001:db8::1',
    '2001:0DB8:0:0:0:0:0:1',
    '[2001:db8::1]:443',
    '2001:db8::1%eth0',
    'u=http%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%2F',
  ],
  'a person': ['zoe', 'ZOE', 'zoe@10.77.1.12', '/home/zoe/x'],
};

for (const [what, ways] of Object.entries(spellings))
  test(`${what} has one token, however it is spelled`, () => {
    const [first] = tokensIn(ways[0] as string);
    assert.ok(first !== undefined);
    assert.deepEqual(
      ways.filter((way) => tokensIn(way)[0] !== first),
      [],
    );
  });

test('a longer name is another host, and nothing of it is left', () => {
  for (const text of ['prod-1.acme.example', 'www.shop.acme.example', 'bücher.acme.example', 'ip-10-77-1-12']) {
    assert.match(scrubber.scrub('file', 'text', text), /^\[HOST:[0-9a-f]+\]$/, text);
    assert.notDeepEqual(tokensIn(text), tokensIn('prod-1'), text);
  }
});

test('keys of documents and words of sentences are no people', () => {
  const text = '{"by":"path","path":"/x","v8":"13.6.233.17-node1","host-header":"preserve","user impact":1}';
  assert.equal(scrubber.scrub('file', 'json', text), text);
  assert.equal(scrubber.scrub('file', 'text', 'user impact of ::add-mask::'), 'user impact of ::add-mask::');
});

test('who is named by a key in one file is known in all of them', () => {
  const told = toldIdentities(['{"actor":"bert","hostname":"web7","by":"path","user":"root"}', 'web7 and bert']);
  assert.deepEqual(told, { hosts: ['web7'], users: ['bert'] });
});
