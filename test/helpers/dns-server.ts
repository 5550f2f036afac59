/** A DNS server for tests: answers A, AAAA and SRV from what the test says, over UDP on loopback, and counts the questions. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Zone {
  /** By name; an empty list is a name without such records. */
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly srv?: readonly {
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly name: string;
  }[];
  /** Seconds. */
  readonly ttl?: number;
  /** Instead of an answer. */
  readonly fault?: 'servfail' | 'refused' | 'silence';
}

export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Sets what a name stands for; `null` = it does not exist. */
  set(name: string, zone: Zone | null): void;
  /** Questions for a name so far, of all types, or of one. */
  asked(name: string, type?: 'A' | 'AAAA' | 'SRV'): number;
}

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

const types = { A: 1, AAAA: 28, SRV: 33 } as const;
const codes = { ok: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;

export async function startDns(t: Cleanup, zones: Readonly<Record<string, Zone>> = {}): Promise<DnsServer> {
  const known = new Map(Object.entries(zones));
  const questions: { name: string; type: number }[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(message);
    questions.push({ name, type });
    const zone = known.get(name);
    if (zone?.fault === 'silence') return;
    const code = zone === undefined ? codes.nxdomain : zone.fault === undefined ? codes.ok : codes[zone.fault];
    const records = code === codes.ok ? recordsOf(zone as Zone, type) : [];
    socket.send(response(message, end, code, type, zone?.ttl ?? 0, records), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => void socket.close());
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    set(name, zone) {
      if (zone === null) known.delete(name);
      else known.set(name, zone);
    },
    asked: (name, type) =>
      questions.filter((question) => question.name === name && (type === undefined || question.type === types[type]))
        .length,
  };
}

function readQuestion(message: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] as number; length > 0; length = message[at] as number) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordsOf(zone: Zone, type: number): readonly Buffer[] {
  if (type === types.A) return (zone.a ?? []).map((address) => Buffer.from(address.split('.').map(Number)));
  if (type === types.AAAA) return (zone.aaaa ?? []).map(ipv6);
  if (type === types.SRV) {
    return (zone.srv ?? []).map(({ priority, weight, port, name }) => {
      const head = Buffer.alloc(6);
      head.writeUInt16BE(priority, 0);
      head.writeUInt16BE(weight, 2);
      head.writeUInt16BE(port, 4);
      return Buffer.concat([head, encodedName(name)]);
    });
  }
  return [];
}

/** Full or shortened once by `::`. */
function ipv6(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(left), groups(right ?? '')];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]), Buffer.of(0)]);
}

function response(
  question: Buffer,
  end: number,
  code: number,
  type: number,
  ttl: number,
  records: readonly Buffer[],
): Buffer {
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const answers = records.map((data) => {
    const record = Buffer.alloc(12);
    // The name is that of the question.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, question.subarray(12, end), ...answers]);
}
