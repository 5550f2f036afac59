/**
 * A process of its own that draws frames and says what it has loaded and kept: whether React is the one for production, and whether
 * timelines grow. Started by canvas.test.ts; prints one JSON document.
 */
import { createRequire } from 'node:module';
import { chooseProductionLibraries } from '../../../src/base/environment.ts';

chooseProductionLibraries();
const { openCanvas } = await import('../../../src/tui/screen/canvas.ts');
const size = { columns: 80, rows: 24 };
const written: string[] = [];
const canvas = openCanvas(size, (bytes) => written.push(bytes));
const base = Array.from({ length: size.rows }, (_, row) => `line ${row} \u001b[31mred\u001b[0m 100`);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
for (let frame = 0; frame < 100; frame += 1) {
  canvas.show(base.with(5, `line 5 \u001b[31mred\u001b[0m ${100 + frame}`), size);
  await turn();
}
const changed = written.slice(10);
written.length = 0;
canvas.show(base.with(5, `line 5 \u001b[31mred\u001b[0m ${199}`), size);
await turn();
const unchanged = written.join('').length;
canvas.forget();
canvas.show(base, size);
await turn();
const anew = written.join('');
canvas.close();
const { cache } = createRequire(import.meta.url);
process.stdout.write(
  JSON.stringify({
    // What was only looked at for the names that it exports is there too, and was never run.
    react: Object.keys(cache).filter((file) => cache[file]?.loaded === true && /\/cjs\/react[^/]*\.js$/.test(file)),
    timeline: performance.getEntries().filter(({ entryType }) => entryType !== 'node').length,
    largest: Math.max(...changed.map((bytes) => bytes.length)),
    frames: changed.length,
    unchanged,
    anew: {
      length: anew.length,
      erases: anew.includes('\u001b[H\u001b[2J'),
      whole: base.every((_, row) => anew.includes(`line ${row} `)),
    },
    scrollback: `${changed.join('')}${anew}`.includes('\u001b[3J'),
  }),
);
