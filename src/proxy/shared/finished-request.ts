/**
 * The text of one record of a finished request, as it lies in a ring: the JSON line of the access log, with more members.
 * Workers write it (`data/records`), the main thread reads it (`control/records`). Decides nothing about which are kept.
 */
import type { KeptAs, RequestRecord } from '../../admin/contract/request-shapes.ts';

/** What a record says besides its line; `tries` is a JSON array. */
export interface RecordExtras {
  readonly id: string;
  readonly kept: KeptAs;
  readonly lastTry: string;
  readonly tries: string;
  readonly triesOmitted: number;
}

/** @param line JSON of an object with at least one member, as the access log has it */
export function recordText(line: string, { id, kept, lastTry, tries, triesOmitted }: RecordExtras): string {
  return `${line.slice(0, -1)},"id":"${id}","kept":"${kept}","last_try":"${lastTry}","tries":${tries},"tries_omitted":${triesOmitted}}`;
}

/** The record that a text is; null when it is none, which no worker writes. */
export function readRecord(text: string): RequestRecord | null {
  try {
    return JSON.parse(text) as RequestRecord;
  } catch {
    return null;
  }
}
