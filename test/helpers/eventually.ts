/** Waits for something that another thread or process brings about. */
import { setTimeout as pause } from 'node:timers/promises';

/** One patience for the whole suite; slow machines raise it. */
export const patienceMs = Number(process.env['SENTINEL_TEST_PATIENCE_MS'] ?? 15_000);

/** Calls `check` until it stops throwing and does not return `false`; rethrows its last error when patience ends. */
export async function eventually<T>(check: () => T | Promise<T>, limitMs = patienceMs): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      if (performance.now() > end) throw new Error('condition stayed false');
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await pause(20);
  }
}
