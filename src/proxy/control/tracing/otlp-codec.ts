/**
 * The one door to protobufjs: spans as the bytes of `ExportTraceServiceRequest`, and what a collector answers
 * (opentelemetry-proto, `trace/v1` and `collector/trace/v1`). Loaded only where traces are exported. Pure.
 */
import { Reader, Writer } from 'protobufjs/minimal.js';
import type { Attributes, Span } from './spans.ts';

/** What all spans of one export have in common. */
export interface ExportScope {
  readonly resource: Attributes;
  readonly name: string;
  readonly version: string;
}

/** `ExportTraceServiceResponse`. */
export interface ExportAnswer {
  readonly rejected: number;
  /** What the collector says of them, or warns of. */
  readonly message: string;
}

/** Number of a field, and how its value is written (wire type). */
const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;
function tag(field: number, type: number): number {
  return (field << 3) | type;
}

export function encodeExport(scope: ExportScope, spans: readonly Span[]): Uint8Array {
  const writer = Writer.create();
  // ResourceSpans
  writer.uint32(tag(1, delimited)).fork();
  writer.uint32(tag(1, delimited)).fork();
  writeAttributes(writer, 1, scope.resource);
  writer.ldelim();
  // ScopeSpans
  writer.uint32(tag(2, delimited)).fork();
  writer.uint32(tag(1, delimited)).fork();
  writer.uint32(tag(1, delimited)).string(scope.name);
  writer.uint32(tag(2, delimited)).string(scope.version);
  writer.ldelim();
  for (const span of spans) {
    writer.uint32(tag(2, delimited)).fork();
    writeSpan(writer, span);
    writer.ldelim();
  }
  writer.ldelim();
  writer.ldelim();
  return writer.finish();
}

function writeSpan(writer: Writer, span: Span): void {
  writer.uint32(tag(1, delimited)).bytes(Buffer.from(span.traceId, 'hex'));
  writer.uint32(tag(2, delimited)).bytes(Buffer.from(span.spanId, 'hex'));
  if (span.state !== '') writer.uint32(tag(3, delimited)).string(span.state);
  if (span.parentId !== '') writer.uint32(tag(4, delimited)).bytes(Buffer.from(span.parentId, 'hex'));
  writer.uint32(tag(5, delimited)).string(span.name);
  writer.uint32(tag(6, varint)).int32(span.kind);
  writer.uint32(tag(7, fixed64)).fixed64(nanoseconds(span.startMs) as never);
  writer.uint32(tag(8, fixed64)).fixed64(nanoseconds(span.endMs) as never);
  writeAttributes(writer, 9, span.attributes);
  for (const event of span.events) {
    writer.uint32(tag(11, delimited)).fork();
    writer.uint32(tag(1, fixed64)).fixed64(nanoseconds(event.atMs) as never);
    writer.uint32(tag(2, delimited)).string(event.name);
    writeAttributes(writer, 3, event.attributes);
    writer.ldelim();
  }
  if (span.error !== null) {
    writer.uint32(tag(15, delimited)).fork();
    if (span.error !== '') writer.uint32(tag(2, delimited)).string(span.error);
    // STATUS_CODE_ERROR
    writer.uint32(tag(3, varint)).int32(2);
    writer.ldelim();
  }
  writer.uint32(tag(16, fixed32)).fixed32(span.flags);
}

function writeAttributes(writer: Writer, field: number, attributes: Attributes): void {
  for (const [key, value] of attributes) {
    writer.uint32(tag(field, delimited)).fork();
    writer.uint32(tag(1, delimited)).string(key);
    writer.uint32(tag(2, delimited)).fork();
    if (typeof value === 'string') writer.uint32(tag(1, delimited)).string(value);
    else if (Number.isInteger(value)) writer.uint32(tag(3, varint)).int64(value);
    else writer.uint32(tag(4, fixed64)).double(value);
    writer.ldelim();
    writer.ldelim();
  }
}

/** Wall-clock milliseconds as the two halves of a count of nanoseconds, to the microsecond: a number cannot hold them. */
function nanoseconds(ms: number): { readonly low: number; readonly high: number } {
  const whole = BigInt(Math.round(ms * 1000)) * 1000n;
  return { low: Number(whole & 0xffff_ffffn), high: Number(whole >> 32n) };
}

/** @throws RangeError, Error of bytes that are no such message */
export function decodeAnswer(bytes: Uint8Array): ExportAnswer {
  const reader = Reader.create(bytes);
  const found = { rejected: 0, message: '' };
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    if (key !== tag(1, delimited)) reader.skipType(key & 7);
    else readPartialSuccess(reader, found);
  }
  return found;
}

function readPartialSuccess(reader: Reader, found: { rejected: number; message: string }): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('cut off');
  while (reader.pos < end) {
    const key = reader.uint32();
    if (key === tag(1, varint)) found.rejected = Number(reader.int64());
    else if (key === tag(2, delimited)) found.message = reader.string();
    else reader.skipType(key & 7);
  }
}
