/** An operator's header operations, compiled: applied to a list of fields in the order rename, remove, set, add. */
import type { HeaderOperations } from '../../../config/model.ts';
import { trimmed } from '../http1/message-head.ts';

export type Field = readonly [name: string, value: string];

export class HeaderRules {
  readonly #rename: ReadonlyMap<string, string>;
  readonly #drop: ReadonlySet<string>;
  readonly #append: readonly Field[];

  private constructor(operations: HeaderOperations) {
    this.#rename = new Map(operations.rename.map(([from, to]) => [from.toLowerCase(), to]));
    this.#drop = new Set(
      [...operations.remove, ...operations.set.map(([name]) => name)].map((name) => name.toLowerCase()),
    );
    this.#append = [...operations.set, ...operations.add];
  }

  /** Null when there is nothing to do, so that the common case costs one comparison. */
  static from(operations: HeaderOperations): HeaderRules | null {
    const { rename, remove, set, add } = operations;
    return rename.length + remove.length + set.length + add.length === 0 ? null : new HeaderRules(operations);
  }

  /** Applies them to field lines, each with its CRLF. */
  applyToLines(lines: string): string {
    const fields: Field[] = [];
    for (const line of lines.split('\r\n')) {
      const at = line.indexOf(':');
      if (at > 0) fields.push([line.slice(0, at), trimmed(line.slice(at + 1))]);
    }
    return this.apply(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  apply(fields: readonly Field[]): Field[] {
    const result: Field[] = [];
    for (const field of fields) {
      const name = this.#rename.get(field[0].toLowerCase()) ?? field[0];
      if (!this.#drop.has(name.toLowerCase())) result.push(name === field[0] ? field : [name, field[1]]);
    }
    result.push(...this.#append);
    return result;
  }
}
