/** Has a process of its own live through a day (`day.ts`), and hands on what it said of each hour. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compileCache } from '../helpers/compile-cache.ts';

/** At the end of an hour: bytes that are held because of what is kept, and sizes by name. */
export type Hour = Readonly<Record<string, number>> & { readonly heldBytes: number };

export async function dayOf(kind: string): Promise<readonly Hour[]> {
  const entry = new URL('./day.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [entry, kind], {
    env: { PATH: process.env['PATH'], ...compileCache() },
  });
  const hours = JSON.parse(stdout) as Hour[];
  assert.equal(hours.length, 24);
  return hours;
}

/**
 * No hour is larger than `most`, and from the second on none is larger than that one by more than `slack`: what grows by the
 * hour, however slowly, is found.
 */
export function assertBounded(hours: readonly Hour[], most: Readonly<Record<string, number>>, slack: number): void {
  for (const [name, bound] of Object.entries(most)) {
    for (const hour of hours) {
      const size = hour[name];
      assert.ok(size !== undefined && size <= bound, `${name}: ${size}, at most ${bound}`);
      // Of held bytes something older may have been let go of; nothing else can be empty.
      assert.ok(name === 'heldBytes' || size > 0, `${name}: ${size}`);
    }
  }
  const second = hours[1] as Hour;
  for (const { heldBytes } of hours.slice(2)) {
    assert.ok(heldBytes <= second.heldBytes + slack, `${second.heldBytes} after two hours, then ${heldBytes}`);
  }
}
