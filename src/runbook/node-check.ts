/**
 * One node of a machine fence against its shape: every difference is a problem at its place, then its values can be read. Used by
 * `fences.ts`; knows no node by name.
 */
import type { ErrorCode } from '../base/codes.ts';
import { nearestWord } from '../base/near-miss.ts';
import { type Diagnostic, diagnostic } from '../config/diagnostic.ts';
import type { KdlEntry, KdlNode } from '../kdl/document.ts';
import type { Span } from '../kdl/source.ts';
import { meant } from './meant.ts';
import type { ArgumentShape, NodeShape, PropertyShape, ValueKind } from './node-shapes.ts';

const kindWords: Readonly<Record<ValueKind, string>> = { text: 'a text', number: 'a whole number' };

export class NodeCheck {
  /** The name is one that there is. */
  readonly known: boolean;
  readonly #node: KdlNode;
  readonly #problems: Diagnostic[];
  readonly #children: readonly { readonly name: string; readonly check: NodeCheck }[];
  readonly #before: number;

  /** @param where what the node stands in, for the sentence that refuses it */
  constructor(node: KdlNode, shapes: Readonly<Record<string, NodeShape>>, where: string, problems: Diagnostic[]) {
    this.#node = node;
    this.#problems = problems;
    this.#before = problems.length;
    const shape = Object.hasOwn(shapes, node.name) ? shapes[node.name] : undefined;
    this.known = shape !== undefined;
    if (shape === undefined) {
      this.#unknown('node', node.name, node.nameSpan, Object.keys(shapes), where);
      this.#children = [];
      return;
    }
    if (node.tag !== null) this.wrong('SNT-R005', node.nameSpan, `\`${node.name}\` has a type: expected none`);
    this.#arguments(shape);
    this.#properties(shape.props ?? {});
    this.#children = this.#nodes(shape);
  }

  /** Nothing was found wrong in it so far. */
  get sound(): boolean {
    return this.#problems.length === this.#before;
  }

  wrong(code: ErrorCode, span: Span, message: string): void {
    this.#problems.push(diagnostic('error', code, span, message));
  }

  /** An argument by its index; empty where it is missing or no text, which is a problem already. */
  text(index: number): string {
    return this.textOrNull(index) ?? '';
  }

  textOrNull(index: number): string | null {
    const value = this.#node.args[index]?.value;
    return typeof value === 'string' ? value : null;
  }

  texts(): readonly string[] {
    return this.#node.args.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  }

  numbers(): readonly number[] {
    return this.#node.args.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  }

  property(name: string): string | null {
    const value = this.propertyEntry(name)?.value;
    return typeof value === 'string' ? value : null;
  }

  propertyEntry(name: string): KdlEntry | null {
    return this.#node.props.findLast((one) => one.name === name) ?? null;
  }

  children(name: string): readonly NodeCheck[] {
    return this.#children.filter((one) => one.name === name).map(({ check }) => check);
  }

  child(name: string): NodeCheck | null {
    return this.children(name)[0] ?? null;
  }

  #arguments(shape: NodeShape): void {
    const { args, name, nameSpan } = this.#node;
    if (shape.many !== undefined) {
      const { many } = shape;
      if (args.length === 0) this.wrong('SNT-R006', nameSpan, `\`${name}\` has no ${many.name}: expected at least one`);
      for (const entry of args) this.#value(entry, many, `the ${many.name}`);
      return;
    }
    for (const [index, expected] of shape.args.entries()) {
      const entry = args[index];
      if (entry !== undefined) this.#value(entry, expected, `the ${expected.name} of \`${name}\``);
      else if (expected.optional !== true) {
        const missing = shape.args.slice(index).filter((one) => one.optional !== true);
        const words = missing.map((one) => one.name).join(' and ');
        this.wrong('SNT-R006', nameSpan, `\`${name}\` has no ${words}: expected ${formOf(name, shape)}`);
        break;
      }
    }
    const extra = args[shape.args.length];
    if (extra !== undefined) {
      const most = shape.args.length;
      const expected = most === 0 ? 'none' : `${most === 1 ? 'one' : `at most ${most}`}`;
      this.wrong(
        'SNT-R006',
        extra.span,
        `\`${name}\` has ${args.length} argument${args.length === 1 ? '' : 's'}: expected ${expected}`,
      );
    }
  }

  #properties(shapes: Readonly<Record<string, PropertyShape>>): void {
    const { props, name, nameSpan } = this.#node;
    const seen = new Set<string>();
    for (const entry of props) {
      const key = entry.name ?? '';
      const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
      if (shape === undefined) {
        const span = { ...entry.span, end: Math.min(entry.span.end, entry.span.start + key.length) };
        this.#unknown('property', key, span, Object.keys(shapes), `\`${name}\``);
        continue;
      }
      if (seen.has(key)) this.wrong('SNT-R006', entry.span, `\`${name}\` has \`${key}\` twice: expected it once`);
      seen.add(key);
      this.#value(entry, shape, `\`${key}\``);
    }
    for (const [key, { needed }] of Object.entries(shapes)) {
      if (needed === true && !seen.has(key))
        this.wrong('SNT-R006', nameSpan, `\`${name}\` has no \`${key}\`: expected \`${key}="…"\``);
    }
  }

