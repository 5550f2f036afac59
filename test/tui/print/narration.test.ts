/** Changes as sentences: one for each, none while only numbers change, none for what a daemon that is silent does not say. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFilter } from '../../../src/filter/parse.ts';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { narrated, nothingTold, type Told } from '../../../src/tui/print/narration.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  downTarget,
  healthyUpstreams,
  okVerdict,
  readingNews,
  sampleEvent,
  sampleState,
  sampleTarget,
  sampleUpstream,
} from '../sample-state.ts';

/** Hears news and says what is told of them. */
class Listener {
  #state: State;
  #told: Told = nothingTold;
  #now = 0;

  constructor(options: Parameters<typeof sampleState>[1] = {}) {
    this.#state = sampleState([], options);
  }

  hear(...news: readonly FeedNews[]): readonly string[] {
    this.#now += 1000;
    for (const one of news) this.#state = reduce(this.#state, { kind: 'news', news: one, nowMs: this.#now }).state;
    const { told, sentences } = narrated(this.#told, this.#state);
    this.#told = told;
    return sentences.map(({ words }) => words);
  }
}

const clean: FeedNews = { kind: 'verdict', node: 'local', verdict: okVerdict, why: null };
const gone: FeedNews = { kind: 'lost', node: 'local', atMs: 0, why: 'connection refused', retryMs: 1000 };

test('what is well is told in one sentence each for the daemon and the verdict, and then not again', () => {
  const listener = new Listener();
  assert.deepEqual(listener.hear(readingNews(), clean), [
    'the daemon sentinel answers: ready, generation 41',
    'verdict: all clear',
  ]);
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 1000 }), clean), []);
});

test('what is not well at the beginning is told', () => {
  const told = new Listener().hear(readingNews({ upstreams: degradedUpstreams() }), clean);
  assert.equal(told.filter((words) => words.startsWith('target api-backend/10.1.1.12:8080 is down: ')).length, 1);
});

test('a target that goes down and comes back is a sentence each', () => {
  const listener = new Listener();
  listener.hear(readingNews(), clean);
  const down = listener.hear(
    readingNews({
      receivedMs: 1000,
      upstreams: [
        sampleUpstream('api-backend', [
          sampleTarget('10.1.1.10:8080'),
          sampleTarget('10.1.1.11:8080'),
          downTarget('10.1.1.12:8080'),
        ]),
        ...healthyUpstreams().slice(1),
      ],
    }),
  );
  assert.deepEqual(
    down.map((words) => words.split(':')[0]),
    ['upstream api-backend is degraded, and was up', 'target api-backend/10.1.1.12'],
  );
  assert.match(down[1] ?? '', /is down, and was up: .*refused/i);
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 2000 })), [
    'upstream api-backend is up, and was degraded',
    'target api-backend/10.1.1.12:8080 is up, and was down',
  ]);
});

test('of a target that a filter asks for because it is down it is also told that it is up', () => {
  const parsed = parseFilter('state!=healthy', 'targets');
  assert.ok(parsed.ok);
  const listener = new Listener({ filter: { text: 'state!=healthy', filter: parsed.filter } });
  const first = listener.hear(readingNews({ upstreams: degradedUpstreams() }), clean);
  assert.ok(first.some((words) => words.startsWith('target api-backend/10.1.1.12:8080 is down')));
  const then = listener.hear(readingNews({ receivedMs: 1000 }));
  assert.ok(then.includes('target api-backend/10.1.1.12:8080 is up, and was down'), then.join('\n'));
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 2000 })), []);
});

test('targets that are added and taken away are told', () => {
  const listener = new Listener();
  listener.hear(readingNews(), clean);
  const added = sampleUpstream('web-backend', [sampleTarget('10.1.2.10:8080'), sampleTarget('10.1.2.11:8080')]);
  const [first, ...rest] = healthyUpstreams();
  assert.ok(first !== undefined && rest.length === 1);
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 1000, generation: 42, upstreams: [first, added] })), [
    'generation 42 of the configuration is in force, after 41',
    'target web-backend/10.1.2.11:8080 is new, up',
  ]);
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 2000, generation: 42 })), [
    'target web-backend/10.1.2.11:8080 is gone',
  ]);
});

test('a daemon that is silent is one sentence, whatever it had said, and one when it is back', () => {
  const listener = new Listener();
  listener.hear(readingNews(), clean);
  assert.deepEqual(listener.hear(gone), ['the daemon does not answer: connection refused']);
  assert.deepEqual(listener.hear(gone), []);
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 3000 })), [
    'the daemon sentinel answers again: ready, generation 41',
  ]);
});

test('the same causes with other numbers are no news of a verdict, another cause is', () => {
  const verdict = (detail: string, resource: string): FeedNews => ({
    kind: 'verdict',
    node: 'local',
    why: null,
    verdict: {
      ...okVerdict,
      status: 'problems',
      severity: 'SEV3',
      causes: [
        {
          cause: 'target-refused',
          strength: 1,
          detail,
          resource: { kind: 'target', name: resource },
          evidence: [],
          impact: 'degraded',
          since: null,
          next: [],
        },
      ],
    },
  });
  const listener = new Listener();
  listener.hear(readingNews(), clean);
  assert.deepEqual(listener.hear(verdict('a refuses, 3 times', 'a')), ['verdict: SEV3, a refuses, 3 times']);
  assert.deepEqual(listener.hear(verdict('a refuses, 4 times', 'a')), []);
  assert.deepEqual(listener.hear(verdict('b refuses, 1 time', 'b')), ['verdict: SEV3, b refuses, 1 time']);
  assert.deepEqual(listener.hear(clean), ['verdict: all clear']);
});

test('of several daemons each sentence says whose it is', () => {
  const listener = new Listener({ nodes: ['a', 'b'] });
  assert.deepEqual(
    listener.hear(
      readingNews({ node: 'a' }),
      { ...clean, node: 'a' },
      { kind: 'lost', node: 'b', atMs: 0, why: 'no answer in 2s', retryMs: 1000 },
    ),
    [
      'a: the daemon sentinel answers: ready, generation 41',
      'a: verdict: all clear',
      'b: the daemon does not answer: no answer in 2s',
    ],
  );
});

test('an event is told once, without anything that would move a cursor', () => {
  const listener = new Listener({ view: 'events' });
  const events = (...seqs: readonly number[]): FeedNews => ({
    kind: 'events',
    node: 'local',
    gap: false,
    events: seqs.map((seq) => sampleEvent(seq, { words: `thing ${seq}\u001b[2J` })),
  });
  listener.hear(readingNews(), clean);
  const told = listener.hear(events(1));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /thing 1/);
  assert.ok(!told.join('').includes('\u001b'));
  assert.deepEqual(listener.hear(readingNews({ receivedMs: 1000 })), []);
  assert.equal(listener.hear(events(2)).length, 1);
});
