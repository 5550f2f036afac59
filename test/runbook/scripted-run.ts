/** A run of a runbook of a few lines in a world of a test: facts as said, an operator with a script, programs that only seem to run. */
import assert from 'node:assert/strict';
import { KnownSecrets } from '../../src/base/redaction.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { runRunbook } from '../../src/runbook/run/engine.ts';
import type { EndedEntry, Entry } from '../../src/runbook/run/entry.ts';
import type { RunPlan } from '../../src/runbook/run/walk.ts';
import type { CommandEnd, FactSource, Reading, World } from '../../src/runbook/run/world.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** A runbook from its Markdown, without its front matter. */
export async function runbook(body: string, id = 'test-book'): Promise<Runbook> {
  const head = `---\nid: ${id}\ntitle: A test\nseverity: SEV3\nsymptoms:\n  - something\n---\n\n# A test\n\n`;
  const loaded = await loadRunbook({ file: `/r/${id}.md`, text: head + body, origin: 'site', expectedId: id });
  if (loaded.kind !== 'ok') assert.fail(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
}

/** Machine parts in one fence. */
export function kdl(...lines: readonly string[]): string {
  return `\`\`\`kdl\n${lines.join('\n')}\n\`\`\`\n`;
}

export interface Scene {
  readonly book: Runbook;
  readonly others?: readonly Runbook[];
  /** What facts say, by question; a list is said one after the other, its last for ever. */
  readonly facts?: Readonly<Record<string, 'yes' | 'no' | 'unknown' | readonly ('yes' | 'no' | 'unknown')[]>>;
  /** What the operator types, in order: names of choices, or text. None = nobody is there. */
  readonly says?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  /** How programs end, by their first word and the second. */
  readonly programs?: (argv: readonly string[]) => Partial<CommandEnd>;
  readonly readings?: (atMs: number) => Reading;
  readonly plan?: Partial<RunPlan>;
  readonly signal?: AbortSignal;
}

export interface Ran {
  readonly ended: EndedEntry;
  readonly entries: readonly Entry[];
  /** Argument lists that were really run. */
  readonly ran: readonly (readonly string[])[];
  readonly bash: readonly string[];
  /** Prompts that the operator saw. */
  readonly asked: readonly string[];
  /** Lines of programs as they were shown. */
  readonly shown: readonly string[];
  of<K extends Entry['kind']>(kind: K): readonly Extract<Entry, { readonly kind: K }>[];
}

export async function play(scene: Scene): Promise<Ran> {
  const clock = new ManualClock();
  const start = clock.now();
  const entries: Entry[] = [];
  const ran: (readonly string[])[] = [];
  const bash: string[] = [];
  const asked: string[] = [];
  const shown: string[] = [];
  const says = [...(scene.says ?? [])];
  const asks = new Map<string, number>();
  const endOf = (argv: readonly string[], onOutput: (text: string) => void): CommandEnd => {
    const end = { end: 'exited', exit: 0, output: '', truncated: false, ...scene.programs?.(argv) } as const;
    if (end.output !== '') onOutput(end.output);
    clock.advance(1_500);
    return end;
  };
  const facts: FactSource = {
    titleOf: (question) => (scene.facts !== undefined && question in scene.facts ? `Is it so: ${question}?` : null),
    async answer(question) {
      const said = scene.facts?.[question] ?? 'unknown';
      const turn = asks.get(question) ?? 0;
      asks.set(question, turn + 1);
      const answer = typeof said === 'string' ? said : (said[Math.min(turn, said.length - 1)] ?? 'unknown');
      return { answer, words: `seen to be ${answer}`, evidence: [] };
    },
    wellAnswer: () => 'yes',
    section: async (name) => (name === 'process' ? { state: 'known', lines: ['pid 812'] } : null),
    cause: async (name) => ({
      strength: name === 'killed' ? 0.9 : 0,
      detail: name === 'killed' ? 'it said nothing' : '',
    }),
    finding: async () => ({ state: 'absent', title: '', words: '' }),
    outdated: () => undefined,
  };
  const next = (words: string): string | null => {
    asked.push(words);
    return says.shift() ?? null;
  };
  const world: World = {
    clock,
    facts,
    conditions: { read: async () => scene.readings?.(clock.now() - start) ?? { state: 'holds', words: 'well' } },
    values: {
      async value(name) {
        const value = scene.values?.[name];
        return value === undefined ? null : { value, by: 'option' };
      },
    },
    commands: {
      directory: '/work',
      async run({ argv, onOutput }) {
        ran.push(argv);
        return endOf(argv, onOutput);
      },
      async runBash(text, { onOutput }) {
        bash.push(text);
        return endOf(['bash', text], onOutput);
      },
    },
    operator: {
      present: scene.says !== undefined,
      choose: async (words) => next(words),
      type: async (words) => next(words),
    },
    screen: {
      show: () => undefined,
      prose: () => undefined,
      fence: () => undefined,
      offer: () => undefined,
      output: (line) => void shown.push(line),
      progress: () => queueMicrotask(() => clock.advance(1_000)),
    },
    sink: { append: (entry) => void entries.push(entry) },
    runbook: async (id) => scene.others?.find((one) => one.id === id) ?? null,
    signal: scene.signal ?? new AbortController().signal,
  };
  const ended = await runRunbook(world, {
    run: 'r-20260101-000000-abcd',
    runbook: scene.book,
    dryRun: false,
    only: null,
    from: null,
    yes: false,
    confirms: new Set(),
    answers: new Map(),
    named: new Set(Object.keys(scene.values ?? {})),
    known: new KnownSecrets([]),
    resume: null,
    actor: 'somebody',
    host: 'here',
    pid: 1,
    version: '0',
    ...scene.plan,
  });
  const of = <K extends Entry['kind']>(kind: K) =>
    entries.filter((entry): entry is Extract<Entry, { readonly kind: K }> => entry.kind === kind);
  return { ended, entries, ran, bash, asked, shown, of };
}
