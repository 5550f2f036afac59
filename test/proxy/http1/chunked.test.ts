/** Chunked bodies: what is a body, what is let through, and what is held back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkDecoder } from '../../../src/proxy/data/http1/chunked.ts';
import { chunkEnd, chunkHead, lastChunk, trailerSection } from '../../../src/proxy/data/http1/encode.ts';
import { bytes } from './message-reader.ts';

interface Decoded {
  readonly out: string;
  /** Bytes taken of the input. */
  readonly taken: number;
  readonly decoder: ChunkDecoder;
  readonly spans: number;
}

function decode(text: string, options: { framed?: boolean; cut?: number } = {}): Decoded {
  const decoder = new ChunkDecoder();
  decoder.reset(options.framed);
  const buf = bytes(text);
  const step = options.cut ?? buf.length;
  let out = '';
  let taken = 0;
  let spans = 0;
  while (taken < buf.length && !decoder.complete) {
    const next = decoder.write(buf, taken, Math.min(buf.length, taken + step), {
      span(from, start, end) {
        assert.equal(from, buf);
        assert.ok(end > start);
        spans++;
        out += from.toString('latin1', start, end);
      },
    });
    if (next < 0) break;
    taken = next;
  }
  return { out, taken, decoder, spans };
}

function fault(text: string): string | undefined {
  const whole = decode(text).decoder.fault?.reason;
  for (const cut of [1, 2, 3]) assert.equal(decode(text, { cut }).decoder.fault?.reason, whole);
  return whole;
}

describe('a chunked body (RFC 9112 §7.1)', () => {
  it('gives its payload and ends where it ends', () => {
    for (const cut of [1, 2, 3, 4, 5, 100]) {
      const { out, taken, decoder } = decode('5\r\nhello\r\n00A\r\n, chunked!\r\n0\r\n\r\nGET /', { cut });
      assert.equal(out, 'hello, chunked!');
      assert.equal(taken, 32);
      assert.equal(decoder.complete, true);
      assert.equal(decoder.payloadBytes, 15);
    }
  });

  it('may be empty', () => {
    assert.deepEqual([decode('0\r\n\r\n').decoder.complete, decode('000\r\n\r\n').decoder.complete], [true, true]);
  });

  it('is incomplete until its last byte', () => {
    const text = '5\r\nhello\r\n0\r\nX: y\r\n\r\n';
    for (let end = 0; end < text.length; end++) {
      const { decoder } = decode(text.slice(0, end));
      assert.deepEqual([decoder.complete, decoder.fault], [false, null]);
    }
  });

  it('takes sizes up to 2^53 - 1, in up to 16 digits', () => {
    assert.equal(fault('1fffffffffffff\r\n'), undefined);
    assert.equal(fault('001FFFFFFFFFFFFF\r\n'), undefined);
    for (const size of ['20000000000000', 'ffffffffffffffff', '10000000000000005', '00000000000000005']) {
      assert.equal(fault(`${size}\r\nhello\r\n`), 'chunk', size);
    }
  });

  it('is refused when a size is not hexadecimal digits alone', () => {
    for (const size of ['', '0x5', '+5', '-5', '5_0', ' 5', '5 ', '\t5', '5\t', 'g', '5.', '5,', '\x005']) {
      assert.equal(fault(`${size}\r\nhello\r\n0\r\n\r\n`), 'chunk', JSON.stringify(size));
    }
  });

  it('is refused when a line end is not CRLF', () => {
    for (const text of [
      '5\nhello\r\n0\r\n\r\n',
      '5\rhello\r\n0\r\n\r\n',
      '5\r\nhello\n0\r\n\r\n',
      '5\r\nhello0\r\n\r\n',
      '5\rxhello\r\n0\r\n\r\n',
      '5;a\rxhello\r\n0\r\n\r\n',
      '5\r\nhellox\n0\r\n\r\n',
      '5\r\nhello\rx0\r\n\r\n',
      '5\r\nhello\r0\r\n\r\n',
      '5\r\nhello\r\n0\n\r\n',
      '5\r\nhello\r\n0\r\n\rX',
    ]) {
      assert.equal(fault(text), 'chunk', JSON.stringify(text));
    }
    assert.equal(fault('0\r\n\n'), 'trailer');
  });

  it('is refused with a status for the client', () => {
    assert.deepEqual(decode('x').decoder.fault, { status: 400, cause: 'bad_request', reason: 'chunk' });
  });
});

describe('chunk extensions (RFC 9112 §7.1.1)', () => {
  it('are dropped', () => {
    for (const extension of [';a', ';a=b', ';a=b;c', ';a="b;\\"\t\xe4";c="d"', ';!#$=1']) {
      for (const cut of [1, 2, 100]) {
        const text = `5${extension}\r\nhello\r\n0${extension}\r\n\r\n`;
        assert.equal(decode(text, { cut }).out, 'hello');
        assert.equal(decode(text, { cut, framed: true }).out, '5\r\nhello\r\n0\r\n\r\n');
      }
    }
  });

  it('are refused when they are malformed', () => {
    for (const extension of [
      ';',
      ';;a',
      ';=b',
      ';a=',
      ';a b',
      '; a',
      ' ;a',
      ';a=b=c',
      ';a="b',
      ';a="b"c',
      ';a="\x00"',
      ';a="\\\x00"',
      ';a=\x7f',
      ';\xe4',
      ';a\nb',
      ';a\rb',
      ';a="\r\n"',
    ]) {
      assert.equal(fault(`5${extension}\r\nhello\r\n0\r\n\r\n`), 'chunk', JSON.stringify(extension));
    }
  });

  it('are bounded one by one and in total', () => {
    assert.equal(fault(`5;${'a'.repeat(255)}\r\n`), undefined);
    assert.equal(fault(`5;${'a'.repeat(256)}\r\n`), 'chunk');
    assert.equal(fault('1;a=bcdef\r\nx\r\n'.repeat(512)), undefined);
    assert.equal(fault('1;a=bcdef\r\nx\r\n'.repeat(513)), 'chunk');
  });
});

