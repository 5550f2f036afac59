/** What filters may cost: the steps of their expressions, the time of one look through a list, the share of time of a tap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../src/filter/filter.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { FilterTooSlow, Patience, TimeShare } from '../../src/filter/patience.ts';

/** A clock that stands still but while something is judged, which takes `costMs`. */
function judging(costMs: number) {
  const clock = { now: 0 };
  const parsed = parseFilter('path=/a', 'requests');
  assert.ok(parsed.ok);
  const filter: Filter = parsed.filter;
  const subject = {
    name: '/a',
    value: () => {
      clock.now += costMs;
      return '/a';
    },
  };
  return { clock, filter, subject, now: () => clock.now };
}

test('a filter whose expressions come to too much is refused, also where each of them alone would not', () => {
  for (const text of ['path~"(a?){200}"', 'path~"(a?){80}x" or path~"(b?){80}x"', 'path~"((.{0,9}){9}){3}"']) {
    const parsed = parseFilter(text, 'requests');
    assert.ok(!parsed.ok, text);
    assert.match(parsed.problem.words, /too much/);
  }
  assert.ok(parseFilter('path~"^/api/v[12]/(users|orders)/\\d+/?$" or agent~"(bot|spider|crawl)"', 'requests').ok);
});

test('a look through a list ends where its filter has had its time, not before', () => {
  const { filter, subject, now } = judging(10);
  const patience = new Patience(25, now);
  for (let judged = 0; judged < 3; judged++) assert.ok(patience.matches(filter, subject));
  assert.throws(() => patience.matches(filter, subject), FilterTooSlow);
});

test('who watches for long gets a share of the time: what a slow filter took is waited for before it judges again', () => {
  const { clock, filter, subject, now } = judging(20);
  const share = new TimeShare(0.1, now);
  assert.equal(share.some([filter], subject), true);
  assert.equal(share.some([filter], subject), null);
  clock.now += 100;
  assert.equal(share.some([filter], subject), null);
  clock.now += 100;
  assert.equal(share.some([filter], subject), true);
  assert.equal(share.some([filter], subject), null);
});

test('a quick filter judges everything', () => {
  const { clock, filter, subject, now } = judging(0.001);
  const share = new TimeShare(0.05, now);
  for (let judged = 0; judged < 1000; judged++) {
    assert.equal(share.some([filter], subject), true);
    clock.now += 0.1;
  }
});
