/**
 * The trailer section of a chunked body: collected until its empty line, then read by the rules of field lines, without
 * the fields that a trailer may not carry (RFC 9110 §6.5.1). Made by the chunk decoder when trailers come; bounded.
 */
import type { RejectReason } from '../../shared/causes.ts';
import { tokenClass, valueClass } from './char-classes.ts';
import { fieldIds, imitatesGuardedName } from './field-names.ts';
import { FieldTable, type HeadLimits } from './head.ts';

/** A trailer section is a checksum or a status; nobody needs more. */
const trailerLimits: HeadLimits = {
  maxHeaderCount: 64,
  maxHeaderBytes: 8192,
  maxHeaderNameBytes: 256,
  maxHeaderValueBytes: 4096,
  maxUriBytes: 0,
};

/** Besides all fields that the data plane treats specially. */
const forbiddenNames = new Set([
  'age',
  'cache-control',
  'content-encoding',
  'content-location',
  'content-range',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
  'x-forwarded-port',
  'x-real-ip',
]);

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

const states = { lineFirst: 0, name: 1, value: 2, lineFeed: 3, lastLineFeed: 4 } as const;

/** One trailer section, fed read by read. */
export class TrailerSection {
  fault: RejectReason | null = null;
  /** The fields that may be passed on, once `write` has found the end. */
  fields: readonly (readonly [string, string])[] = [];
  #text = '';
  #state: number = states.lineFirst;

  /**
   * Takes `buf[start..end)`.
   * @returns just past the empty line that ends the section, -1 when it has not come or when `fault` is set.
   */
  write(buf: Buffer, start: number, end: number): number {
    const room = trailerLimits.maxHeaderBytes - this.#text.length;
    const stop = Math.min(end, start + room);
    for (let p = start; p < stop; p++) {
      const byte = buf[p]!;
      switch (this.#state) {
        case states.lineFirst:
          if (byte === carriageReturn) this.#state = states.lastLineFeed;
          else if (tokenClass[byte] !== 0) this.#state = states.name;
          else return this.#refuse('trailer');
          break;
        case states.name:
          if (byte === colon) this.#state = states.value;
          else if (tokenClass[byte] === 0) return this.#refuse('trailer');
          break;
        case states.value:
          if (byte === carriageReturn) this.#state = states.lineFeed;
          else if (valueClass[byte] === 0) return this.#refuse('trailer');
          break;
        case states.lineFeed:
          if (byte !== lineFeed) return this.#refuse('trailer');
          this.#state = states.lineFirst;
          break;
        default:
          if (byte !== lineFeed) return this.#refuse('trailer');
          this.#text += buf.toString('latin1', start, p + 1);
          return this.#read() ? p + 1 : -1;
      }
    }
    if (stop < end || stop - start === room) return this.#refuse('headers_too_large');
    this.#text += buf.toString('latin1', start, end);
    return -1;
  }

  #read(): boolean {
    const table = new TrailerTable();
    const fault = table.parse(this.#text);
    if (fault !== null) {
      this.#refuse(fault);
      return false;
    }
    this.fields = table.permitted();
    return true;
  }

  #refuse(reason: RejectReason): -1 {
    this.fault = reason;
    return -1;
  }
}

class TrailerTable extends FieldTable {
  parse(text: string): RejectReason | null {
    this.text = text;
    return this.parseFields(Buffer.from(text, 'latin1'), 0, 0, text.length, trailerLimits, false);
  }

  permitted(): [string, string][] {
    const fields: [string, string][] = [];
    for (let i = 0; i < this.count; i++) {
      const name = this.name(i);
      if (this.ids[i] !== fieldIds.other || forbiddenNames.has(name.toLowerCase())) continue;
      if (name.includes('_') && imitatesGuardedName(name)) continue;
      fields.push([name, this.value(i)]);
    }
    return fields;
  }
}
