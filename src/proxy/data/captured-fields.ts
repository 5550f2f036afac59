/**
 * Header fields that the configuration has written into the access log: bounded, without secrets, behind the promised fields.
 * Read by the ledger; those of the response are taken while its head is there. Nothing here runs where none is configured.
 */
import { type KnownSecrets, redactHeader } from '../../base/redaction.ts';
import { bare, quote } from './access-line.ts';

/** Longer values are cut here, with `…` behind them. */
const LONGEST_VALUE = 256;

/** Name, lower case, and value of each captured field; empty where the message had none. */
export type CapturedFields = readonly (readonly [name: string, value: string])[];

/** What has fields that can be looked up. */
interface Fielded {
  lookup(lowerName: string): string | undefined;
}

/** @param names lower case */
export function captureFields(names: readonly string[], head: Fielded, secrets: KnownSecrets): CapturedFields {
  return names.map((name) => [name, bounded(secrets.replaceIn(redactHeader(name, head.lookup(name) ?? '')))]);
}

/** `json` with the fields inside it, after the last. */
export function withCapturedJson(json: string, request: CapturedFields, response: CapturedFields): string {
  return `${json.slice(0, -1)}${member('captured', request)}${member('captured_response', response)}}`;
}

/** `line` with a pair for each field behind it. */
export function withCapturedPairs(line: string, request: CapturedFields, response: CapturedFields): string {
  return `${line}${pairs('captured', request)}${pairs('captured_response', response)}`;
}

function member(name: string, fields: CapturedFields): string {
  if (fields.length === 0) return '';
  return `,"${name}":{${fields.map(([field, value]) => `${quote(field)}:${quote(value)}`).join(',')}}`;
}

function pairs(prefix: string, fields: CapturedFields): string {
  return fields.map(([field, value]) => ` ${prefix}_${field.replaceAll(/[^a-z0-9]/g, '_')}="${bare(value)}"`).join('');
}

/** Never inside a surrogate pair: heads are Latin-1. */
function bounded(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE)}…`;
}
