/**
 * `npm run bench`: CPU a request of sentinel beside nginx, HAProxy, Caddy and a small node:http proxy, in one run on one
 * machine. Measures and writes down; judges nothing but the bounds that the results page names.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeCertificate } from './certificate.ts';
import { measure, measureMemory, type MemoryRow, type Row } from './measurement.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { startOrigin } from './origin.ts';
import { versionOf } from './processes.ts';
import { describeMachine, printedBounds, printedMemory, printedTables, resultsPage } from './report.ts';
import { bounds, summarize } from './summary.ts';

/** Workloads during which the memory of two workers is read. */
const memoryWorkloads = ['small-get', '64k', 'observed'];

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | null;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(usage);
    return 0;
  }
  const needed = { wrk: ['-v'], nginx: ['-v'], openssl: ['version'] };
  const missing = Object.entries(needed).flatMap(([program, args]) =>
    versionOf(program, args) === null ? [program] : [],
  );
  if (missing.length > 0) {
    process.stderr.write(`the bench needs ${missing.join(' and ')}: apt-get install nginx haproxy caddy wrk openssl\n`);
    return 3;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  try {
    await run(options, interrupt.signal);
    return 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.stderr.write('interrupted: what was started has been ended\n');
    return 130;
  }
}

async function run(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sentinel-bench-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const origin = stack.use(await startOrigin(dir, options.cores?.load ?? null, signal));
  const place = { dir, origin, signal, certificate: makeCertificate(dir) };

  const machine = describeMachine(options.contenders);
  process.stdout.write(`${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}\n`);
  for (const [name, version] of Object.entries(machine.versions)) process.stdout.write(`  ${name}: ${version}\n`);

  const rows: Row[] = [];
  for (const workload of options.workloads) {
    const measured: Row[] = [];
    for (const accessLog of options.logs.filter((on) => on || !workload.observed)) {
      const setting = `${workload.title}, log ${accessLog ? 'on' : 'off'}`;
      measured.push(...(await measure(options, place, workload, accessLog, (text) => progress(`${setting}: ${text}`))));
    }
    rows.push(...measured);
    progress('');
    process.stdout.write(`\n${printedTables(summarize(measured))}\n`);
  }

  const memory: MemoryRow[] = [];
  for (const contender of options.contenders.filter(({ name }) => name === 'sentinel')) {
    for (const workload of options.workloads.filter(({ name }) => memoryWorkloads.includes(name))) {
      progress(`memory of two workers: ${workload.title}`);
      memory.push(await measureMemory(contender, place, workload, options.seconds));
    }
  }
  progress('');
  if (memory.length > 0) process.stdout.write(`\n${printedMemory(memory)}\n`);

  const summaries = summarize(rows);
  const kept = bounds(summaries, memory);
  if (memory.length > 0) process.stdout.write(`\n${printedBounds(kept)}\n`);

  const out = path.join(import.meta.dirname, 'out');
  mkdirSync(out, { recursive: true });
  const record = {
    machine,
    rounds: options.rounds,
    seconds: options.seconds,
    cores: options.cores,
    bounds: kept,
    summaries,
    memory,
    rows,
  };
  const name = new Date().toISOString().replaceAll(/[:.]/g, '-');
  writeFileSync(path.join(out, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);

  if (options.complete) {
    const page = resultsPage(machine, options, summaries, memory, kept);
    writeFileSync(path.join(import.meta.dirname, 'RESULTS.md'), page);
  }
  process.stdout.write(`\nbench/out/${name}.json${options.complete ? ' and bench/RESULTS.md' : ''} written\n`);
}

/** One line that is written over, where somebody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

const [first, ...others] = process.argv.slice(2);
// Another thing to measure, with bounds of its own; it needs none of the other proxies.
process.exitCode =
  first === 'top' ? await (await import('./top/run.ts')).benchTop(others) : await main(process.argv.slice(2));
