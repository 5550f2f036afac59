/** Numbers for names that become metric labels: handed out once by identity, never reused, so that counts survive reloads. */

export class LabelRegistry {
  readonly #numbers = new Map<string, number>();
  /** 0 stands for "none" (and for the overflow of the counting table). */
  readonly #names: string[] = [''];

  /** The number of `name`, ≥ 1, made on first use. */
  number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** The name behind a number; empty for 0. */
  name(number: number): string {
    return this.#names[number] ?? '';
  }
}
