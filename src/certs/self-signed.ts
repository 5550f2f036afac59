/**
 * A certificate that signs itself, for trying things out on one's own machine: the demo shows TLS with it. Written as DER by
 * hand, because Node makes keys and signatures but no certificates. Nobody should believe it, and nothing here does.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { pemOf } from './pem.ts';

export interface SelfSigned {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
};
const DAY_MS = 86_400_000;

/**
 * A P-256 certificate for servers (RFC 5280), good from a day ago on.
 * @param names DNS names, IPv4 addresses among them; the first is its common name
 */
export function selfSigned(names: readonly string[], nowMs: number, days: number): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(
    tags.sequence,
    der(tags.set, der(tags.sequence, oids.commonName, der(tags.text, latin(names[0] ?? '')))),
  );
  const alternatives = names.map((one) =>
    isIPv4(one) ? der(0x87, Buffer.from(one.split('.').map(Number))) : der(0x82, latin(one)),
  );
  const signature = der(tags.sequence, oids.ecdsaWithSha256);
  // Positive, and not padded: the first bit is 0, the next one is not.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const body = der(
    tags.sequence,
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, serial),
    signature,
    name,
    der(tags.sequence, time(nowMs - DAY_MS), time(nowMs + days * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      der(
        tags.sequence,
        extension(oids.basicConstraints, der(tags.sequence)),
        extension(oids.extendedKeyUsage, der(tags.sequence, oids.serverAuth)),
        extension(oids.subjectAltName, der(tags.sequence, ...alternatives)),
      ),
    ),
  );
  const signed = der(tags.bits, Buffer.from([0]), sign('sha256', body, privateKey));
  return {
    cert: pemOf('CERTIFICATE', der(tags.sequence, body, signature, signed)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** Tag, length, contents (X.690 §8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), contents]);
}

function extension(oid: Buffer, value: Buffer): Buffer {
  return der(tags.sequence, oid, der(tags.octets, value));
}

/** UTCTime through the year 2049, GeneralizedTime after it (RFC 5280 §4.1.2.5). */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return text < '2050' ? der(tags.utcTime, latin(text.slice(2))) : der(tags.time, latin(text));
}

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function oid(hex: string): Buffer {
  return der(tags.oid, Buffer.from(hex, 'hex'));
}

const oids = {
  commonName: oid('550403'),
  basicConstraints: oid('551d13'),
  subjectAltName: oid('551d11'),
  extendedKeyUsage: oid('551d25'),
  serverAuth: oid('2b06010505070301'),
  ecdsaWithSha256: oid('2a8648ce3d040302'),
};
