/** Which traffic has the shape of an attack, and which everyday traffic has not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSort, ClientsReply } from '../../../src/admin/contract/client-shapes.ts';
import { attackShape } from '../../../src/diagnosis/attack-shape.ts';
import type { ClientsState } from '../../../src/diagnosis/facts/traffic.ts';

interface Sender {
  readonly key: string;
  readonly rate: number;
  readonly errors?: number;
  readonly clientErrors?: number;
  readonly blocked?: boolean;
}

function reply(by: ClientSort, senders: readonly Sender[]): ClientsReply {
  const all = senders.reduce((sum, { rate }) => sum + rate, 0);
  return {
    at: '2026-01-01T00:00:00Z',
    by,
    window_ms: 60_000,
    covered_ms: 60_000,
    requests: all * 60,
    requests_per_s: all,
    stride: 1,
    keys: senders.length,
    new_keys: 0,
    before_ms: 240_000,
    unanswered: [],
    clients: senders.map(({ key, rate, errors = 0, clientErrors = 0, blocked = false }) => ({
      key,
      requests: rate * 60,
      at_least: rate * 60,
      at_most: rate * 60,
      share: rate / all,
      requests_per_s: rate,
      error_ratio: errors,
      client_error_ratio: clientErrors,
      bytes_out: 0,
      blocked,
    })),
  };
}

function traffic(senders: readonly Sender[], more: Partial<ClientsState> = {}): ClientsState {
  const byAddress = reply('ip', senders);
  return {
    by_address: byAddress,
    by_network: reply('prefix', senders),
    by_path: reply('path', []),
    by_agent: reply('user-agent', []),
    requests_per_s: byAddress.requests_per_s,
    usual_requests_per_s: 100,
    addresses: senders.length,
    new_addresses_ratio: 0,
    path_entropy: 0.3,
    refused_ratio: 0,
    ...more,
  };
}

const ordinary = (count: number, rate: number): readonly Sender[] =>
  Array.from({ length: count }, (_, index) => ({ key: `10.0.0.${index}`, rate }));

test('one address with many times what the others send, of which much is refused, is an attack from one', () => {
  const flood: Sender = { key: '203.0.113.7', rate: 800, clientErrors: 0.9 };
  const found = attackShape(traffic([flood, ...ordinary(20, 5)], { refused_ratio: 0.8 }), false);
  assert.equal(found.kind, 'one');
  assert.ok(found.strength >= 0.9);
  assert.deepEqual(found.who, [{ kind: 'address', key: '203.0.113.7', share: 800 / 900 }]);
  assert.match(found.words, /203\.0\.113\.7 sends 89 % of all requests \(800 a second\), 160 times as many/);
});

test('three addresses that stand out together are named together', () => {
  const floods = ['a', 'b', 'c'].map((key) => ({ key, rate: 300 }));
  const { kind, who } = attackShape(traffic([...floods, ...ordinary(20, 3)], { refused_ratio: 0.4 }), false);
  assert.deepEqual([kind, who.map(({ key }) => key)], ['one', ['a', 'b', 'c']]);
});

test('a network whose addresses each send little is an attack from one network', () => {
  const addresses = Array.from({ length: 200 }, (_, index) => ({ key: `198.51.100.${index}`, rate: 5 }));
  const networks = reply('prefix', [{ key: '198.51.100.0/24', rate: 1000 }, ...ordinary(10, 4)]);
  const found = attackShape(
    traffic([...addresses, ...ordinary(10, 4)], { by_network: networks, refused_ratio: 0.5 }),
    false,
  );
  assert.deepEqual([found.kind, found.who[0]?.kind, found.who[0]?.key], ['one', 'network', '198.51.100.0/24']);
});

test('it is an attack when the others suffer, also where nothing is refused', () => {
  const others = ordinary(10, 4).map((one) => ({ ...one, errors: 0.3 }));
  const flood = attackShape(traffic([{ key: 'x', rate: 900 }, ...others], { usual_requests_per_s: 50 }), true);
  assert.ok(flood.kind === 'one' && flood.strength >= 0.5);
  assert.equal(attackShape(traffic([{ key: 'x', rate: 900 }, ...ordinary(10, 4)]), false).kind, null);
});

test('that everything fails is not the doing of the client that always sends the most', () => {
  const others = ordinary(10, 4).map((one) => ({ ...one, errors: 1 }));
  const down = attackShape(
    traffic([{ key: 'x', rate: 900, errors: 1 }, ...others], { usual_requests_per_s: 940 }),
    true,
  );
  assert.ok(down.strength < 0.5);
});

test('everyday traffic has no such shape: a busy client, a load test, a gateway, a scanner, one who is blocked already', () => {
  const everyday: Readonly<Record<string, ClientsState>> = {
    'a busy client of little traffic': traffic([{ key: 'x', rate: 12 }, ...ordinary(3, 0.5)], { refused_ratio: 0.2 }),
    'a load test of an idle proxy': traffic([{ key: 'x', rate: 5000, clientErrors: 0.5 }], { refused_ratio: 0.5 }),
    'a gateway with most of the clients behind it': traffic([{ key: 'x', rate: 600 }, ...ordinary(30, 10)]),
    'a gateway that meets a limit and is not far from the next': traffic(
      [{ key: 'x', rate: 100 }, { key: 'y', rate: 40 }, ...ordinary(5, 10)],
      { refused_ratio: 0.3 },
    ),
    'a scanner, whose target says 404': traffic([{ key: 'x', rate: 60, clientErrors: 1 }, ...ordinary(8, 3)], {
      path_entropy: 0.9,
    }),
    'one who is blocked': traffic([{ key: 'x', rate: 900, clientErrors: 1, blocked: true }, ...ordinary(8, 3)], {
      refused_ratio: 0.9,
    }),
    nobody: traffic([]),
  };
  for (const [what, clients] of Object.entries(everyday)) assert.equal(attackShape(clients, false).kind, null, what);
});

test('a crowd of new addresses that asks for ever other paths, at many times the usual rate, is an attack from many', () => {
  const crowd = {
    addresses: 9000,
    new_addresses_ratio: 0.97,
    path_entropy: 0.95,
    requests_per_s: 2000,
    refused_ratio: 0.6,
  };
  const found = attackShape(traffic(ordinary(256, 5), crowd), false);
  assert.equal(found.kind, 'many');
  assert.ok(found.strength > 0.9);
  assert.match(found.words, /^9000 addresses, 97 % of them new, send 2000 requests a second, usually 100, nearly each/);
  const young = attackShape(traffic(ordinary(256, 5), { ...crowd, usual_requests_per_s: null }), false);
  assert.ok(young.kind === 'many' && young.strength >= 0.5);
});

test('a page that becomes popular, the morning, and many addresses that were always there are no attack', () => {
  const cause = (more: Partial<ClientsState>): number => attackShape(traffic(ordinary(256, 5), more), false).strength;
  assert.ok(cause({ addresses: 9000, new_addresses_ratio: 0.95, path_entropy: 0.1, requests_per_s: 600 }) < 0.5);
  assert.ok(cause({ addresses: 900, new_addresses_ratio: 0.8, path_entropy: 0.4, requests_per_s: 200 }) < 0.5);
  assert.equal(cause({ addresses: 9000, new_addresses_ratio: 0.1, path_entropy: 0.95, requests_per_s: 2000 }), 0);
  assert.equal(cause({ addresses: 9000, new_addresses_ratio: null, path_entropy: 0.95, requests_per_s: 2000 }), 0);
});

test('a crowd that all want the same and bring down what they want is an attack once it is ten times the usual', () => {
  const wave = { addresses: 9000, new_addresses_ratio: 0.95, path_entropy: 0.1, refused_ratio: 0.7 };
  assert.ok(attackShape(traffic(ordinary(256, 5), { ...wave, requests_per_s: 2000 }), false).strength >= 0.5);
  assert.ok(attackShape(traffic(ordinary(256, 5), { ...wave, requests_per_s: 400 }), false).strength < 0.5);
});
