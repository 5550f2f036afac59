/**
 * Whose revocation lists a bundle holds, and until when: read from the DER by hand, as `validate` and every load of a
 * configuration ask, which must not wait for the parser that `cert-check` uses. Judges nothing; called by `config`.
 */
import type { X509Certificate } from 'node:crypto';
import type { Bundle } from './material.ts';
import { scanPem } from './pem.ts';

export interface ListFacts {
  /** DER of the issuer's name, to be compared with `subjectOf`. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  /** Null = the list says nothing of a next one. */
  readonly nextUpdate: Date | null;
}

interface Element {
  readonly tag: number;
  /** With its tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

const tags = { integer: 0x02, utcTime: 0x17, generalizedTime: 0x18, version: 0xa0 } as const;

/** The lists of a bundle (RFC 5280 §5.1); one that cannot be read is left out. */
export function listsOf(bundle: Bundle): readonly ListFacts[] {
  return scanPem(Buffer.from(bundle.pem)).blocks.flatMap(({ der }) => factsOf(der) ?? []);
}

/** DER of the name of a certificate (RFC 5280 §4.1); null when it cannot be read. */
export function subjectOf({ raw }: X509Certificate): Buffer | null {
  const fields = toBeSigned(raw).filter(({ tag }) => tag !== tags.version);
  return fields[4]?.whole ?? null;
}

function factsOf(der: Buffer): ListFacts | null {
  const fields = toBeSigned(der);
  const [, issuer, from, until] = fields[0]?.tag === tags.integer ? fields.slice(1) : fields;
  const [thisUpdate, nextUpdate] = [timeOf(from), timeOf(until)];
  return issuer === undefined || thisUpdate === null ? null : { issuer: issuer.whole, thisUpdate, nextUpdate };
}

/** The fields of what is signed: the first element of the whole. */
function toBeSigned(der: Buffer): readonly Element[] {
  const [whole] = elementsOf(der);
  const [signed] = whole === undefined ? [] : elementsOf(whole.content);
  return signed === undefined ? [] : elementsOf(signed.content);
}

/** Elements one after the other; ends at what is cut off. */
function elementsOf(der: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 2 <= der.length; ) {
    const [tag = 0, first = 0] = der.subarray(at, at + 2);
    const count = first < 0x80 ? 0 : first & 0x7f;
    // No length of a file needs five bytes, and DER has no indefinite ones.
    if (count > 4 || first === 0x80 || at + 2 + count > der.length) break;
    const length = count === 0 ? first : der.readUIntBE(at + 2, count);
    const start = at + 2 + count;
    if (start + length > der.length) break;
    found.push({ tag, whole: der.subarray(at, start + length), content: der.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function timeOf(element: Element | undefined): Date | null {
  if (element?.tag !== tags.utcTime && element?.tag !== tags.generalizedTime) return null;
  const text = element.content.toString('latin1');
  // Two digits of a year mean 1950 to 2049 (RFC 5280 §4.1.2.5.1).
  const full = element.tag === tags.generalizedTime ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