describe('trailers (RFC 9110 §6.5)', () => {
  const trailersOf = (section: string, cut?: number): unknown =>
    decode(`0\r\n${section}\r\n`, cut === undefined ? {} : { cut }).decoder.trailers;

  it('are given in order, as sent', () => {
    for (const cut of [1, 2, 7, 100]) {
      assert.deepEqual(trailersOf('X-Sum: 1\r\nx-b:\t2 \r\nX-Sum: 3\r\n', cut), [
        ['X-Sum', '1'],
        ['x-b', '2'],
        ['X-Sum', '3'],
      ]);
    }
  });

  it('lose fields that a trailer may not carry', () => {
    const forbidden = ['Content-Length: 5', 'transfer-encoding: chunked', 'Host: b', 'Authorization: x', 'Cookie: x'];
    forbidden.push('X-Forwarded-For: x', 'Connection: x', 'Set-Cookie: x', 'content_length: 5', 'Content-Encoding: x');
    assert.deepEqual(trailersOf([...forbidden, 'X: 1', ''].join('\r\n')), [['X', '1']]);
  });

  it('are refused by the rules of field lines', () => {
    for (const line of ['X : 1', ' X: 1', ': 1', 'X', 'X: \x00', 'X: 1\r\n 2', 'X: 1\nY: 2', 'X: 1\rY: 2']) {
      assert.equal(fault(`0\r\n${line}\r\n\r\n`), 'trailer', JSON.stringify(line));
    }
  });

  it('are bounded', () => {
    assert.equal(fault(`0\r\n${'X: 1\r\n'.repeat(64)}\r\n`), undefined);
    assert.equal(fault(`0\r\n${'X: 1\r\n'.repeat(65)}\r\n`), 'headers_too_large');
    assert.equal(fault(`0\r\nX: ${'1'.repeat(5000)}\r\n\r\n`), 'headers_too_large');
    assert.equal(fault(`0\r\n${`X: ${'1'.repeat(1000)}\r\n`.repeat(9)}`), 'headers_too_large');
  });
});

describe('framed spans', () => {
  it('are the very bytes of a body without extensions and trailers, in one span a read', () => {
    const text = '5\r\nhello\r\nA\r\n, chunked!\r\n0\r\n\r\n';
    const whole = decode(`${text}GET /`, { framed: true });
    assert.deepEqual([whole.out, whole.spans, whole.taken], [text, 1, text.length]);
    assert.deepEqual([whole.decoder.terminated, whole.decoder.payloadBytes], [true, 15]);
    for (let cut = 1; cut < text.length; cut++) {
      const { out, spans, decoder } = decode(text, { framed: true, cut });
      assert.deepEqual([out, spans, decoder.terminated], [text, Math.ceil(text.length / cut), true]);
    }
  });

  it('end with the last size line when trailers follow, so that the caller writes those', () => {
    for (const cut of [1, 3, 100]) {
      const { out, decoder } = decode('1\r\nx\r\n0\r\nHost: b\r\nX: 1\r\n\r\n', { framed: true, cut });
      assert.deepEqual([out, decoder.terminated, decoder.complete], ['1\r\nx\r\n0\r\n', false, true]);
      assert.equal(out + trailerSection(decoder.trailers), '1\r\nx\r\n0\r\nX: 1\r\n\r\n');
    }
  });
});

describe('chunk framing', () => {
  it('is what the decoder reads', () => {
    const trailers = [['X', '1']] as const;
    const text = `${chunkHead(26)}${'a'.repeat(26)}${chunkEnd}${lastChunk(trailers)}`;
    assert.equal(text, `1a\r\n${'a'.repeat(26)}\r\n0\r\nX: 1\r\n\r\n`);
    const { out, decoder } = decode(text);
    assert.deepEqual([out, decoder.trailers], ['a'.repeat(26), [['X', '1']]]);
    assert.equal(lastChunk([]), '0\r\n\r\n');
  });
});

describe('a chunk decoder', () => {
  it('begins anew after reset', () => {
    const decoder = new ChunkDecoder();
    const sink = { span(): void {} };
    decoder.write(bytes('5;aa\r\nhel'), 0, 9, sink);
    decoder.reset();
    assert.equal(decoder.write(bytes('zz'), 0, 2, sink), -1);
    decoder.reset();
    assert.equal(decoder.write(bytes('1\r\nx\r\n0\r\nX: y\r\n\r\n'), 0, 17, sink), 17);
    decoder.reset();
    assert.deepEqual([decoder.complete, decoder.fault, decoder.trailers, decoder.payloadBytes], [false, null, [], 0]);
  });
});
