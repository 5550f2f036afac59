/**
 * Conditions that a runbook waits for: `err<1%`, `p99<1s`, `healthy=all`, or the name of a question whose answer shall be yes.
 * Reads their text; who measures, and what of, is the business of whoever waits.
 */
import { nearestWord } from '../base/near-miss.ts';

export type ConditionField = keyof typeof conditionFields;

/** What each field measures, and in which unit. */
export const conditionFields = {
  err: { type: 'ratio', meaning: 'share of requests that failed' },
  p50: { type: 'time', meaning: 'median of the latency' },
  p95: { type: 'time', meaning: '95th percentile of the latency' },
  p99: { type: 'time', meaning: '99th percentile of the latency' },
  rps: { type: 'count', meaning: 'requests per second' },
  infl: { type: 'count', meaning: 'requests in flight' },
  conns: { type: 'count', meaning: 'open connections' },
  healthy: { type: 'part', meaning: 'targets that are up: a number, a share or `all`' },
  mem: { type: 'ratio', meaning: 'memory that is used, as a share of its limit' },
} as const satisfies Readonly<Record<string, { readonly type: string; readonly meaning: string }>>;

export type Operator = '<' | '<=' | '>' | '>=' | '=' | '!=';

export type Condition =
  /** `value`: ratio 0–1, milliseconds, or a plain number, by the type of the field. */
  | { readonly kind: 'value'; readonly field: ConditionField; readonly op: Operator; readonly value: number }
  /** `healthy=50%`: a share of all of them, 0–1; `all` is 1. */
  | { readonly kind: 'share'; readonly field: 'healthy'; readonly op: Operator; readonly value: number }
  /** The answer to it is yes. */
  | { readonly kind: 'question'; readonly question: string };

export type ConditionReading =
  | { readonly ok: true; readonly condition: Condition }
  /** What is wrong with it; `meant` could be written instead of the whole text. */
  | { readonly ok: false; readonly message: string; readonly meant: string | null };

const times: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

export function readCondition(text: string): ConditionReading {
  const trimmed = text.trim();
  if (/^[a-z]+(?:-[a-z0-9]+)+$/.test(trimmed)) return { ok: true, condition: { kind: 'question', question: trimmed } };
  const [, field = '', op = '', written = ''] = /^([\w-]+)\s*(<=|>=|!=|=|<|>)\s*(\S+)$/.exec(trimmed) ?? [];
  if (field === '') {
    const message = `${JSON.stringify(text)} is no condition: expected a field, an operator and a value such as err<1%, or the name of a question`;
    return { ok: false, message, meant: null };
  }
  if (!Object.hasOwn(conditionFields, field)) {
    const names = Object.keys(conditionFields);
    const near = nearestWord(field, names);
    const message = `there is no field ${JSON.stringify(field)} to wait for: expected one of ${names.join(' ')}`;
    return { ok: false, message, meant: near === null ? null : trimmed.replace(field, near) };
  }
  const known = field as ConditionField;
  const condition = compared(known, op as Operator, written);
  if (condition !== null) return { ok: true, condition };
  const message = `${field} cannot be compared with ${JSON.stringify(written)}: expected ${expectedOf[conditionFields[known].type]}`;
  return { ok: false, message, meant: null };
}

const expectedOf = {
  ratio: 'a percentage such as 1%',
  time: 'a time such as 500ms or 1s',
  count: 'a number',
  part: 'all, a number, or a percentage such as 50%',
} as const;

function compared(field: ConditionField, op: Operator, written: string): Condition | null {
  const { type } = conditionFields[field];
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)(%|[a-z]*)$/.exec(written) ?? [];
  const number = digits === undefined ? null : Number(digits);
  if (field === 'healthy') {
    if (written === 'all') return { kind: 'share', field, op, value: 1 };
    if (number === null || (unit !== '%' && unit !== '')) return null;
    return unit === '%'
      ? { kind: 'share', field, op, value: number / 100 }
      : { kind: 'value', field, op, value: number };
  }
  if (number === null) return null;
  if (type === 'ratio') return unit === '%' ? { kind: 'value', field, op, value: number / 100 } : null;
  if (type === 'count') return unit === '' ? { kind: 'value', field, op, value: number } : null;
  const factor = Object.hasOwn(times, unit) ? times[unit] : undefined;
  return factor === undefined ? null : { kind: 'value', field, op, value: number * factor };
}
