/**
 * Fuzz target of filters, which operators and programs write: trees of all they can say in many spellings, held against what
 * the tree means; expressions against JavaScript's; damaged text is read as what it writes out again, or has a problem in it.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Filter, filterText } from '../../src/filter/filter.ts';
import { matches } from '../../src/filter/match.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { compilePattern, PatternFault } from '../../src/filter/pattern.ts';
import { findsPattern } from '../../src/filter/pattern-run.ts';
import { damaged, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

/** A request as far as filters look at it here. */
interface Subject {
  readonly name: string;
  readonly status: number | undefined;
  readonly p99: number | undefined;
  readonly method: string | undefined;
  readonly path: string;
}

/** What was written, what it means, and whether it has to stand in brackets beside others. */
interface Said {
  readonly text: string;
  readonly means: (subject: Subject) => boolean;
  readonly joint: 'or' | 'and' | 'none';
}

const names = ['GET /a', 'POST /b/c?x=1', 'get "quoted"', 'É/ß', ''];
const words = ['a', 'get', 'GET', '/b', 'x=1', '"', 'é', ' ', '\\', 'and', '~', '!('];
const comparisons = ['=', '!=', '>', '<', '>=', '<='] as const;
const sources = ['a', '^GET', '/[a-c]+$', '(a|b){2}', 'x=\\d', '"', 'é', '.* .*', '\\bget\\b'];
const pieces = ['a', 'b', 'A', '1', '.', '\\d', '\\w', '\\S', '[ab]', '[^a]', '[a-c1]', '\\.', '-', '\\b', '^', '$'];
const times = ['*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?'];

