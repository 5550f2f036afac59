/**
 * The two messages of grpc.health.v1 on the wire: `HealthCheckRequest { string service = 1 }` and
 * `HealthCheckResponse { ServingStatus status = 1 }`, each behind the five bytes that gRPC puts before a message.
 */

export const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof servingStatuses)[number];

/** Compression flag and length before each message. */
const PREFIX_BYTES = 5;

/** The framed request for a service; an empty name asks for the server as a whole. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The status in a framed response, or null when the bytes are no such message. A status left out is `UNKNOWN`. */
export function decodeHealthResponse(bytes: Buffer): ServingStatus | null {
  if (bytes.length < PREFIX_BYTES || bytes[0] !== 0) return null;
  const end = PREFIX_BYTES + bytes.readUInt32BE(1);
  if (bytes.length < end) return null;
  let status: ServingStatus = 'UNKNOWN';
  for (let at = PREFIX_BYTES; at < end; ) {
    const tag = readVarint(bytes, at, end);
    if (tag === null) return null;
    at = tag.next;
    const value = readVarint(bytes, at, end);
    if (value === null) return null;
    switch (tag.value & 7) {
      case 0:
        if (tag.value >>> 3 === 1) status = servingStatuses[value.value] ?? 'UNKNOWN';
        at = value.next;
        break;
      case 2:
        // A field that a later version may have added.
        at = value.next + value.value;
        break;
      default:
        return null;
    }
    if (at > end) return null;
  }
  return status;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Up to 28 bits: more than any field here has. */
function readVarint(
  bytes: Buffer,
  from: number,
  end: number,
): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let at = from; at < end && at < from + 4; at++) {
    const byte = bytes[at] as number;
    value |= (byte & 0x7f) << (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return null;
}
