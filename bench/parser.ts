/**
 * What reading a head costs: prints nanoseconds a message for the heads that a load generator and a browser send and for
 * usual responses, end of head found and parsed. For people who change the parsers; asserts nothing.
 */
import { ChunkDecoder } from '../src/proxy/data/http1/chunked.ts';
import { findHeadEnd, type HeadLimits } from '../src/proxy/data/http1/head.ts';
import { RequestHead } from '../src/proxy/data/http1/request-head.ts';
import { ResponseHead } from '../src/proxy/data/http1/response-head.ts';

const limits: HeadLimits = {
  maxHeaderCount: 100,
  maxHeaderBytes: 16_384,
  maxHeaderNameBytes: 256,
  maxHeaderValueBytes: 8192,
  maxUriBytes: 8192,
};

const small = ['GET / HTTP/1.1', 'Host: 127.0.0.1:8080'];
const browser = [
  'GET /products/shoes?colour=red&size=42&page=3 HTTP/1.1',
  'Host: www.example.com',
  'Connection: keep-alive',
  'Cache-Control: max-age=0',
  'sec-ch-ua: "Chromium";v="136", "Google Chrome";v="136", "Not.A/Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'DNT: 1',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Referer: https://www.example.com/products?colour=red&page=2',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  `Cookie: session=${'0123456789abcdef'.repeat(8)}; theme=dark; consent=1`,
  'If-None-Match: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  'Priority: u=0, i',
];
const response = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.26.3',
  'Date: Sat, 01 Nov 2025 12:00:00 GMT',
  'Content-Type: text/html',
  'Content-Length: 615',
  'Last-Modified: Tue, 11 Apr 2023 01:45:34 GMT',
  'Connection: keep-alive',
  'ETag: "6434bbbe-267"',
  'Accept-Ranges: bytes',
];

const requestHead = new RequestHead();
const responseHead = new ResponseHead();
const decoder = new ChunkDecoder();
const sink = { span(): void {} };

function measureRequest(name: string, lines: readonly string[]): void {
  const buf = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  measure(`${name}, ${buf.length} bytes: end`, () => findHeadEnd(buf, 0, 0, limits) > 0);
  measure(`${name}, ${buf.length} bytes: end and parse`, () => {
    return requestHead.parse(buf, 0, findHeadEnd(buf, 0, 0, limits), limits) === null;
  });
}

function measureResponse(name: string, lines: readonly string[]): void {
  const buf = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  measure(`${name}, ${buf.length} bytes: end and parse`, () => {
    return responseHead.parse(buf, 0, findHeadEnd(buf, 0, 0, limits), limits, 'GET') === null;
  });
}

function measureChunks(name: string, size: number, count: number): void {
  const chunk = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  const buf = Buffer.from(`${chunk.repeat(count)}0\r\n\r\n`, 'latin1');
  measure(`${name}, ${buf.length} bytes: decode`, () => {
    decoder.reset(true);
    return decoder.write(buf, 0, buf.length, sink) === buf.length;
  });
}

/** Prints the best of several rounds. */
function measure(name: string, run: () => boolean): void {
  const rounds = 7;
  const times = 300_000;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    for (let i = 0; i < times; i++) if (!run()) throw new Error(`${name} was refused`);
    best = Math.min(best, performance.now() - begin);
  }
  console.log(`${((best * 1e6) / times).toFixed(0).padStart(6)} ns  ${name}`);
}

measureRequest('small request', small);
measureRequest('browser request', browser);
measureResponse('response', response);
measureChunks('one chunk', 4096, 1);
measureChunks('16 chunks', 1024, 16);
