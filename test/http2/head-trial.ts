/**
 * Field lists of HTTP/2 put to the code that writes them as HTTP/1.1 text, held against a list of what RFC 9113 §8 forbids:
 * what comes out is what went in, line by line, and what must not pass does not. Shared by a quick test and the fuzz target.
 */
import { RequestHead } from '../../src/proxy/data/http1/request-head.ts';
import { ResponseHead } from '../../src/proxy/data/http1/response-head.ts';
import { requestText, responseText, trailersOf } from '../../src/proxy/data/http2/head-text.ts';
import { pick } from '../helpers/address-maker.ts';
import { config } from '../helpers/data-plane.ts';
import type { Dice } from '../helpers/dice.ts';

type Pair = readonly [name: string, value: string];

const { limits } = config({});
const pseudoNames = [':method', ':path', ':scheme', ':authority'];
const names = [
  ...['accept', 'x-a', 'x-b', 'cookie', 'cookie', 'host', 'te', 'content-length', 'expect', 'grpc-timeout', '~', 'x_a'],
  ...['constructor', '__proto__', 'sec-websocket-key', 'x-forwarded-for', 'forwarded', 'trailer'],
];
const badNames = [
  ...['', 'X-A', 'x a', 'x:a', 'a\r\nb', 'a\nb', 'a\0', '\xe9', ':status', ':path', ' x', 'x ', 'x\t'],
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'],
];
const values = ['', '1', 'a=b', 'trailers', 'localhost', '5', '100-continue', 'x y', 'v\xe9', 'a, b', '"', 'a:b'];
const badValues = ['a\r\nx: 1', 'a\n', '\rb', 'a\0b', ' a', 'a\t', '\r\n\r\nGET / HTTP/1.1', 'a\x01b', '\x7f'];
const paths = ['/', '/a?b=c', '/a//b/../c', '*', '/%2e', '/a%00'];
const badPaths = [
  '',
  'a',
  '/a b',
  '/a\r\nX: 1',
  'https://other/',
  '/\xe9',
  '/a#b',
  '//',
  '/ HTTP/1.1\r\nHost: x\r\n\r\n',
];

/** Strings of any bytes, for where lists know nothing. */
function noise(dice: Dice): string {
  return String.fromCharCode(...Array.from({ length: dice.roll(12) }, () => dice.roll(256)));
}

function field(dice: Dice): Pair {
  const name = dice.chance(94) ? pick(dice, names) : dice.chance(80) ? pick(dice, badNames) : noise(dice);
  const value = dice.chance(94) ? pick(dice, values) : dice.chance(80) ? pick(dice, badValues) : noise(dice);
  return [name, value];
}

function fields(dice: Dice): Pair[] {
  return Array.from({ length: dice.roll(7) }, () => field(dice));
}

function requestFields(dice: Dice): Pair[] {
  const method = pick(dice, ['GET', 'POST', 'OPTIONS', 'HEAD', 'CONNECT', dice.chance(80) ? 'PUT' : noise(dice)]);
  const pseudo: Pair[] = [
    [':method', method],
    [':scheme', dice.chance(95) ? pick(dice, ['https', 'http']) : pick(dice, ['', 'ftp', 'https\r\n', noise(dice)])],
    [
      ':authority',
      dice.chance(92) ? 'localhost' : pick(dice, ['', 'a b', 'u@h', 'h\r\nx: 1', 'other:80', noise(dice)]),
    ],
    [':path', dice.chance(92) ? pick(dice, paths) : dice.chance(80) ? pick(dice, badPaths) : noise(dice)],
  ];
  if (method === 'CONNECT' || dice.chance(2)) pseudo.push([':protocol', dice.chance(90) ? 'websocket' : noise(dice)]);
  const given = pseudo.filter(() => !dice.chance(3));
  if (dice.chance(3)) given.push([pick(dice, [...pseudoNames, ':status', ':x']), pick(dice, values)]);
  if (dice.chance(20)) given.reverse();
  const list = [...given, ...fields(dice)];
  if (dice.chance(3)) list.push([pick(dice, pseudoNames), '/']);
  return list;
}

const connectionNames = new Set(badNames.slice(-6));

/** Why RFC 9113 §8.2 forbids a field list behind its pseudo-fields; null = it does not. */
function forbidden(list: readonly Pair[]): string | null {
  for (const [name, value] of list) {
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return `the name ${JSON.stringify(name)}`;
    if (['\r', '\n', '\0'].some((one) => value.includes(one))) return `the value ${JSON.stringify(value)}`;
    if (value !== value.replace(/^[ \t]+|[ \t]+$/g, '')) return `white space around ${JSON.stringify(value)}`;
    if (connectionNames.has(name)) return name;
    if (name === 'te' && value !== 'trailers') return `te: ${value}`;
  }
  return null;
}

/** What the field lines must be: crumbs of cookies together where the first one stood, `host` as `authority` says. */
function expectedLines(list: readonly Pair[], authority: string | undefined): string[] {
  const crumbs = list.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const first = list.findIndex(([name]) => name === 'cookie');
  const lines = list.flatMap(([name, value], index) => {
    if (name === 'cookie') return index === first ? [`cookie: ${crumbs.join('; ')}`] : [];
    return name === 'host' && authority !== undefined ? [] : [`${name}: ${value}`];
  });
  return authority === undefined ? lines : [`host: ${authority}`, ...lines];
}

