/**
 * Makes HTTP/1.1 requests and responses, good and bad, from a seed: the same seed gives the same bytes. A message is
 * good but for at most two places, so that each rule gets its turn, and now and then single bytes are changed besides.
 */

/** A stream of random choices that depends on its seed alone (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, limit). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }
}

interface Part {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const method: Part = {
  good: ['GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'QUERY'],
  bad: ['CONNECT', 'get', 'GETS', 'FOO', 'G', 'X-Y', 'PRI', '', ' GET', 'G\tT', 'GET\x00', 'G@T', '\xc9', 'DESCRIBE'],
};

const target: Part = {
  good: ['/', '/', '/a/b', '/a?b=c', '/?', '//evil/x', '/%2e%2e/x', '/a|b{c}"d', 'http://b.example:81/p?q', 'HTTP://B'],
  bad: [
    '*',
    '',
    'a',
    'a:80',
    '@evil',
    '?x',
    'http:/c',
    'http://',
    'http:///x',
    'http://u@b/',
    'http://b:x/',
    'https://[::1]:1/',
    'ftp://b/',
    'ws://b/',
    '/a b',
    '/a\tb',
    '/a\x00b',
    '/a\x7f',
    '/\xe4',
    '/a#b',
    '/a\rb',
    '/a\nb',
    '/a\\b',
  ],
};

const version: Part = {
  good: ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'],
  bad: [
    'HTTP/2.0',
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/1',
    'HTTP/1.10',
    'http/1.1',
    'HTTP/1.1 ',
    ' HTTP/1.1',
    'RTSP/1.0',
    '',
    'ICE/1.0',
    'HTTP/1,1',
  ],
};

const host: Part = {
  good: ['Host: a', 'Host: example.com:8080', 'host:127.0.0.1', 'HOST: \t[::1]:80 ', 'Host: A-b.C', 'Host: a:'],
  bad: [
    '',
    'Host: a\r\nHost: a',
    'Host: a\r\nHost: b',
    'Host:',
    'Host: a b',
    'Host: a,b',
    'Host: a/b',
    'Host: u@a',
    'Host: a:b',
    'Host: [::1',
    'Host: \xe4',
    'Host : a',
    'Host: a:99999',
    'Host: a%41',
  ],
};

const field: Part = {
  good: [
    'X-A: 1',
    'x-a:2',
    'Accept: */*',
    'User-Agent: x (y) z',
    'Empty:',
    'Cookie: a=b; c=d',
    'X-Obs: \xe4\xff',
    'X-Tab: a\tb',
    'my_field: 1',
    "!#$%&'*+-.^_`|~: 1",
    'TE: trailers',
    'Upgrade: websocket',
    'Keep-Alive: timeout=5',
  ],
  bad: [
    'X : 1',
    'X\t: 1',
    ': 1',
    'X',
    ' X: 1',
    '\tX: 1',
    'X: 1\r\n 2',
    'X: 1\r\n\t2',
    'X: \x00',
    'X: a\x01b',
    'X: \x7f',
    'X: a\nY: b',
    'X: a\rY: b',
    'X{}: 1',
    'X\xe4: 1',
    '"X": 1',
    'Content_Length: 5',
    'transfer_encoding: chunked',
    'X_Forwarded_For: 1',
    '(X): 1',
    'X@: 1',
    'X\x00: 1',
    'X: 1\r\n ',
    'X: a\x0bb',
  ],
};

const connection: Part = {
  good: [
    '',
    '',
    '',
    'Connection: keep-alive',
    'Connection: close',
    'Connection: Close, X-A',
    'Connection: ,te,',
    'Connection: Upgrade, keep-alive',
  ],
  bad: [
    'Connection: a b',
    'Connection: "close"',
    'Connection: closed',
    'Connection: close close',
    'Connection: keep-alive, close',
    'Connection: close\r\nConnection: keep-alive',
    'Proxy-Connection: close',
    'Connection:',
    'Connection: clo\tse',
    'Connection: close;x',
  ],
};

