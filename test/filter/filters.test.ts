/** What filters mean: words, comparisons, units, precedence, and what is said of one that cannot be read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { fields, fieldsOf, subjectWords, type SubjectKind } from '../../src/filter/fields.ts';
import { filterText } from '../../src/filter/filter.ts';
import { longestFilter, parseFilter } from '../../src/filter/parse.ts';
import { underline } from '../../src/filter/problem.ts';
import { filterExamples } from '../../scripts/filter-pages.ts';
import { filterOf, holds, problemOf, type Thing } from './filter-scene.ts';

const request: Thing = {
  name: 'GET api.example.com /Users/7 backend',
  method: 'GET',
  path: '/Users/7',
  client: '10.1.2.3',
  upstream: 'backend',
  route: 'users',
  status: 503,
  cause: 'timeout',
  p99: 812,
  duration: 812,
  out: 5_000_000,
  attempts: 2,
};

const held: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['status=5xx and p99>500ms', true],
  ['status=5xx p99>500ms', true],
  ['status=5XX && p99 > 0.5s', true],
  ['status=4xx || status=503', true],
  ['status!=5xx', false],
  ['status>=500 status<504', true],
  ['p99>812', false],
  ['p99>=812', true],
  ['duration>1s', false],
  ['out=5mb', true],
  ['out>4 mb', true],
  ['out>4.8 MiB', false],
  ['attempts=2', true],
  ['method=get', true],
  ['method=GeT', false],
  ['path=/users/7', true],
  ['path=/users', false],
  ['path=/USERS/7', false],
  ['path~/users', true],
  ['path~^/Users/\\d+$', true],
  ['path ~ "^/users/\\d+$"', true],
  ['path!~^/users', false],
  ['path~^/(Users|teams)/ users', true],
  ['users', true],
  ['Users', true],
  ['USERS', false],
  ['"get api"', true],
  ['~^get.*backend$', true],
  ['!~^get', false],
  ['!users', false],
  ['!(status=5xx and client=10.1.2.3)', false],
  ['status=200 and status=200 or users', true],
  ['users or status=200 and status=200', true],
  ['nothing users or backend', true],
  ['nothing (users or backend)', false],
  ['!!users', true],
  ['UPSTREAM=backend AND users', true],
  ['"or"', false],
  ['order or users', true],
];

test('a filter matches what it says, and nothing else', () => {
  for (const [text, expected] of held) assert.equal(holds(text, request), expected, text);
});

test('no comparison holds of what a thing does not have, and "!" turns even that around', () => {
  const bare: Thing = { name: 'x', target: '' };
  for (const text of [
    'upstream=api',
    'upstream!=api',
    'upstream~.',
    'upstream!~.',
    'target!=x',
    'p99<1h',
    'status!=5xx',
  ]) {
    assert.equal(holds(text, bare), false, text);
    assert.equal(holds(`!${text}`, bare), true, `!${text}`);
  }
});

test('of several values one that matches is enough, and none may where it is negated', () => {
  const route: Thing = { name: 'r', upstream: ['api', 'fallback'] };
  assert.equal(holds('upstream=fallback', route, 'routes'), true);
  assert.equal(holds('upstream~^fall', route, 'routes'), true);
  assert.equal(holds('upstream!=api', route, 'routes'), false);
  assert.equal(holds('upstream!=web', route, 'routes'), true);
  assert.equal(holds('upstream!=web', { name: 'r', upstream: [] }, 'routes'), false);
});

test('percentages are ratios, with and without their sign', () => {
  for (const text of ['err>1%', 'err>1', 'err > 1 %', 'err=7%', 'rps>=100rps', 'since>1m', 'since<1d']) {
    assert.equal(holds(text, { name: 't', err: 0.07, rps: 100, since: 61_000 }, 'targets'), true, text);
  }
});

/** The filter, the span that is underlined, and a part of what is said. */
const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['p99>fast', 'fast', /a time such as 500ms/],
  ['p99>5mb', '5mb', /a time such as 500ms/],
  ['age>30', '30', /a time such as 500ms, 30s or 5m/],
  ['status=5', '5', /a status such as 503/],
  ['status>5xx', '5xx', /use 500/],
  ['upsteam=x', 'upsteam', /did you mean upstream\?/],
  ['zzz=x', 'zzz', /there is no field "zzz"; finished requests have id /],
  ['err>1%', 'err', /finished requests have no err; use status=5xx/],
  ['rps>1', 'rps', /finished requests have no rps; they have /],
  ['path>3', '>', /path is text/],
  ['p99~5', '~', /p99 is a number/],
  ['path=', '', /the filter ends/],
  ['path==x', '=x', /quoted/],
  ['(a', '(', /closes this/],
  ['a)', ')', /before this/],
  ['a and', '', /the filter ends/],
  ['or b', 'or', /both sides/],
  ['a || || b', '||', /both sides/],
  ['()', ')', /a word, or a field/],
  ['not x', 'not', /"!"/],
  ['"abc', '"abc', /quote that closes/],
  ['~', '', /regular expression/],
  ['x ~a(', '(', /not closed/],
  ['path~(?=a)', '(?=a)', /looking around/],
  ['path~(a)\\1', '\\1', /back references/],
  ['/a?b=c', '=', /quotes around/],
];

