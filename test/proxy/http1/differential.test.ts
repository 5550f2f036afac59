/**
 * The parsers of the data plane against Node's own, on thousands of good and bad messages: both must accept the same ones
 * and see the same framing in them, but for the differences that are listed with their reasons.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type KnownDifference, narrower, stricter } from './known-differences.ts';
import { Dice, makeRequests, makeResponse } from './message-maker.ts';
import { bytes, readPieces } from './message-reader.ts';
import { compareWithNode, splitComplaint, type Trial } from './trial.ts';

const trialCount = 3000;
const cutsWithNode = 3;

const post = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
/** What has desynchronised real proxies and servers. */
const attacks = [
  `${post}Content-Length: 4\r\n\r\n1\r\nZ\r\nQ`,
  `${post}Content-Length: 6\r\n\r\n0\r\n\r\nX`,
  `${post}Transfer-Encoding: cow\r\n\r\n5\r\nhello\r\n0\r\n\r\n${smuggled}`,
  `${post}\r\n0\r\nConnection: close\r\n\r\n${smuggled}`,
  `${post}\r\n0\r\nContent-Length: 50\r\n\r\n${smuggled}`,
  `${post}\r\n2;\nxx\r\n4c\r\n0\r\n\r\n${smuggled}`,
  `${post}\r\n5;a="\r\n"\r\nhello\r\n0\r\n\r\n${smuggled}`,
  `${post}\r\n5\r\nhello45\r\n0\r\n\r\n${smuggled}`,
  `${post}\r\n0\r\n${smuggled}`,
  `${post}\r\n0000000000000000000000\r\n\r\n${smuggled}`,
  `${post}\r\n10000000000000005\r\nhello\r\n0\r\n\r\n${smuggled}`,
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
  `POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggled}`,
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello${smuggled}`,
  `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${smuggled}`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03',
  'GET /\r\n',
];

/** The same every time: each seed gives one stream of requests or one response. */
function makeTrials(): Trial[] {
  const trials = new Map<string, Trial>(attacks.map((text) => [text, { text, answering: null }]));
  for (let seed = 1; trials.size < trialCount; seed++) {
    const dice = new Dice(seed);
    const { text, method } = seed % 3 === 0 ? makeResponse(dice) : { text: makeRequests(dice), method: null };
    if (text !== '') trials.set(`${method} ${text}`, { text, answering: method });
  }
  return [...trials.values()];
}

describe('differential test with llhttp', () => {
  const trials = makeTrials();
  const complaints: string[] = [];
  const fired = new Map<KnownDifference, number>();

  before(async () => {
    const dice = new Dice(trialCount);
    for (const trial of trials) {
      const cuts = [[], ...Array.from({ length: cutsWithNode }, () => [dice.below(trial.text.length)])];
      for (const cut of cuts) {
        const { complaint, explanation } = await compareWithNode(trial, cut);
        if (complaint !== null) complaints.push(complaint);
        if (explanation !== null) fired.set(explanation, (fired.get(explanation) ?? 0) + 1);
      }
    }
  });

  it('has good messages and bad ones, of both kinds', () => {
    for (const answers of [true, false]) {
      const faults = trials
        .filter(({ answering }) => (answering !== null) === answers)
        .map(({ text, answering }) => readPieces(answering, [bytes(text)]).fault);
      const good = faults.filter((fault) => fault === null).length;
      assert.ok(good > 300 && faults.length - good > 300, `${good} of ${faults.length} are good`);
    }
  });

  it('finds no difference that is not listed', () => {
    assert.deepEqual(complaints.slice(0, 5), []);
  });

  it('meets each listed difference', () => {
    const unmet = [...stricter, ...narrower].filter((entry) => !fired.has(entry)).map(({ name }) => name);
    assert.deepEqual(unmet, []);
  });

  it('reads every message the same, wherever it is cut', () => {
    for (const trial of trials) assert.equal(splitComplaint(trial), null);
  });
});
