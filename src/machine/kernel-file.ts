/** Small files in which the kernel says something, and what is read out of them: a value, or a reason. Never throws. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';

/** A value, or why there is none; `none` = there is none to be had: no limit is set. */
export type Read<T> = { readonly value: T } | { readonly why: string } | { readonly none: true };

/** Share of the last ten seconds in which some, or all, runnable work waited for want of it (PSI). */
export interface PressureState {
  readonly some: number;
  readonly full: number | null;
}

export type Resource = 'cpu' | 'memory' | 'io';

/** `some avg10=0.12 …`, and for all but the processor of a machine `full avg10=…`. */
export function parsePressure(text: string): Read<PressureState> {
  const share = (kind: string): number | null => {
    const percent = new RegExp(`^${kind} avg10=(\\d+(?:\\.\\d+)?)`, 'm').exec(text)?.[1];
    return percent === undefined ? null : Number(percent) / 100;
  };
  const some = share('some');
  return some === null ? { why: 'not understood' } : { value: { some, full: share('full') } };
}

export function readText(path: string): Read<string> {
  try {
    return { value: readFileSync(path, 'utf8') };
  } catch (error) {
    return { why: `${path}: ${errnoOf(error) ?? 'unreadable'}` };
  }
}

export function mapRead<A, B>(read: Read<A>, next: (value: A) => Read<B>): Read<B> {
  return 'value' in read ? next(read.value) : read;
}

/** A number that a file holds. */
export function field(path: string, form: RegExp): Read<number> {
  return mapRead(readText(path), (text) => {
    const found = form.exec(text)?.[1];
    return found === undefined ? { why: `${path}: no such line` } : { value: Number(found) };
  });
}
