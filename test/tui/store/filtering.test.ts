import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { levelOf } from '../../../src/tui/store/step.ts';
import { degradedUpstreams, readingNews, sampleState } from '../sample-state.ts';
import { lettersOf, pasteOf, pressed } from './pressing.ts';

function begun(): State {
  return sampleState([readingNews({ upstreams: degradedUpstreams() })]);
}

function input(state: State) {
  assert.equal(state.overlay?.kind, 'filter');
  return state.overlay as Extract<State['overlay'], { kind: 'filter' }>;
}

test('a filter is in force while it is typed', () => {
  const all = rowsOf(begun()).rows.length;
  const { state } = pressed(begun(), '/', ...lettersOf('10.1.1.12'));
  assert.ok(rowsOf(state).rows.length < all);
  assert.equal(levelOf(state).filter.text, '10.1.1.12');
});

test('what does not read leaves the last good filter in force, and says where and what', () => {
  const good = pressed(begun(), '/', ...lettersOf('upstream=api-backend')).state;
  const { state } = pressed(good, ...lettersOf(' err>'));
  assert.deepEqual(levelOf(state).filter.text, 'upstream=api-backend err'.trim());
  const { problem, text } = input(state);
  assert.ok(problem !== null);
  assert.match(problem.words, /expected/);
  assert.ok(problem.start >= 0 && problem.start <= text.length && problem.end >= problem.start);
});

test('a field that the view does not have is named, with what to use', () => {
  const { problem, text } = input(pressed(begun(), '/', ...lettersOf('status=5xx')).state);
  assert.equal(text.slice(problem?.start, problem?.end), 'status');
  assert.match(problem?.words ?? '', /err/);
});

test('Enter keeps what reads, and leaves open what does not', () => {
  const wrong = pressed(begun(), '/', ...lettersOf('(api'), 'enter').state;
  assert.ok(input(wrong).problem !== null);
  const right = pressed(wrong, ')', 'enter').state;
  assert.equal(right.overlay, null);
  assert.equal(levelOf(right).filter.text, '(api)');
});

test('Esc takes back what was typed since the input was opened', () => {
  const kept = pressed(begun(), '/', ...lettersOf('api'), 'enter').state;
  const { state } = pressed(kept, '/', ...lettersOf(' err>1%'), 'escape');
  assert.equal(levelOf(state).filter.text, 'api');
  assert.equal(state.overlay, null);
});

test('n clears the filter, and says so where there is none', () => {
  const kept = pressed(begun(), '/', ...lettersOf('api'), 'enter').state;
  assert.equal(levelOf(pressed(kept, 'n').state).filter.text, '');
  assert.match(pressed(begun(), 'n').state.notice?.words ?? '', /no filter/);
});

test('filters that were used come back with the arrow, for each view its own', () => {
  const used = pressed(begun(), '/', ...lettersOf('api'), 'enter', 'n', '/', ...lettersOf('web'), 'enter', 'n').state;
  const recalled = pressed(used, '/', ...lettersOf('x'), 'up', 'up').state;
  assert.equal(input(recalled).text, 'api');
  assert.equal(levelOf(recalled).filter.text, 'api');
  assert.equal(input(pressed(recalled, 'down').state).text, 'web');
  assert.equal(input(pressed(recalled, 'down', 'down').state).text, 'x');
  assert.equal(input(pressed(used, '2', '/', 'up').state).text, '');
});

test('the line is edited as lines are: in the middle, by words, with characters of several units', () => {
  const { state } = pressed(
    begun(),
    '/',
    ...lettersOf('ac'),
    'left',
    'b',
    'home',
    'delete',
    'end',
    { key: '👩‍🚒', text: '👩‍🚒' },
    'backspace',
  );
  assert.equal(input(state).text, 'bc');
  assert.equal(input(pressed(state, 'space', ...lettersOf('de fg'), 'ctrl-w', 'ctrl-w').state).text, 'bc ');
  assert.equal(input(pressed(state, 'ctrl-u').state).text, '');
});

test('a paste of lines is one line, without what would steer the terminal', () => {
  const { text } = input(pressed(begun(), '/', pasteOf('api\r\nor\u001b[2J web\u202e')).state);
  assert.equal(text, 'api or[2J web');
});

test('a filter that is too long stays as it is', () => {
  const { text } = input(pressed(begun(), '/', pasteOf('x'.repeat(5000))).state);
  assert.ok(text.length <= 1024);
});

test('certificates are filtered by their names alone', () => {
  const certs = pressed(begun(), '6', '/', ...lettersOf('https')).state;
  assert.equal(input(certs).problem, null);
  assert.equal(rowsOf(certs).rows.length, 1);
  assert.match(input(pressed(certs, ...lettersOf(' err>1%')).state).problem?.words ?? '', /names/);
});
