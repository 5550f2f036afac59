/**
 * Field names that the data plane treats specially, each with a small number, and the recogniser that finds the number
 * from the bytes of a name without making a string. Used by the field table; knows nothing of values.
 */

/** Numbers stay below 32: a head keeps the set of those it has seen in one word. */
export const fieldIds = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  keepAlive: 5,
  proxyConnection: 6,
  upgrade: 7,
  te: 8,
  trailer: 9,
  expect: 10,
  http2Settings: 11,
  xForwardedFor: 12,
  xForwardedProto: 13,
  xForwardedHost: 14,
  forwarded: 15,
  via: 16,
  xCorrelationId: 17,
  traceparent: 18,
  tracestate: 19,
  userAgent: 20,
  referer: 21,
  server: 22,
  date: 23,
  cookie: 24,
  authorization: 25,
  proxyAuthenticate: 26,
  proxyAuthorization: 27,
  contentType: 28,
  xRealIp: 29,
} as const;

/** Stands for a field that nobody may see any more; no name has this number. */
export const concealedField = 31;

/** Lower-case names; the index is the id. */
export const fieldNames: readonly string[] = Object.keys(fieldIds).map((key) =>
  key === 'http2Settings' ? 'http2-settings' : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
);

/** Names whose underscore spelling is refused: an application that reads `_` as `-` would take it for the real field. */
const guardedNames = new Set([
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'proxy-connection',
  'http2-settings',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'x-correlation-id',
  'proxy-authorization',
]);

/** Whether `name`, which holds an underscore, imitates a framing or forwarding field. */
export function imitatesGuardedName(name: string): boolean {
  return guardedNames.has(name.toLowerCase().replaceAll('_', '-'));
}

const slotCount = 512;
const nameBytes = fieldNames.map((name) => Uint8Array.from(Buffer.from(name, 'latin1')));
const { slots, firstFactor, lastFactor } = buildSlots();

/** The id of the name `buf[from..to)`, which must be a token of at least one byte; `other` for all names not listed. */
export function recogniseField(buf: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const id = slots[slotOf(length, buf[from]! | 0x20, buf[to - 1]! | 0x20, firstFactor, lastFactor)]!;
  if (id === 0) return 0;
  const name = nameBytes[id]!;
  if (name.length !== length) return 0;
  for (let i = 0; i < length; i++) if ((buf[from + i]! | 0x20) !== name[i]) return 0;
  return id;
}

function slotOf(length: number, first: number, last: number, byFirst: number, byLast: number): number {
  return (length + first * byFirst + last * byLast) & (slotCount - 1);
}

/** Looks for factors that give each name a slot of its own, so that one comparison decides. */
function buildSlots(): { slots: Uint8Array; firstFactor: number; lastFactor: number } {
  for (let byFirst = 1; byFirst < slotCount; byFirst++) {
    for (let byLast = 1; byLast < slotCount; byLast++) {
      const table = new Uint8Array(slotCount);
      const free = nameBytes.every((name, id) => {
        if (id === 0) return true;
        const slot = slotOf(name.length, name[0]!, name[name.length - 1]!, byFirst, byLast);
        const empty = table[slot] === 0;
        table[slot] = id;
        return empty;
      });
      if (free) return { slots: table, firstFactor: byFirst, lastFactor: byLast };
    }
  }
  throw new Error('no two field names may share length, first and last letter');
}
