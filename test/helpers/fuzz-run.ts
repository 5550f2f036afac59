/**
 * What every fuzz target does: `node test/fuzz/NAME.ts --seconds 60 --seed 1` runs trials until the time is over and stops
 * with status 1 at the first that has a complaint; the seed it prints brings that one back.
 */
import { parseArgs } from 'node:util';

/** Why a trial is wrong, or null. An exception is a complaint too. */
export type Trial = (seed: number) => string | null | Promise<string | null>;

/** Of trials that never wait: the event loop has to turn now and then. */
const TURN_EVERY = 1000;

/**
 * @param trials What one of them is called, in the plural.
 * @param remarks Lines to print when all went well.
 */
export async function fuzz(trials: string, trial: Trial, remarks: () => readonly string[] = () => []): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
  });
  const seconds = Number(values.seconds);
  const first = Number(values.seed);
  if (!(seconds > 0) || !Number.isInteger(first)) {
    process.stderr.write(`usage: node ${process.argv[1]} [--seconds N] [--seed N]\n`);
    process.exit(2);
  }
  const end = performance.now() + seconds * 1000;
  let seed = first;
  for (; performance.now() < end; seed++) {
    const complaint = await complaintOf(trial, seed);
    if (complaint !== null) {
      process.stderr.write(`seed ${seed}: ${complaint}\n`);
      process.exit(1);
    }
    if (seed % TURN_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const lines = [...remarks(), `${seed - first} ${trials} from seed ${first}, no complaint`];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function complaintOf(trial: Trial, seed: number): Promise<string | null> {
  try {
    return await trial(seed);
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
}
