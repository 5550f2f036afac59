/**
 * The field table: the fields of one HTTP/1.1 head as offsets into the head's text. One table lives as long as its
 * connection and is filled anew by each message; request and response heads build on it. It judges syntax and size of
 * field lines, never their meaning.
 */
import type { RejectReason } from '../../shared/causes.ts';
import { endOfValue, tokenClass, underscoreBit } from './char-classes.ts';
import { concealedField, fieldIds, fieldNames, imitatesGuardedName, recogniseField } from './field-names.ts';
import type { HeadLimits } from './head-end.ts';

export { concealedField, fieldIds } from './field-names.ts';
export { findHeadEnd, type HeadLimits } from './head-end.ts';

const unbounded = 0x7fff_ffff;
const horizontalTab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const colon = 0x3a;

/** The fields of one head, in the order sent. All offsets count from the first byte of the first line. */
export class FieldTable {
  /** The whole head as latin1, first line and empty line included. */
  text = '';
  count = 0;
  // Plain arrays: they cost a connection a tenth of what typed arrays do, and reading them costs the same. What lies
  // past `count` is of earlier messages.
  readonly ids: number[] = [];
  readonly nameStart: number[] = [];
  readonly nameEnd: number[] = [];
  /** White space around the value is left out. */
  readonly valueStart: number[] = [];
  readonly valueEnd: number[] = [];
  /** Just past the CRLF of the line. */
  readonly lineEnd: number[] = [];
  /** Bit per known id that occurs, and that occurs more than once. */
  protected seen = 0;
  protected repeated = 0;

  /** The name of field `index` as sent. */
  name(index: number): string {
    return this.text.substring(this.nameStart[index]!, this.nameEnd[index]!);
  }

  value(index: number): string {
    return this.text.substring(this.valueStart[index]!, this.valueEnd[index]!);
  }

  /** Whether a field with this known id occurs. */
  has(id: number): boolean {
    return (this.seen & (1 << id)) !== 0;
  }

  /** Index of the first field with this known id, else -1. */
  find(id: number): number {
    return this.has(id) ? this.ids.indexOf(id) : -1;
  }

  /** The value of the known field `id`, several joined by `, ` (RFC 9110 §5.3). */
  known(id: number): string | undefined {
    const first = this.find(id);
    if (first < 0) return undefined;
    let joined = this.value(first);
    if ((this.repeated & (1 << id)) !== 0) {
      for (let i = first + 1; i < this.count; i++) if (this.ids[i] === id) joined += `, ${this.value(i)}`;
    }
    return joined;
  }

  /** The value of the field `lowerName`, several joined by `, `; undefined when there is none. */
  lookup(lowerName: string): string | undefined {
    const id = fieldNames.indexOf(lowerName);
    if (id > fieldIds.other) return this.known(id);
    let joined: string | undefined;
    for (let i = 0; i < this.count; i++) {
      if (this.ids[i] !== fieldIds.other || this.nameEnd[i]! - this.nameStart[i]! !== lowerName.length) continue;
      if (this.name(i).toLowerCase() !== lowerName) continue;
      joined = joined === undefined ? this.value(i) : `${joined}, ${this.value(i)}`;
    }
    return joined;
  }

  /** Makes fields that the data plane does not know itself unseen whose name, lower case and with `_` as `-`, is one of `names`. */
  conceal(names: ReadonlySet<string>): void {
    for (let i = 0; i < this.count; i++) {
      if (this.ids[i] === fieldIds.other && names.has(this.name(i).toLowerCase().replaceAll('_', '-')))
        this.ids[i] = concealedField;
    }
  }

  /**
   * Reads the field lines `buf[from..end)` up to the empty line. `base` is where the head begins, so offsets count from
   * there. Strictly left to right: the first offence found decides, whatever follows it.
   * @returns null when good.
   */
  protected parseFields(
    buf: Uint8Array,
    base: number,
    from: number,
    end: number,
    limits: HeadLimits,
    refuseImitations: boolean,
  ): RejectReason | null {
    const sectionEnd = limits.maxHeaderBytes > 0 ? from + limits.maxHeaderBytes : end;
    const stop = sectionEnd < end ? sectionEnd : end;
    const maxCount = limits.maxHeaderCount || unbounded;
    const maxName = limits.maxHeaderNameBytes || unbounded;
    const maxValue = limits.maxHeaderValueBytes || unbounded;
    const { ids, nameStart, nameEnd: nameEnds, valueStart, valueEnd: valueEnds, lineEnd } = this;
    let count = 0;
    let seen = 0;
    let repeated = 0;
    let p = from;
    this.count = 0;
    this.seen = 0;
    for (;;) {
      const nameAt = p;
      let bits = 0;
      while (p < stop) {
        const kind = tokenClass[buf[p]!]!;
        if (kind === 0) break;
        bits |= kind;
        p++;
      }
      if (p >= stop) return 'headers_too_large';
      if (buf[p] !== colon || p === nameAt) {
        if (buf[p] === carriageReturn && p === nameAt && p + 1 < stop && buf[p + 1] === lineFeed) break;
        return lineFault(buf, p, stop);
      }
      const nameEnd = p++;
      if (nameEnd - nameAt > maxName) return 'headers_too_large';
      while (p < stop && (buf[p] === space || buf[p] === horizontalTab)) p++;
      const valueAt = p;
      p = endOfValue(buf, p, stop);
      if (p + 1 >= stop) return p < stop ? lineFault(buf, p, stop) : 'headers_too_large';
      if (buf[p] !== carriageReturn || buf[p + 1] !== lineFeed) return lineFault(buf, p, stop);
      let valueEnd = p;
      while (valueEnd > valueAt && (buf[valueEnd - 1] === space || buf[valueEnd - 1] === horizontalTab)) valueEnd--;
      if (valueEnd - valueAt > maxValue) return 'headers_too_large';
      p += 2;
      if (count >= maxCount) return 'headers_too_large';
      const id = recogniseField(buf, nameAt, nameEnd);
      if (id !== 0) {
        const bit = 1 << id;
        repeated |= seen & bit;
        seen |= bit;
      } else if (refuseImitations && (bits & underscoreBit) !== 0) {
        if (imitatesGuardedName(this.text.substring(nameAt - base, nameEnd - base))) return 'underscore';
      }
      ids[count] = id;
      nameStart[count] = nameAt - base;
      nameEnds[count] = nameEnd - base;
      valueStart[count] = valueAt - base;
      valueEnds[count] = valueEnd - base;
      lineEnd[count] = p - base;
      count++;
    }
    this.count = count;
    this.seen = seen;
    this.repeated = repeated;
    return null;
  }
}

/** Names the offence at `buf[at]`, where a field line goes wrong. */
function lineFault(buf: Uint8Array, at: number, stop: number): RejectReason {
  if (buf[at] === lineFeed) return 'line_ending';
  if (buf[at] !== carriageReturn) return 'field_syntax';
  if (at + 1 >= stop) return 'headers_too_large';
  return buf[at + 1] === lineFeed ? 'field_syntax' : 'line_ending';
}
