/**
 * The machine part of runbooks: the text of one fence in, items or problems with their places in the Markdown file out. Strict:
 * what is not known here is a problem. Whether the names in it exist is the business of the lint.
 */
import { parseDuration } from '../base/units.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { diagnostic } from '../config/diagnostic.ts';
import type { KdlEntry, KdlNode } from '../kdl/document.ts';
import { readKdl } from '../kdl/reader.ts';
import { makeSource, type Source, type Span } from '../kdl/source.ts';
import { commandWords } from './command-words.ts';
import type { Fix, Goto, Item, StepItem } from './model.ts';
import { NodeCheck } from './node-check.ts';
import { partNodes } from './node-shapes.ts';

const defaultStepMs = 60_000;
const defaultWaitMs = 10 * 60_000;

export interface FenceReading {
  readonly items: readonly Item[];
  readonly problems: readonly Diagnostic[];
}

/**
 * @param start offset of the first line of the fence in `source`; `end` that of the line that closes it
 * @param section anchor of the section that it stands in
 */
export function readFence(source: Source, start: number, end: number, section: string): FenceReading {
  const reading = readKdl(makeSource(source.name, source.text.slice(start, end)));
  const placed = (span: Span): Span => ({
    source,
    start: Math.min(span.start + start, end),
    end: Math.min(span.end + start, end),
  });
  if (!reading.ok) {
    const problems = reading.problems.map(({ message, span, label, replacement }) =>
      diagnostic('error', 'SNT-R004', placed(span), message, {
        label: replacement === null ? label : `write \`${replacement}\``,
      }),
    );
    return { items: [], problems };
  }
  const problems: Diagnostic[] = [];
  if (reading.document.version !== 2) {
    const message = 'the fence is written in version 1 of KDL: expected version 2, with `#true`, `#false` and `#null`';
    problems.push(diagnostic('error', 'SNT-R004', { source, start, end: Math.min(start + 1, end) }, message));
  }
  const reader = new FenceReader(section, problems);
  const items = reading.document.nodes.flatMap((node) => {
    const item = reader.item(moved(node, placed));
    return item === null ? [] : [item];
  });
  return { items, problems };
}

/** The node with every place moved into the file. */
function moved(node: KdlNode, placed: (span: Span) => Span): KdlNode {
  const entry = (one: KdlEntry): KdlEntry => ({ ...one, span: placed(one.span), valueSpan: placed(one.valueSpan) });
  return {
    ...node,
    nameSpan: placed(node.nameSpan),
    span: placed(node.span),
    args: node.args.map(entry),
    props: node.props.map(entry),
    children: node.children?.map((child) => moved(child, placed)) ?? null,
  };
}

class FenceReader {
  readonly #section: string;
  readonly #problems: Diagnostic[];

  constructor(section: string, problems: Diagnostic[]) {
    this.#section = section;
    this.#problems = problems;
  }