test('what cannot be read is underlined where it is wrong, with what would be right', () => {
  for (const [text, span, words] of wrong) {
    const problem = problemOf(text);
    const got = text.slice(problem.from, problem.to);
    assert.ok(got === span || (span !== '' && got.startsWith(span.charAt(0))), `${text}: underlines ${got}`);
    assert.match(problem.words, words, text);
    assert.equal(problem.got, got);
  }
  assert.equal(underline('a and p99>fast', problemOf('a and p99>fast')).split('\n')[1]?.indexOf('^'), 2 + 10);
});

test('what is underlined shows no control characters, and marks what is missing at the end', () => {
  const text = 'a\u001b[31m\tand';
  const [line, marks] = underline(text, problemOf(text)).split('\n');
  assert.equal(line, '  a\uFFFD[31m and');
  assert.equal(marks?.indexOf('^'), 2 + text.length);
});

test('a filter that is too long or too deep is refused, whatever it holds', () => {
  assert.match(problemOf('x'.repeat(longestFilter + 1)).words, /at most 1024 characters/);
  assert.match(problemOf('('.repeat(40)).words, /at most 32 parentheses/);
  assert.match(problemOf(`${'!'.repeat(40)}x`).words, /at most 32 "!"/);
  assert.match(problemOf('~((((x{99}){99}){99}){99})').words, /too much/);
  assert.match(problemOf('~x{10000}').words, /too much/);
  assert.match(problemOf('~x{1,99999999}').words, /too much/);
  assert.match(problemOf('~(((((){99}){99}){99}){99})').words, /too much/);
});

test('every kind of thing has its fields, all of them known, and refuses all others by name', () => {
  for (const kind of Object.keys(subjectWords) as SubjectKind[]) {
    for (const [field, { type }] of Object.entries(fields)) {
      const value = { text: 'x', ratio: '1%', time: '1s', size: '1kb', rate: '1rps', count: '1', status: '200' }[type];
      const parsed = parseFilter(`${field}=${value}`, kind);
      assert.equal(parsed.ok, fieldsOf(kind).includes(field as keyof typeof fields), `${kind} ${field}`);
    }
    for (const field of fieldsOf(kind)) assert.ok(Object.hasOwn(fields, field), field);
  }
});

test('an expression that would take others for ever takes no time', () => {
  const long = `${'a'.repeat(5000)}!`;
  for (const text of ['~(a+)+$', '~(a|a)*$', '~a*a*a*a*a*a*b', '~(.*)*(.*)*x$']) {
    assert.equal(holds(text, { name: long }), false, text);
  }
});

test('a filter works in another thread', async () => {
  const filter = filterOf('status=5xx path~^/api !(client=10.0.0.1)');
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { matches } = await import(workerData.module);
    parentPort.postMessage(matches(workerData.filter, { name: '', value: (f) => ({ status: 502, path: '/api/x', client: '10.0.0.2' })[f] }));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { filter, module: new URL('../../src/filter/match.ts', import.meta.url).href },
  });
  const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  assert.equal(answer, true);
  assert.equal(filterText(filter), 'status=5xx and path~"^/api" and !client="10.0.0.1"');
});

test('every example of the page is read', () => {
  for (const [kind, text] of filterExamples) assert.ok(filterText(filterOf(text, kind)) !== '', text);
});
