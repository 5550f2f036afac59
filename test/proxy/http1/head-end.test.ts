/** Where a head ends, and how soon it is known that it cannot end well. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findHeadEnd } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { bytes, usualLimits } from './message-reader.ts';

/** Feeds `text` byte by byte, as a drip would. @returns how many bytes it took to learn the end, or -1. */
function drip(text: string, limits = usualLimits): number {
  const buf = bytes(text);
  for (let have = 1; have <= buf.length; have++) {
    if (findHeadEnd(buf.subarray(0, have), 0, have - 1, limits) >= 0) return have;
  }
  return -1;
}

describe('the end of a head', () => {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n';

  it('is just past the first empty line, wherever that lies', () => {
    for (let pad = 0; pad < 8; pad++) {
      const text = head.replace('y', 'y'.repeat(pad));
      const buf = bytes(`123${text}GET / HTTP/1.1\r\n\r\n`);
      assert.equal(findHeadEnd(buf, 3, 3, usualLimits), 3 + text.length);
    }
    assert.equal(findHeadEnd(bytes('\r\n\r\n\r\n'), 0, 0, usualLimits), 4);
  });

  it('is found whatever part was searched before', () => {
    const buf = bytes(head);
    for (let before = 0; before < buf.length; before++) {
      assert.equal(findHeadEnd(buf.subarray(0, before), 0, 0, usualLimits), -1);
      assert.equal(findHeadEnd(buf, 0, before, usualLimits), buf.length);
    }
  });

  it('is not looked for past the data', () => {
    const buf = bytes(head);
    for (let have = 0; have < buf.length; have++) assert.equal(findHeadEnd(buf, 0, 0, usualLimits, have), -1);
    assert.equal(findHeadEnd(buf, 0, 0, usualLimits, buf.length), buf.length);
  });
});

describe('a head that cannot end well', () => {
  const begin = 'GET / HTTP/1.1\r\n';

  it('is known by its first bad byte', () => {
    for (const [good, bad] of [
      ['GET /', '\x00'],
      ['GET /', '\n'],
      ['GET /\r', 'x'],
      [`${begin}X: a`, '\n'],
      [`${begin}X: a\r`, '\r'],
      [`${begin}X: a`, '\x7f'],
      ['', '\x16'],
      [begin, '\x01'],
    ] as const) {
      assert.equal(drip(good), -1);
      assert.equal(drip(`${good}${bad}more bytes`), good.length + 1);
    }
  });

  it('is known by a first line that is none', () => {
    assert.equal(drip('GET /\r\n'), 7);
    assert.equal(drip('HELO mail\r\n'), 11);
    assert.equal(drip('SSH-2.0-OpenSSH_9.2\r\n'), 21);
    assert.equal(drip('GET / HTTP/2.0\r\n'), 16);
    assert.equal(drip('\r\nGET / HTTP/1.0\r\n'), -1);
    assert.equal(drip('HTTP/1.1 200 OK\r\n'), -1);
  });

  it('is known by its size', () => {
    const limits = { ...usualLimits, maxUriBytes: 50, maxHeaderBytes: 100 };
    assert.ok(drip(`GET /${'a'.repeat(5000)}`, limits) <= 1300);
    assert.equal(drip(`${begin}X: ${'a'.repeat(5000)}`, limits), begin.length + 100);
    assert.equal(drip(`${begin}X: ${'a'.repeat(91)}\r\n\r\n`, limits), begin.length + 98);
  });

  it('is named by the parser', () => {
    for (const [text, reason] of [
      ['GET /\x00', 'target'],
      ['GET /\r\n', 'version'],
      [`${begin}X: a\n`, 'line_ending'],
      [`${begin}X: a\rb`, 'line_ending'],
      [`${begin}X: ${'a'.repeat(20_000)}`, 'headers_too_large'],
      [`GET /${'a'.repeat(20_000)}`, 'uri_too_long'],
    ] as const) {
      const buf = bytes(text);
      const end = findHeadEnd(buf, 0, 0, usualLimits);
      assert.ok(end >= 0, JSON.stringify(text.slice(0, 40)));
      assert.equal(new RequestHead().parse(buf, 0, end, usualLimits)?.reason, reason);
    }
  });
});