  /** Null where the node is wrong; the problems say why. */
  item(node: KdlNode): Item | null {
    const before = this.#problems.length;
    const check = new NodeCheck(node, partNodes, 'a runbook', this.#problems);
    const read = check.known ? this.#read(node, check) : null;
    if (read === null || this.#problems.length > before) return null;
    return { ...read, section: this.#section, span: node.span };
  }

  #read(node: KdlNode, check: NodeCheck): Unplaced | null {
    switch (node.name) {
      case 'probe':
        return { kind: 'probe', name: check.text(0) };
      case 'ask': {
        const [yes, no] = [this.#goto(check, 'yes'), this.#goto(check, 'no')];
        if (yes === null && no === null && check.sound)
          check.wrong(
            'SNT-R015',
            node.nameSpan,
            'the question leads nowhere: expected `yes goto="…"`, `no goto="…"` or both',
          );
        return { kind: 'ask', question: check.text(0), words: check.textOrNull(1), yes, no };
      }
      case 'finding':
        return { kind: 'finding', code: check.text(0) };
      case 'cause':
        return {
          kind: 'cause',
          name: check.text(0),
          code: check.property('code') ?? '',
          words: check.text(1),
          fixes: check.children('fix').map((fix) => this.#fix(fix)),
        };
      case 'fix':
        return { kind: 'fix', ...this.#fix(check) };
      case 'step':
        return this.#step(check);
      case 'assert':
        return { kind: 'assert', question: check.text(0), answer: check.text(1) === 'no' ? 'no' : 'yes' };
      case 'wait':
        return {
          kind: 'wait',
          condition: check.property('until') ?? '',
          forMs: this.#duration(check, 'for') ?? 0,
          timeoutMs: this.#duration(check, 'timeout') ?? defaultWaitMs,
        };
      case 'confirm':
        return { kind: 'confirm', words: check.text(0), typed: check.property('typed') };
      case 'rollback':
        return this.#rollback(node, check);
      case 'note':
        return { kind: 'note', words: check.text(0) };
      default:
        return null;
    }
  }

  #fix(check: NodeCheck): Fix {
    const entry = check.propertyEntry('run');
    if (entry === null || typeof entry.value !== 'string') return { words: check.text(0), command: null };
    const { words, shell } = commandWords(entry.value);
    if (shell !== null) {
      check.wrong(
        'SNT-R006',
        entry.valueSpan,
        `no shell reads this command: expected a program with its arguments, got ${JSON.stringify(shell)}`,
      );
    } else if (words.length === 0) {
      check.wrong('SNT-R006', entry.valueSpan, 'the command is empty: expected a program with its arguments');
    }
    return { words: check.text(0), command: words };
  }

  #step(check: NodeCheck): Unplaced {
    const effect = check.property('kind') as StepItem['effect'] | null;
    const [timeout] = check.children('timeout-secs');
    return {
      kind: 'step',
      name: check.text(0),
      words: check.text(1),
      effect: effect ?? 'observe',
      command: check.child('run')?.texts() ?? null,
      needs: check.children('needs').flatMap((one) => one.texts()),
      undo: check.child('undo')?.texts() ?? null,
      noUndo: check.child('no-undo')?.text(0) ?? null,
      accepts: check.child('accepts')?.numbers() ?? [0],
      timeoutMs: timeout === undefined ? defaultStepMs : (timeout.numbers()[0] ?? 0) * 1000,
    };
  }

  #rollback(node: KdlNode, check: NodeCheck): Unplaced {
    const step = check.property('step');
    const command = check.child('run')?.texts() ?? null;
    const words = check.textOrNull(0);
    if (step !== null && command !== null)
      check.wrong('SNT-R006', node.nameSpan, 'the rollback has a step and a command: expected one of them');
    else if (step === null && words === null)
      check.wrong(
        'SNT-R006',
        node.nameSpan,
        'the rollback says nothing: expected `step="…"`, or words and perhaps a `run`',
      );
    return { kind: 'rollback', step, command, words };
  }

  #duration(check: NodeCheck, name: string): number | null {
    const entry = check.propertyEntry(name);
    if (entry === null || typeof entry.value !== 'string') return null;
    const ms = parseDuration(entry.value);
    if (ms === null)
      check.wrong(
        'SNT-R006',
        entry.valueSpan,
        `${name} is ${JSON.stringify(entry.value)}: expected a time such as 30s or 10m`,
      );
    return ms;
  }

  #goto(check: NodeCheck, answer: 'yes' | 'no'): Goto | null {
    const entry = check.child(answer)?.propertyEntry('goto') ?? null;
    if (entry === null || typeof entry.value !== 'string') return null;
    const [, runbook, anchor] = /^([a-z0-9-]+)?(?:#(\S+))?$/.exec(entry.value) ?? [];
    if (runbook === undefined && anchor === undefined) {
      const shown = JSON.stringify(entry.value);
      check.wrong(
        'SNT-R006',
        entry.valueSpan,
        `goto is ${shown}: expected the id of a runbook, \`id#heading\` or \`#heading\``,
      );
    }
    return { runbook: runbook ?? null, anchor: anchor ?? null, span: entry.valueSpan };
  }
}

type WithoutPlace<T> = T extends unknown ? Omit<T, 'section' | 'span'> : never;
/** What a node says, without where it stands. */
type Unplaced = WithoutPlace<Item>;
