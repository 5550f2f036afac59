/** Ranks as traffic has them: the first often, the next half as often, and so on. */
import type { Dice } from './dice.ts';

/** Draws ranks from 0 by Zipf's law with exponent `s` over `ranks` of them. */
export class Zipf {
  readonly #sums: Float64Array;
  readonly #dice: Dice;

  constructor(dice: Dice, ranks: number, s = 1) {
    this.#dice = dice;
    this.#sums = new Float64Array(ranks);
    let sum = 0;
    for (let rank = 0; rank < ranks; rank++) this.#sums[rank] = sum += 1 / (rank + 1) ** s;
  }

  draw(): number {
    const sums = this.#sums;
    const point = (this.#dice.word() / 2 ** 32) * (sums.at(-1) as number);
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] as number) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
