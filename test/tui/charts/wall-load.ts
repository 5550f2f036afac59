/**
 * A program for a terminal: draws charts on it as fast as it can, with values that change, and tells how large its heap is now and then.
 * Run by test/accept/chart-wall.test.ts with `--expose-gc`; where the numbers go says the first argument, how many pictures the second.
 */
import { appendFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { chartModelOf } from '../../../src/tui/charts/chart-model.ts';
import { openWall } from '../../../src/tui/charts/wall.ts';
import { degradedUpstreams, readingNews, sampleParts, sampleSeries, sampleState } from '../sample-state.ts';

const [file = '', count = ''] = process.argv.slice(2);
const samples = 6;
const parts = sampleParts();
const models = Array.from({ length: 10 }, (_, index) => {
  const series = sampleSeries(90, 100 * (index + 1), index);
  const traffic = { ...parts.traffic, total: { windows: {}, series } };
  return chartModelOf(sampleState([readingNews({ upstreams: degradedUpstreams(), parts: sampleParts({ traffic }) })]));
});
const wall = openWall({ colour: 'ansi16', ascii: false }, { onKey: () => undefined });
const each = Math.floor(Number(count) / samples);
for (let drawn = 1; drawn <= each * samples; drawn += 1) {
  const model = models[drawn % models.length] as (typeof models)[number];
  wall.draw({ model, head: [`picture ${drawn}`, 'verdict'], foot: 'q quit' });
  if (drawn % 5 === 0) await turn();
  if (drawn % each === 0) {
    globalThis.gc?.();
    appendFileSync(file, `${process.memoryUsage().heapUsed}\n`);
  }
}
wall.close();
process.exit(0);