function quoted(dice: Dice, text: string): string {
  const bare = /^[\w/.-]+$/.test(text) && !/^(?:and|or|not)$/i.test(text);
  return bare && dice.chance(50) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function contains(text: string, word: string): boolean {
  return /\p{Lu}/u.test(word) ? text.includes(word) : text.toLowerCase().includes(word);
}

function found(source: string, text: string): boolean {
  return new RegExp(source, /\p{Lu}/u.test(source.replaceAll(/\\./g, '')) ? '' : 'i').test(text);
}

function compared(op: (typeof comparisons)[number], value: number | undefined, bound: number): boolean {
  if (value === undefined) return false;
  const order = Math.sign(value - bound);
  const holds = { '=': [0], '!=': [-1, 1], '>': [1], '<': [-1], '>=': [0, 1], '<=': [0, -1] }[op];
  return holds.includes(order);
}

function leaf(dice: Dice): Said {
  const means = (text: string, judge: Said['means']): Said => ({ text, means: judge, joint: 'none' });
  switch (dice.roll(6)) {
    case 0: {
      const word = pick(dice, words);
      return means(quoted(dice, word), ({ name }) => contains(name, word));
    }
    case 1: {
      const source = pick(dice, sources);
      return means(`~${quoted(dice, source)}`, ({ name }) => found(source, name));
    }
    case 2: {
      const [op, hundreds] = [pick(dice, ['=', '!='] as const), 1 + dice.roll(5)];
      return means(`status${op}${hundreds}xx`, ({ status }) =>
        status === undefined ? false : (Math.floor(status / 100) === hundreds) === (op === '='),
      );
    }
    case 3: {
      const [op, ms] = [pick(dice, comparisons), pick(dice, [0, 1, 500, 1500, 60_000])];
      const written = pick(dice, [`${ms}`, `${ms}ms`, `${ms / 1000}s`]);
      return means(`p99${op}${written}`, ({ p99 }) => compared(op, p99, ms));
    }
    case 4: {
      const [op, word] = [pick(dice, ['=', '!='] as const), pick(dice, ['GET', 'get', 'POST', 'x'])];
      return means(`method${op}${quoted(dice, word)}`, ({ method }) => {
        if (method === undefined) return false;
        const same = word === word.toLowerCase() ? method.toLowerCase() === word : method === word;
        return same === (op === '=');
      });
    }
    default: {
      const [op, source] = [pick(dice, ['~', '!~'] as const), pick(dice, sources)];
      return means(
        `path${op}${quoted(dice, source)}`,
        ({ path }) => path !== '' && found(source, path) === (op === '~'),
      );
    }
  }
}

function said(dice: Dice, depth: number): Said {
  if (depth === 0 || dice.chance(30)) return leaf(dice);
  if (dice.chance(20)) {
    const inner = said(dice, depth - 1);
    return {
      text: `!${inner.joint === 'none' ? inner.text : `(${inner.text})`}`,
      means: (x) => !inner.means(x),
      joint: 'none',
    };
  }
  const joint = pick(dice, ['and', 'or'] as const);
  const parts = Array.from({ length: 2 + dice.roll(2) }, () => said(dice, depth - 1));
  const written = parts.map(({ text, joint: inner }) =>
    inner === 'none' || (joint === 'or' && inner === 'and' && dice.chance(50)) ? text : `(${text})`,
  );
  const between = () => pick(dice, joint === 'and' ? [' and ', ' AND ', '&&', ' '] : [' or ', ' OR ', '||', ' || ']);
  const text = written.reduce((all, one) => all + between() + one);
  const means: Said['means'] =
    joint === 'and' ? (x) => parts.every((one) => one.means(x)) : (x) => parts.some((one) => one.means(x));
  return { text, means, joint };
}

function subjectOf(dice: Dice): Subject {
  return {
    name: pick(dice, names),
    status: pick(dice, [undefined, 200, 404, 499, 500, 503]),
    p99: pick(dice, [undefined, 0, 1, 499.5, 500, 1500, 60_001]),
    method: pick(dice, [undefined, 'GET', 'POST', 'get']),
    path: pick(dice, ['', '/a', '/b/c', '/x=1/é"']),
  };
}

function holds(filter: Filter, subject: Subject): boolean {
  const { name, ...rest } = subject;
  return matches(filter, {
    name,
    value: (field) => (rest as Readonly<Record<string, string | number | undefined>>)[field],
  });
}

function meaningComplaint(dice: Dice): string | null {
  const { text, means } = said(dice, 4);
  const parsed = parseFilter(text, 'requests');
  if (!parsed.ok) return text.length > 1024 ? null : `${text}: ${parsed.problem.words}`;
  for (let asked = 0; asked < 4; asked++) {
    const subject = subjectOf(dice);
    if (holds(parsed.filter, subject) !== means(subject)) return `${text} of ${JSON.stringify(subject)} is wrong`;
  }
  return damageComplaint(damaged(dice, text));
}

function damageComplaint(text: string): string | null {
  const parsed = parseFilter(text, 'requests');
  if (!parsed.ok) {
    const { from, to } = parsed.problem;
    return from <= to && to <= text.length ? null : `the problem of ${JSON.stringify(text)} is at ${from} to ${to}`;
  }
  const again = parseFilter(filterText(parsed.filter), 'requests');
  if (again.ok && isDeepStrictEqual(again.filter, parsed.filter)) return null;
  return filterText(parsed.filter).length > 1024 ? null : `${JSON.stringify(text)} does not read back`;
}

function expression(dice: Dice, depth: number): string {
  if (depth === 0 || dice.chance(25)) return pick(dice, pieces);
  const one = expression(dice, depth - 1);
  switch (dice.roll(3)) {
    case 0:
      return one + expression(dice, depth - 1);
    case 1:
      return `(${one}|${expression(dice, depth - 1)})`;
    default:
      return `(?:${one})${pick(dice, times)}`;
  }
}

function expressionComplaint(dice: Dice): string | null {
  const source = dice.chance(80) ? expression(dice, 4) : damaged(dice, expression(dice, 3));
  let pattern;
  try {
    pattern = compilePattern(source);
  } catch (error) {
    if (error instanceof PatternFault) return null;
    throw error;
  }
  const theirs = new RegExp(source, pattern.foldsCase ? 'i' : '');
  const letters = ['a', 'b', 'A', '1', '.', '-', ' ', '\n', 'c'];
  const text = Array.from({ length: dice.roll(12) }, () => pick(dice, letters)).join('');
  return findsPattern(pattern, text) === theirs.test(text) ? null : `/${source}/ in ${JSON.stringify(text)} is wrong`;
}

await fuzz('filters', (seed) => {
  const dice = new Dice(seed);
  return meaningComplaint(dice) ?? expressionComplaint(dice);
});
