/** Numbers with units as filters write them: `500ms`, `1%`, `5 mb`, `100rps`. Knows which units a type of field takes. */
import type { FieldFacts, FieldType } from './fields.ts';

/** By type: what one of each unit is, in the unit that values are compared in (ratio 0–1, milliseconds, bytes, per second). */
const factors: Readonly<Partial<Record<FieldType, Readonly<Record<string, number>>>>> = {
  ratio: { '%': 0.01 },
  time: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  size: { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 },
  rate: { rps: 1 },
};

const examples: Readonly<Record<FieldType, string>> = {
  text: 'a word or "quoted text"',
  ratio: 'a percentage such as 1%',
  time: 'a time such as 500ms, 30s or 5m',
  size: 'a size such as 10kb or 5mb',
  rate: 'a rate such as 100rps',
  count: 'a number',
  status: 'a status such as 503, or a class such as 5xx',
};

/** What a value of the type looks like, for people. */
export function exampleOf(type: FieldType): string {
  return examples[type];
}

/** True for a unit that values of the type may have. */
export function isUnitOf(type: FieldType, unit: string): boolean {
  return Object.hasOwn(factors[type] ?? {}, unit.toLowerCase());
}

/** Units of the type, smallest first as far as they have an order. */
export function unitsOf(type: FieldType): readonly string[] {
  return Object.keys(factors[type] ?? {});
}

/**
 * The value that a number with a unit stands for.
 * @returns null when it is none of this field
 */
export function readQuantity(text: string, { type, bareUnit }: FieldFacts): number | null {
  const [, digits, written = ''] = /^(\d{1,15}(?:\.\d{1,15})?)([a-z%]*)$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const amount = Number(digits);
  const units = factors[type];
  if (units === undefined) return written === '' ? amount : null;
  const unit = (written === '' ? bareUnit : written)?.toLowerCase();
  const factor = unit === undefined || !Object.hasOwn(units, unit) ? undefined : units[unit];
  if (factor === undefined) return null;
  // Of percent by division: 7 * 0.01 is not 0.07.
  return type === 'ratio' ? amount / 100 : amount * factor;
}