const expectation: Part = {
  good: ['', '', '', 'Expect: 100-continue', 'Expect: 100-Continue'],
  bad: [
    'Expect: x',
    'Expect:',
    'Expect: 100-continue, x',
    'Expect: 100-continue\r\nExpect: 100-continue',
    'Expect: y 100-continue',
  ],
};

/** `~` stands for the length of the body. */
const lengthFraming: Part = {
  good: ['Content-Length: ~', 'content-length:\t~ ', 'Content-Length: 00~'],
  bad: [
    'Content-Length: ~\r\nContent-Length: ~',
    'Content-Length: ~\r\nContent-Length: 1',
    'Content-Length: ~, ~',
    'Content-Length: ~\t',
    'Content-Length: ~ \t ',
    'Content-Length: +~',
    'Content-Length: -~',
    'Content-Length: 0x~',
    'Content-Length:',
    'Content-Length: ~ 1',
    'Content-Length: ~.0',
    'Content-Length: 1_0',
    'Content-Length: 9007199254740992',
    'Content-Length: 18446744073709551621',
    'Content-Length: x',
    'Content-Length : ~',
    'Content-Length: ~\r\nTransfer-Encoding: chunked',
    'Content-Length: ~\r\nTransfer-Encoding:',
    'Content-Length: ~\r\nTransfer-Encoding: x',
    'Transfer-Encoding: gzip\r\nContent-Length: ~',
    'Content-Length: \x0b~',
    'Content-Length: ~;',
    'Content-Length: ~\r\n 1',
  ],
};

const chunkedFraming: Part = {
  good: ['Transfer-Encoding: chunked', 'transfer-encoding:\tChunked '],
  bad: [
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: chunked\t',
    'Transfer-Encoding: chunked \t ',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, gzip',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunkedx',
    'Transfer-Encoding: x chunked',
    'Transfer-Encoding: chunked x',
    'Transfer-Encoding: chun ked',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding: chunked,',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding:',
    'Transfer-Encoding:',
    'Transfer-Encoding : chunked',
    ' Transfer-Encoding: chunked',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: chunked\x00',
    'Transfer-Encoding: chunked\xa0',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Transfer_Encoding: chunked',
  ],
};