/** A cookie whose last crumb is empty ends with white space, which is not part of a value in HTTP/1.1. */
function same(read: readonly string[], lines: readonly string[]): boolean {
  const trimmed = (all: readonly string[]) => all.map((line) => line.trimEnd()).join('\n');
  return trimmed(read) === trimmed(lines);
}

const flat = (list: readonly Pair[]): string[] => list.flatMap(([name, value]) => [name, value]);
const shown = (list: readonly Pair[]): string => JSON.stringify(flat(list));

/** What is wrong with how one made request is written; null when nothing is. */
export function requestComplaint(dice: Dice): string | null {
  const list = requestFields(dice);
  const ended = dice.chance(50);
  const made = requestText(flat(list), ended);
  const behind = list.findIndex(([name]) => !name.startsWith(':'));
  const [pseudo, rest] = behind === -1 ? [list, []] : [list.slice(0, behind), list.slice(behind)];
  if (!('text' in made))
    return made.status >= 400 && made.status < 600 ? null : `${shown(list)} is status ${made.status}`;
  const why = forbidden(rest);
  if (why !== null) return `${why} passes in ${shown(list)}`;
  const given = new Map(pseudo);
  const unknown = pseudo.find(([name]) => ![...pseudoNames, ':protocol'].includes(name));
  if (given.size !== pseudo.length || unknown !== undefined) return `pseudo-fields pass in ${shown(list)}`;
  const own = given.get(':method') === 'CONNECT' ? 'GET' : given.get(':method');
  const lines = [`${own} ${given.get(':path')} HTTP/1.1`, ...expectedLines(rest, given.get(':authority'))];
  const plain = !ended && given.get(':protocol') === undefined;
  if (plain && !rest.some(([name]) => name === 'content-length')) lines.push('transfer-encoding: chunked');
  if (lines.some((line) => /[\r\n\0]/.test(line))) return `a line ends early in ${shown(list)}`;
  if (made.text !== `${lines.join('\r\n')}\r\n\r\n`) return `${shown(list)} is ${JSON.stringify(made.text)}`;
  if (made.protocol !== (given.get(':protocol') ?? '')) return `${shown(list)} asks for ${made.protocol}`;
  const head = new RequestHead();
  const bytes = Buffer.from(made.text, 'latin1');
  if (head.parse(bytes, 0, bytes.length, limits) !== null) return null;
  const read = Array.from({ length: head.count }, (_, at) => `${head.name(at)}: ${head.value(at)}`);
  if (!same(read, lines.slice(1))) return `${shown(list)} is read as ${read.join(' | ')}`;
  const target = head.form === 'asterisk' ? '*' : `${head.rawPath}${head.hasQuery ? `?${head.query}` : ''}`;
  if (target !== given.get(':path') || head.method !== own) return `${shown(list)} is read as ${head.method} ${target}`;
  const host = given.get(':authority') ?? rest.find(([name]) => name === 'host')?.[1];
  return head.authority === host ? null : `${shown(list)} is read as one for ${head.authority}`;
}

/** The same of a response. */
export function responseComplaint(dice: Dice): string | null {
  const status = dice.chance(90)
    ? pick(dice, ['200', '204', '103', '599'])
    : pick(dice, ['', '99', '600', '0200', noise(dice)]);
  const list: Pair[] = [...(dice.chance(97) ? [[':status', status] as const] : []), ...fields(dice)];
  if (dice.chance(3)) list.push([':status', '200']);
  const framing = pick(dice, ['', 'transfer-encoding: chunked\r\n']);
  const text = responseText(flat(list), framing);
  const good = list[0]?.[0] === ':status' && /^[1-5]\d\d$/.test(list[0][1]);
  const why = good ? forbidden(list.slice(1)) : 'the status';
  if (text === null) return why === null ? `${shown(list)} is refused` : null;
  if (why !== null) return `${why} passes in ${shown(list)}`;
  const lines = expectedLines(list.slice(1), undefined);
  const whole = `HTTP/1.1 ${list[0]?.[1]} \r\n${lines.map((line) => `${line}\r\n`).join('')}${framing}\r\n`;
  if (text !== whole) return `${shown(list)} is ${JSON.stringify(text)}`;
  const head = new ResponseHead();
  const bytes = Buffer.from(text, 'latin1');
  if (head.parse(bytes, 0, bytes.length, limits, 'GET') !== null) return null;
  const read = Array.from({ length: head.count }, (_, at) => `${head.name(at)}: ${head.value(at)}`);
  const framed = framing === '' ? lines : [...lines, framing.trimEnd()];
  return same(read, framed) ? null : `${shown(list)} is read as ${read.join(' | ')}`;
}

/** The same of trailers: those that pass stood there, in their order. */
export function trailerComplaint(dice: Dice): string | null {
  const list = fields(dice);
  const passed = trailersOf(flat(list));
  const why = forbidden(list);
  if (passed === null) return null;
  if (why !== null) return `${why} passes in the trailers ${shown(list)}`;
  const lines = expectedLines(list, undefined);
  let at = 0;
  for (const [name, value] of passed) {
    const found = lines.indexOf(`${name}: ${value}`, at);
    if (found === -1) return `${name}: ${value} is not in the trailers ${shown(list)}`;
    if (/^(content-length|host|te|cookie|expect|trailer|x-forwarded-for|forwarded)$/.test(name)) {
      return `${name} passes in the trailers ${shown(list)}`;
    }
    at = found + 1;
  }
  return null;
}
