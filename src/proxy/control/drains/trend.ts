/** How fast what is in flight gets less: an estimate from the last seconds. Told of each count by the drain that it belongs to. */

const WINDOW_MS = 10_000;

export class Trend {
  readonly #samples: { readonly at: number; readonly count: number }[] = [];

  /** @param at milliseconds, rising */
  note(at: number, count: number): void {
    const samples = this.#samples;
    samples.push({ at, count });
    // One at the edge stays, so that the window is whole.
    while (samples.length > 2 && at - (samples[1]?.at ?? at) >= WINDOW_MS) samples.shift();
  }

  /** Milliseconds until nothing is left, as it goes now; null when it does not get less. */
  get etaMs(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return null;
    if (last.count === 0) return 0;
    const gone = first.count - last.count;
    if (gone <= 0 || last.at <= first.at) return null;
    return (last.count * (last.at - first.at)) / gone;
  }
}
