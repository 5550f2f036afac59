/** What clients, targets and files say reaches no cell as it is: no control character, nothing that turns or hides text, nothing endless. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewNames } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { viewOf } from '../../../src/tui/view/view-of.ts';
import {
  readingNews,
  sampleBreaker,
  sampleCert,
  sampleClient,
  sampleEvent,
  sampleInflight,
  sampleParts,
  sampleRequest,
  sampleRoute,
  sampleState,
  sampleTarget,
  sampleTime,
  sampleUpstream,
} from '../sample-state.ts';
import { at } from './rows-values.ts';

const hostiles = [
  { words: 'a sequence that clears the screen', text: 'x\u001B[2J\u001B]0;owned\u0007' },
  { words: 'line breaks and tabs', text: 'a\r\nb\tc\u2028d' },
  { words: 'marks that turn text around', text: '\u202Etxt.exe\u2066\u200F' },
  { words: 'characters that nobody sees', text: 'a\u200Bb\uFEFFc\u00ADd\u2060' },
  { words: 'accents without end', text: `a${'\u0301'.repeat(500)}` },
  { words: 'half of a pair', text: 'a\uD83D' },
  { words: 'ten thousand characters', text: 'ü'.repeat(10_000) },
  { words: 'wide characters', text: '漢字'.repeat(1000) },
  { words: 'C1 control characters', text: 'a\u009B31mb\u0090' },
] as const;

const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]|\p{M}{3}/u;

function saying(text: string, view: (typeof viewNames)[number]): State {
  const parts = sampleParts();
  const request = {
    path: text,
    host: text,
    method: text,
    user_agent: text,
    query: text,
    client_ip: text,
    cause: text,
    route: text,
    upstream: text,
    target: text,
    correlation_id: text,
    trace_id: text,
  };
  const drain = {
    id: text,
    state: 'draining',
    actor: text,
    reason: text,
    since: sampleTime(1000),
    deadline_at: sampleTime(),
    overdue: false,
    expires_at: null,
    eta_ms: null,
  } as const;
  const target = sampleTarget(text, { why: text, written: text, drain, breaker: 'open' });
  const upstream = sampleUpstream(text, [target], {
    why: text,
    check: text,
    load_balancing: text,
    names: [{ name: text, addresses: [], resolved_at: null, failure: { code: 'x', words: text, since: sampleTime() } }],
  });
  return sampleState(
    [
      readingNews({
        upstreams: [upstream],
        parts: {
          ...parts,
          routes: { routes: [sampleRoute(text, { paths: [text], hosts: [text], upstream: text })] },
          breakers: {
            breakers: [
              sampleBreaker(text, text, { why: text }),
              sampleBreaker(text, '-', { id: `route/${text}`, kind: 'route', why: text }),
            ],
          },
          errors: {
            ...parts.errors,
            requests: [
              sampleRequest('1-1', {
                ...request,
                tries: sampleRequest('1').tries.map((one) => ({ ...one, target: text, upstream: text })),
              }),
            ],
          },
          inflight: { ...parts.inflight, requests: [sampleInflight('1-2', request)] },
          clients: { ...parts.clients, clients: [sampleClient(text)] },
          certs: {
            certificates: [
              sampleCert(text, {
                names: [text],
                subject: text,
                files: { certificate: text, key: text },
                same_as_disk: null,
                disk_why: text,
              }),
            ],
            problems: [],
          },
        },
      }),
      {
        kind: 'events',
        node: 'local',
        events: [
          sampleEvent(1, {
            subject: text,
            actor: text,
            reason: text,
            words: text,
            detail: text,
            fields: { note: text },
          }),
        ],
        gap: false,
      },
      {
        kind: 'logs',
        node: 'local',
        lines: [{ time: text, level: text, module: text, message: text, other: text }],
        gap: false,
      },
    ],
    { view },
  );
}

for (const { words, text } of hostiles) {
  test(`${words} in what others say reaches no cell, no reason and no path`, () => {
    for (const view of viewNames) {
      const outside = { ...saying(text, view), wide: true };
      const [first] = rowsOf(outside).rows;
      assert.ok(first, `${view} has rows`);
      const inside = at(outside, { of: { node: first.node, thing: first.thing } });
      for (const state of [outside, inside]) {
        const { rows, path, title, empty } = rowsOf(state);
        const shown = [
          ...rows.flatMap(({ cells, why }) => [
            ...Object.values(cells).flatMap((one) => [one.text, one.short ?? '–']),
            why ?? '–',
          ]),
          ...path,
          title,
          empty ?? '–',
        ];
        for (const one of shown) {
          assert.ok(!forbidden.test(one), `${view}: ${JSON.stringify(one.slice(0, 80))}`);
          assert.ok(one !== '');
        }
        for (const one of rows.flatMap(({ cells }) => Object.values(cells)))
          assert.ok(one.text.length <= 400, `${view}: a cell of ${one.text.length}`);
        assert.ok(!forbidden.test(viewOf(state).why ?? ''));
      }
    }
  });
}