  #nodes(shape: NodeShape): readonly { readonly name: string; readonly check: NodeCheck }[] {
    const { children, name, nameSpan } = this.#node;
    if (children === null) return [];
    if (shape.nodes === undefined) {
      this.wrong('SNT-R005', children[0]?.nameSpan ?? nameSpan, `\`${name}\` has a block: expected none`);
      return [];
    }
    const shapes = shape.nodes;
    const seen = new Set<string>();
    return children.map((child) => {
      if (seen.has(child.name) && Object.hasOwn(shapes, child.name) && shapes[child.name]?.repeats !== true)
        this.wrong('SNT-R006', child.nameSpan, `\`${name}\` has \`${child.name}\` twice: expected it once`);
      seen.add(child.name);
      return { name: child.name, check: new NodeCheck(child, shapes, `\`${name}\``, this.#problems) };
    });
  }

  #value(entry: KdlEntry, shape: ArgumentShape | PropertyShape, what: string): void {
    const { value, valueSpan } = entry;
    if (typeof value === 'number' && shape.kind === 'number') {
      if (!Number.isSafeInteger(value) || value < 0 || value > 86_400)
        this.wrong('SNT-R006', valueSpan, `${what} is ${value}: expected a whole number from 0 to 86400`);
      return;
    }
    if (typeof value !== shape.kind.replace('text', 'string')) {
      const got =
        value === null
          ? '#null'
          : typeof value === 'string'
            ? `the text ${JSON.stringify(value)}`
            : `the ${typeof value} ${value}`;
      this.wrong('SNT-R006', valueSpan, `${what} is ${got}: expected ${kindWords[shape.kind]}`);
      return;
    }
    if (String(value).trim() === '') {
      this.wrong('SNT-R006', valueSpan, `${what} is empty: expected ${kindWords[shape.kind]}`);
      return;
    }
    if (shape.choices !== undefined && !shape.choices.includes(String(value))) {
      const near = nearestWord(String(value), shape.choices);
      const message = `${what} is ${JSON.stringify(value)}: expected ${shape.choices.join(', ').replace(/, ([^,]*)$/, ' or $1')}`;
      this.#problems.push(
        diagnostic('error', 'SNT-R006', valueSpan, message, {
          suggestion: meant(near),
        }),
      );
    }
  }

  #unknown(what: 'node' | 'property', name: string, span: Span, names: readonly string[], where: string): void {
    const near = nearestWord(name, names);
    const expected = names.length === 0 ? `${where} has none` : `expected one of ${names.join(', ')}`;
    this.#problems.push(
      diagnostic('error', 'SNT-R005', span, `unknown ${what} \`${name}\` in ${where}: ${expected}`, {
        suggestion: meant(near),
      }),
    );
  }
}

/** `cause NAME WORDS`: how a node is written. */
function formOf(name: string, { args }: NodeShape): string {
  return `\`${[name, ...args.map((one) => `"${one.name}"`)].join(' ')}\``;
}
