/** Colour is for people at a terminal, unless the environment says otherwise. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { wantsColour } from '../../src/cli/streams.ts';

const cases: readonly (readonly [string, Record<string, string>, terminal: boolean, wanted: boolean])[] = [
  ['a terminal gets colour', { TERM: 'xterm' }, true, true],
  ['a pipe gets none', { TERM: 'xterm' }, false, false],
  ['NO_COLOR takes it from a terminal', { NO_COLOR: '1' }, true, false],
  ['an empty NO_COLOR says nothing', { NO_COLOR: '' }, true, true],
  ['a dumb terminal gets none', { TERM: 'dumb' }, true, false],
  ['FORCE_COLOR gives it to a pipe', { FORCE_COLOR: '1' }, false, true],
  ['FORCE_COLOR wins over NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  ['FORCE_COLOR=0 takes it from a terminal', { FORCE_COLOR: '0' }, true, false],
];

for (const [title, environment, terminal, wanted] of cases) {
  test(title, () => assert.equal(wantsColour(environment, terminal), wanted));
}