const length: Part = { good: ['', 'a', 'hello', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'], bad: ['\x00\xff\r\n\r\n'] };

const chunk: Part = {
  good: [
    '5\r\nhello\r\n',
    '1\r\na\r\n',
    '00A\r\n0123456789\r\n',
    'c\r\nGET / HTTP/1\r\n',
    '2\r\n\r\n\r\n',
    '1;a=b\r\nx\r\n',
    '1;a;b="c;d\\""\r\nx\r\n',
  ],
  bad: [
    '5\nhello\r\n',
    '5\r\nhello\n',
    '5\rxhello\r\n',
    '5;a\rxhello\r\n',
    '5\r\nhellox\n',
    '5\r\nhello\rx',
    '5\r\nhello',
    '5\r\nhelloo\r\n',
    '5\r\nhell\r\n',
    '0x5\r\nhello\r\n',
    '+5\r\nhello\r\n',
    '-5\r\nhello\r\n',
    ' 5\r\nhello\r\n',
    '5 \r\nhello\r\n',
    '5\t\r\nhello\r\n',
    '5 ;a\r\nhello\r\n',
    '5; a\r\nhello\r\n',
    '5;a =b\r\nhello\r\n',
    '5;a= b\r\nhello\r\n',
    '5;a=b \r\nhello\r\n',
    '5;\r\nhello\r\n',
    '5;;a\r\nhello\r\n',
    '5;=b\r\nhello\r\n',
    '5;a=\r\nhello\r\n',
    '5;a=b=c\r\nhello\r\n',
    '5;a="b\r\nhello\r\n',
    '5;a="b"c\r\nhello\r\n',
    '5;a="\x00"\r\nhello\r\n',
    '5;a="\x01"\r\nhello\r\n',
    '5;a="\\\x01"\r\nhello\r\n',
    '5;a\x00\r\nhello\r\n',
    '5;a\nb\r\nhello\r\n',
    '5;a\rb\r\nhello\r\n',
    '5;\xe4\r\nhello\r\n',
    '5;a="\xe4\t"\r\nhello\r\n',
    '5,a\r\nhello\r\n',
    '\r\nhello\r\n',
    'g\r\nhello\r\n',
    '5_0\r\nhello\r\n',
    'ffffffffffffffffff\r\nhello\r\n',
    '10000000000000005\r\nhello\r\n',
    '20000000000000\r\nhello\r\n',
    '00000000000000000005\r\nhello\r\n',
    `5;${'a'.repeat(300)}\r\nhello\r\n`,
    '1;aaaaaaaa\r\nx\r\n'.repeat(460),
  ],
};

const lastChunk: Part = {
  good: [
    '0\r\n\r\n',
    '0\r\n\r\n',
    '000\r\n\r\n',
    '0;a=b\r\n\r\n',
    '0\r\nX-Sum: 1\r\n\r\n',
    '0\r\nX-Sum: 1\r\nhost: evil\r\nX-B:\t2 \r\n\r\n',
  ],
  bad: [
    '0\n\r\n',
    '0\r\n\n',
    '0\rx\r\n',
    '0\r\nX: 1\rx\r\n',
    '0\r\nX: 1\r\n\rx',
    '0\r\nX: 1\n\r\n',
    '0\r\nX : 1\r\n\r\n',
    '0\r\n X: 1\r\n\r\n',
    '0\r\nX: 1\r\n 2\r\n\r\n',
    '0\r\nX\r\n\r\n',
    '0\r\n: 1\r\n\r\n',
    '0\r\nX: \x00\r\n\r\n',
    '0\r\nX: \x01\r\n\r\n',
    '0\r\nX: a\rb\r\n\r\n',
    '0\r\n\rX',
    '0\r\nContent-Length: 5\r\n\r\n',
    '0\r\nTransfer-Encoding: chunked\r\n\r\n',
    '0\r\nContent-Length: x\r\n\r\n',
    '0\r\nConnection: close\r\nX: 1\r\n\r\n',
    `0\r\n${'X: 1\r\n'.repeat(65)}\r\n`,
    '0\r\n',
    '0\r\nX: 1\r\n',
    '0 \r\n\r\n',
  ],
};

const statusLine: Part = {
  good: [
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 404 Not \xe4\tFound',
    'HTTP/1.1 599 ',
    'HTTP/1.1 200',
    'HTTP/1.1 204 No Content',
    'HTTP/1.1 304 Not Modified',
  ],
  bad: [
    'HTTP/1.1 99 X',
    'HTTP/1.1 000 X',
    'HTTP/1.1 600 X',
    'HTTP/1.1 999 X',
    'HTTP/1.1 1000 X',
    'HTTP/1.1 2x0 X',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1 200OK',
    'HTTP/1.1 200 O\x00K',
    'HTTP/1.1 200 O\x01K',
    'HTTP/1.1 200 O\x7fK',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 O\nK',
    'HTTP/1.1 200  OK',
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
    'ICY 200 OK',
    'RTSP/1.0 200 OK',
    'SSH-2.0-OpenSSH_9.2',
    '<html>',
    '',
    ' HTTP/1.1 200 OK',
    '\r\nHTTP/1.1 200 OK',
    'HTTP/1.1 ',
    'HTTP/1.1 101 Switching',
  ],
};

const interims = [
  'HTTP/1.0 102 Processing\r\n\r\n',
  'HTTP/1.1 102 Processing\r\nConnection: close\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
  'HTTP/1.1 102 \r\n\r\n',
];
const lineEnds = ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n'];
const oddBytes = [
  '\x00',
  '\t',
  '\n',
  '\r',
  '\r\n',
  ' ',
  ':',
  ';',
  '"',
  ',',
  '\x0b',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  'a',
  '\\',
];

type Place = 'line' | 'host' | 'framing' | 'field' | 'connection' | 'expect' | 'body' | 'end';
const requestPlaces: readonly Place[] = [
  'line',
  'line',
  'host',
  'framing',
  'framing',
  'field',
  'connection',
  'expect',
  'body',
  'body',
  'end',
];
const responsePlaces: readonly Place[] = [
  'line',
  'line',
  'framing',
  'framing',
  'field',
  'connection',
  'body',
  'body',
  'end',
];

/** One or more requests. */
export function makeRequests(dice: Dice): string {
  let text = '';
  do {
    const bad = badPlaces(dice, requestPlaces);
    const [length, body] = makeBody(dice, bad);
    const badWord = bad.has('line') ? dice.below(3) : -1;
    const line = [method, target, version].map((part, i) => choose(dice, part, badWord === i)).join(' ');
    const lines = [choose(dice, host, bad.has('host')), ...length, ...makeFields(dice, bad)];
    if (body !== '' || bad.has('expect')) lines.push(choose(dice, expectation, bad.has('expect')));
    text += `${dice.once(12) ? dice.pick(['\r\n', '\r\n', '\r\n\r\n', '\n']) : ''}${joined(dice, [line, ...lines], bad)}${body}`;
  } while (dice.once(3));
  return finished(dice, text);
}

/** One response, maybe after interim ones, and the method that it answers. */
export function makeResponse(dice: Dice): { method: string; text: string } {
  const bad = badPlaces(dice, responsePlaces);
  const [length, body] = makeBody(dice, bad);
  const lines = [choose(dice, statusLine, bad.has('line')), ...length, ...makeFields(dice, bad)];
  const text = `${dice.once(6) ? dice.pick(interims) : ''}${joined(dice, lines, bad)}${body}`;
  return { method: dice.once(8) ? 'HEAD' : 'GET', text: finished(dice, text) };
}

/** Changes a few bytes of `text`. */
export function mutate(dice: Dice, text: string): string {
  let changed = text;
  do {
    const at = dice.below(changed.length + 1);
    const to = at + dice.below(3);
    const put = dice.once(3) ? '' : dice.once(8) ? changed.slice(at, at + dice.below(40)) : dice.pick(oddBytes);
    changed = changed.slice(0, at) + put + changed.slice(to);
  } while (dice.once(3));
  return changed;
}

function finished(dice: Dice, text: string): string {
  if (dice.once(6)) return mutate(dice, text);
  return dice.once(10) ? text.slice(0, dice.below(text.length)) : text;
}

function badPlaces(dice: Dice, places: readonly Place[]): Set<Place> {
  const bad = new Set<Place>();
  if (dice.once(2)) bad.add(dice.pick(places));
  if (dice.once(10)) bad.add(dice.pick(places));
  return bad;
}

function choose(dice: Dice, part: Part, bad: boolean): string {
  return dice.pick(bad ? part.bad : part.good);
}

/** The fields that frame a body, and the body. */
function makeBody(dice: Dice, bad: Set<Place>): [string[], string] {
  const kind = bad.has('body') || bad.has('framing') ? dice.below(3) + 1 : dice.below(4);
  if (kind === 0) return [[], ''];
  if (kind === 1) {
    const body = choose(dice, length, bad.has('body'));
    return [[choose(dice, lengthFraming, bad.has('framing')).replaceAll('~', String(body.length))], body];
  }
  let body = '';
  const badAt = bad.has('body') ? dice.below(2) : -1;
  if (badAt === 0) body += choose(dice, chunk, true);
  while (dice.once(2)) body += choose(dice, chunk, false);
  return [[choose(dice, chunkedFraming, bad.has('framing'))], body + choose(dice, lastChunk, badAt === 1)];
}

function makeFields(dice: Dice, bad: Set<Place>): string[] {
  const lines = [choose(dice, connection, bad.has('connection'))];
  while (dice.once(2)) lines.push(choose(dice, field, false));
  if (bad.has('field')) lines.push(choose(dice, field, true));
  return lines;
}

/** The head: lines with their ends, shuffled but for the first. */
function joined(dice: Dice, lines: readonly string[], bad: Set<Place>): string {
  const fields = lines.slice(1).filter((line) => line !== '');
  for (let i = fields.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [fields[i], fields[j]] = [fields[j]!, fields[i]!];
  }
  const all = [lines[0]!, ...fields, ''];
  const badEnd = bad.has('end') ? dice.below(all.length) : -1;
  return all.map((line, i) => line + (i === badEnd ? dice.pick(lineEnds) : '\r\n')).join('');
}
