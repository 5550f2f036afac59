/**
 * A process that lives through 24 hours on a clock that is turned by hand, keeps what its argument names, and says at every
 * hour how much that is. Started by `day-report.ts`; each kind of load is as hostile as it can be: nothing comes twice.
 */
import { EventLog } from '../../src/proxy/control/events/event-log.ts';
import { RecentLines } from '../../src/proxy/control/recent-lines.ts';
import { type Seen, Talkers } from '../../src/proxy/data/talkers/talkers.ts';
import { RecordRing, RecordRingReader } from '../../src/proxy/shared/record-ring.ts';
import { newRingMemory } from '../../src/proxy/shared/ring-memory.ts';
import { recordRingBytes } from '../../src/proxy/shared/record-rings.ts';
import { Dice } from '../helpers/dice.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { counted } from '../traffic/counted.ts';
import { heldBytes } from './heap.ts';

const HOURS = 24;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What is driven: how a minute goes by, and what is kept at the end of an hour. */
interface Kept {
  minute(clock: ManualClock, number: number): void;
  /** By name: entries, or bytes that the part itself says it has. */
  sizes(): Readonly<Record<string, number>>;
}

/** Ten million addresses, each with a path and a user agent of its own. */
const addressesAMinute = Math.ceil(10_000_000 / (HOURS * 60));

function talkers(clock: ManualClock, spread: boolean): Kept {
  const dice = new Dice(1);
  const kept = new Talkers(() => dice.word() / 2 ** 32, clock.now());
  let number = 0;
  // Made only for those that are looked at, so that the day is not spent on the others.
  const seen: Seen = {
    status: 503,
    get clientIp() {
      return `${(number >>> 24) + 1}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
    },
    get path() {
      // A slice of a head that is large, as the data plane has them.
      return `/${number}${'/x'.repeat(200)}`.slice(0, 100);
    },
    head: { known: () => `agent ${number}` },
  };
  return {
    minute(time, minute) {
      // All of five minutes within a second, as a flood comes, or one after the other, so that each is looked at.
      if (!spread && minute % 5 !== 0) return;
      const addresses = spread ? addressesAMinute : 5 * addressesAMinute;
      const stepMs = (spread ? MINUTE_MS : 1000) / addresses;
      const from = time.now();
      for (let count = 0; count < addresses; count++) {
        number++;
        kept.note(seen, from + count * stepMs, 1000);
      }
    },
    sizes: () => ({ keys: kept.size }),
  };
}

function events(clock: ManualClock): Kept {
  const log = new EventLog({ clock, generation: () => 1 });
  let number = 0;
  return {
    minute(time) {
      for (let count = 0; count < 60; count++) {
        time.advance(1000);
        number++;
        const words = `${number} ${'w'.repeat(number % 700)}`;
        log.note('error', words, {
          event: 'breaker',
          breaker: `upstream/${number}`,
          reason: 'x'.repeat(number % 9000),
        });
        log.note('info', words, { event: 'client_certificate_refused', listener: `l${number}`, reason: words });
      }
    },
    sizes: () => ({ events: log.length, characters: log.size }),
  };
}

function lines(clock: ManualClock): Kept {
  const kept = new RecentLines(clock.wallMs());
  let number = 0;
  return {
    minute(time) {
      for (let count = 0; count < 60; count++) {
        time.advance(1000);
        const message = `line ${number++} ${'é'.repeat(number % 300)}`;
        const line = `${JSON.stringify({ message, number })}\n`;
        kept.add({ atMs: time.wallMs(), level: 'error', module: 'daemon', message, line, fields: { number } });
      }
    },
    sizes: () => ({ bytes: kept.bytes }),
  };
}

function records(): Kept {
  const memory = newRingMemory(recordRingBytes.errors);
  const ring = new RecordRing(memory);
  const reader = new RecordRingReader(memory);
  let number = 0;
  return {
    minute() {
      for (let count = 0; count < 200; count++)
        ring.append(JSON.stringify({ number: number++, path: '/x'.repeat(number % 900) }));
    },
    sizes: () => ({ bytes: memory.byteLength, records: reader.all().length }),
  };
}

function traffic(): Kept {
  const scene = counted(1);
  const routes = Array.from({ length: 20 }, (_, index) => `r${index}`);
  const ports = (from: number) => Array.from({ length: 20 }, (_, index) => `10.0.0.1:${from + index}`);
  let second = 0;
  return {
    minute(_, minute) {
      // Targets come and go, as they do where names of them change.
      if (minute % 10 === 0) scene.plan(routes, { api: ports(1000 + (minute % 20)) });
      for (let count = 0; count < 60; count++) {
        second++;
        scene.request(`r${second % 20}`, {
          status: second % 3 === 0 ? 503 : 200,
          seconds: (second % 1000) / 100,
          upstream: 'api',
        });
        scene.tried('api', `10.0.0.1:${1000 + (minute % 20) + (second % 10)}`, second % 5 === 0, (second % 777) / 50);
        scene.clock.advance(1000);
      }
    },
    sizes: () => ({
      subjects: scene.traffic.size,
      points: scene.traffic.totalSeries().length,
    }),
  };
}

const kinds: Readonly<Record<string, (clock: ManualClock) => Kept>> = {
  'talkers-in-floods': (clock) => talkers(clock, false),
  'talkers-one-by-one': (clock) => talkers(clock, true),
  events,
  lines,
  records,
  traffic,
};

const make = kinds[process.argv[2] ?? ''];
if (make === undefined) throw new Error(`there is no ${process.argv[2]}`);
const clock = new ManualClock();
const before = heldBytes();
const kept = make(clock);
const hours = [];
for (let minute = 0; minute < HOURS * 60; minute++) {
  const end = (minute + 1) * MINUTE_MS + 1000;
  kept.minute(clock, minute);
  clock.advance(Math.max(0, end - clock.now()));
  if (end % HOUR_MS === 1000) hours.push({ heldBytes: heldBytes() - before, ...kept.sizes() });
}
process.stdout.write(JSON.stringify(hours));
