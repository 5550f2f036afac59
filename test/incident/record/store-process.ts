/**
 * A process that works on a store of incidents for a test once it is told to on standard input: it opens, or appends to ID and may be
 * killed in place of the Nth step of writing, or does both several times at once. Prints what came of it.
 */
import { systemClock } from '../../../src/base/clock.ts';
import { IncidentStore } from '../../../src/incident/record/store.ts';
import { type JournalSteps, systemJournalSteps } from '../../../src/incident/record/journal.ts';
import { openedBody } from './journals.ts';

const [folder = '', deed = '', id = '', death = '', count = '1'] = process.argv.slice(2);

function dying(at: number): JournalSteps {
  let count = -1;
  const steps = Object.entries(systemJournalSteps).map(([name, step]) => [
    name,
    (...args: readonly unknown[]) => {
      if (++count === at) {
        process.stdout.write(`dies at ${name}\n`);
        process.kill(process.pid, 'SIGKILL');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      return (step as (...args: readonly unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(steps) as unknown as JournalSteps;
}

const store = new IncidentStore(folder, {
  clock: systemClock,
  actor: `process ${process.pid}`,
  host: 'test',
  ...(death === '' ? {} : { steps: dying(Number(death)) }),
});
process.stdout.write('ready\n');
for await (const _ of process.stdin) break;
const note = (number: number) => ({ kind: 'note', text: `${number} of process ${process.pid}` }) as const;
if (deed === 'append') await store.append(id, [note(0)]);
else if (deed === 'open') await store.open({ body: openedBody });
else {
  const numbers = Array.from({ length: Number(count) }, (_, number) => number);
  const opened = await Promise.all(numbers.map(() => store.open({ body: openedBody })));
  await Promise.all(numbers.map((number) => store.append(id, [note(number)])));
  process.stdout.write(opened.map((one) => `${one.id}\n`).join(''));
}
