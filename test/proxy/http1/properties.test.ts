/** What holds for any bytes at all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChunkDecoder } from '../../../src/proxy/data/http1/chunked.ts';
import { chunkEnd, chunkHead, lastChunk, trailerSection } from '../../../src/proxy/data/http1/encode.ts';
import { findHeadEnd } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { ResponseHead } from '../../../src/proxy/data/http1/response-head.ts';
import { bytes, readPieces, usualLimits } from './message-reader.ts';

// The same every time: what is not yet known is for the fuzz target to find.
fc.configureGlobal({ seed: 1 });

const words = [
  'GET ',
  'POST ',
  '/',
  '?',
  ' HTTP/1.1',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  ':',
  ': ',
  ' ',
  '\t',
  '\x00',
  '\xff',
];
words.push('Host: a\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', 'Connection: close\r\n', 'Host');
words.push(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 404\r\n',
  '0\r\n',
  '5\r\n',
  'a;b=c\r\n',
  'hello',
  'X-A',
  '_',
  '"',
  ',',
  '1f',
);

/** Pieces of HTTP in any order, and any bytes in between. */
const httpLike = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, anyText(12)), { maxLength: 25 })
  .map((parts) => parts.join(''));

const anyInput = fc.oneof({ weight: 3, arbitrary: httpLike }, anyText(200));
const answering = fc.constantFrom(null, 'GET', 'HEAD');

function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((raw) => Buffer.from(raw).toString('latin1'));
}

/** `text` cut at places that `cuts` gives as fractions. */
function cutAt(text: string, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b), text.length];
  return edges.slice(1).map((edge, i) => bytes(text.slice(edges[i], edge)));
}

function decode(pieces: readonly Buffer[], framed: boolean): { out: string; decoder: ChunkDecoder } {
  const decoder = new ChunkDecoder();
  decoder.reset(framed);
  let out = '';
  for (const piece of pieces) {
    if (decoder.complete || decoder.fault !== null) break;
    decoder.write(piece, 0, piece.length, { span: (buf, from, to) => (out += buf.toString('latin1', from, to)) });
  }
  return { out, decoder };
}

describe('any bytes', () => {
  it('are read without throwing, and the same wherever they are cut', () => {
    fc.assert(
      fc.property(anyInput, answering, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (text, method, cuts) => {
        assert.deepEqual(readPieces(method, cutAt(text, cuts)), readPieces(method, [bytes(text)]));
      }),
      { numRuns: 3000 },
    );
  });

  it('are a head or not whatever lies before and after them in the buffer', () => {
    const request = new RequestHead();
    const response = new ResponseHead();
    fc.assert(
      fc.property(anyInput, anyText(9), anyText(9), (text, lead, tail) => {
        const alone = bytes(text);
        const amid = bytes(`${lead}${text}${tail}`);
        const end = findHeadEnd(alone, 0, 0, usualLimits);
        const found = findHeadEnd(amid, lead.length, lead.length, usualLimits, lead.length + text.length);
        assert.equal(found, end < 0 ? end : end + lead.length);
        if (end < 0) return;
        for (const parse of [
          (buf: Buffer, from: number, to: number) => request.parse(buf, from, to, usualLimits),
          (buf: Buffer, from: number, to: number) => response.parse(buf, from, to, usualLimits, 'GET'),
        ]) {
          assert.equal(parse(amid, lead.length, found), parse(alone, 0, end));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('any body', () => {
  const spans = fc.array(
    anyText(40).filter((span) => span.length > 0),
    { maxLength: 6 },
  );
  const name = fc.stringMatching(/^X-[A-Za-z0-9-]{1,9}$/);
  const trailers = fc.array(fc.tuple(name, fc.stringMatching(/^[!-~]([ -~]{0,9}[!-~])?$/)), { maxLength: 3 });
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });

  it('comes out of the decoder as it went into the framing', () => {
    fc.assert(
      fc.property(spans, trailers, cuts, (parts, fields, at) => {
        const framed = parts.map((part) => `${chunkHead(part.length)}${part}${chunkEnd}`).join('');
        const pieces = cutAt(framed + lastChunk(fields), at);
        const { out, decoder } = decode(pieces, false);
        assert.equal(out, parts.join(''));
        assert.deepEqual([decoder.complete, decoder.trailers], [true, fields]);
        const relayed = decode(pieces, true);
        const tail = relayed.decoder.terminated ? '' : trailerSection(relayed.decoder.trailers);
        assert.equal(relayed.out + tail, framed + lastChunk(fields));
      }),
      { numRuns: 500 },
    );
  });

  it('has the same payload in framed spans as without framing, and those are good framing', () => {
    const noise = fc.array(fc.constantFrom('5\r\nhello\r\n', '1;a=b\r\nx\r\n', '0\r\n', '\r\n', 'X: y\r\n', ';', '3'));
    fc.assert(
      fc.property(noise, cuts, (parts, at) => {
        const pieces = cutAt(parts.join(''), at);
        const plain = decode(pieces, false);
        const framed = decode(pieces, true);
        assert.deepEqual(framed.decoder.fault, plain.decoder.fault);
        assert.equal(framed.decoder.complete, plain.decoder.complete);
        const again = decode([bytes(framed.out)], false);
        assert.equal(again.decoder.fault, null);
        if (plain.decoder.fault === null) assert.equal(again.out, plain.out);
        if (plain.decoder.complete) assert.equal(again.decoder.complete, framed.decoder.terminated);
        assert.equal(decode([bytes(framed.out)], true).out, framed.out);
      }),
      { numRuns: 1000 },
    );
  });
});
