/**
 * What each node of a machine fence may have: arguments, properties and nodes inside it. Data alone; read by the check, the
 * manual and the tests.
 */

export type ValueKind = 'text' | 'number';

export interface ArgumentShape {
  readonly name: string;
  readonly kind: ValueKind;
  readonly optional?: true;
  readonly choices?: readonly string[];
}

export interface PropertyShape {
  readonly kind: ValueKind;
  readonly needed?: true;
  readonly choices?: readonly string[];
}

export interface NodeShape {
  readonly args: readonly ArgumentShape[];
  /** Any number of arguments of this kind, at least one, instead of `args`. */
  readonly many?: { readonly name: string; readonly kind: ValueKind };
  readonly props?: Readonly<Record<string, PropertyShape>>;
  readonly nodes?: Readonly<Record<string, NodeShape>>;
  /** May stand more than once in the node that it is in. */
  readonly repeats?: true;
  /** In one line, for the manual. */
  readonly meaning: string;
}

const text = (name: string): ArgumentShape => ({ name, kind: 'text' });
const optional = (name: string): ArgumentShape => ({ name, kind: 'text', optional: true });

const run: NodeShape = {
  args: [],
  many: { name: 'word', kind: 'text' },
  meaning: 'the program and its arguments, each for itself: no shell reads them',
};

const way: NodeShape = {
  args: [],
  props: { goto: { kind: 'text', needed: true } },
  meaning: 'where it goes on: `runbook`, `runbook#heading` or `#heading`',
};

const fix: NodeShape = {
  args: [text('words')],
  props: { run: { kind: 'text' } },
  repeats: true,
  meaning: 'what helps; `run` is the command that does it',
};

/** Nodes at the top of a fence. */
export const partNodes: Readonly<Record<string, NodeShape>> = {
  probe: { args: [text('name')], meaning: 'gather this part of the facts' },
  ask: {
    args: [text('question'), optional('words')],
    nodes: {
      yes: { ...way, meaning: `after yes, ${way.meaning}` },
      no: { ...way, meaning: `after no, ${way.meaning}` },
    },
    meaning: 'a question; facts answer one of the diagnosis, people one that has words',
  },
  finding: { args: [text('code')], meaning: 'a code that this part of the procedure is about' },
  cause: {
    args: [text('name'), text('words')],
    props: { code: { kind: 'text', needed: true } },
    nodes: { fix },
    meaning: 'a cause that a diagnosis can name, and what helps; the likelier ones first',
  },
  fix: { ...fix, meaning: 'what helps whatever the cause is' },
  step: {
    args: [text('name'), text('words')],
    props: { kind: { kind: 'text', needed: true, choices: ['observe', 'change', 'destroy'] } },
    nodes: {
      run,
      needs: {
        args: [],
        many: { name: 'question', kind: 'text' },
        repeats: true,
        meaning: 'questions that have to be answered by yes before it',
      },
      undo: { ...run, meaning: 'the command that takes it back' },
      'no-undo': { args: [text('words')], meaning: 'why no command takes it back' },
      'timeout-secs': { args: [{ name: 'seconds', kind: 'number' }], meaning: 'how long it may take; 60' },
      accepts: {
        args: [],
        many: { name: 'status', kind: 'number' },
        meaning: 'exit statuses that count as done; 0',
      },
    },
    meaning: 'something to do; without `run` by hand',
  },
  assert: {
    args: [text('question'), { name: 'answer', kind: 'text', choices: ['yes', 'no'] }],
    meaning: 'go on only when the question is answered so',
  },
  wait: {
    args: [],
    props: { until: { kind: 'text', needed: true }, for: { kind: 'text' }, timeout: { kind: 'text' } },
    meaning: 'until the condition has held `for` so long; give up after `timeout` (10m)',
  },
  confirm: {
    args: [text('words')],
    props: { typed: { kind: 'text' } },
    meaning: 'ask before going on; `typed` has to be typed',
  },
  rollback: {
    args: [optional('words')],
    props: { step: { kind: 'text' } },
    nodes: { run },
    meaning: 'go back: the undoing of a step, a command, or words',
  },
  note: { args: [text('words')], meaning: 'said when it is reached' },
};
