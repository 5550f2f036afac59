/** Filters for tests: read and held against things that are plain records. */
import assert from 'node:assert/strict';
import type { FieldName, SubjectKind } from '../../src/filter/fields.ts';
import type { Filter } from '../../src/filter/filter.ts';
import { type FieldValue, type FilterSubject, matches } from '../../src/filter/match.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import type { FilterProblem } from '../../src/filter/problem.ts';

export type Thing = Readonly<Partial<Record<FieldName, FieldValue>>>;

export function subject({ name = '', ...values }: Thing): FilterSubject {
  return { name: String(name), value: (field) => (values as Thing)[field] };
}

export function filterOf(text: string, kind: SubjectKind = 'requests'): Filter {
  const parsed = parseFilter(text, kind);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.problem.words}`);
  return parsed.filter;
}

export function problemOf(text: string, kind: SubjectKind = 'requests'): FilterProblem {
  const parsed = parseFilter(text, kind);
  assert.ok(!parsed.ok, `${text} was read`);
  return parsed.problem;
}

export function holds(text: string, thing: Thing, kind: SubjectKind = 'requests'): boolean {
  return matches(filterOf(text, kind), subject(thing));
}
