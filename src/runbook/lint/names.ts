/** Names in machine parts that the diagnosis has to know: probes, questions, causes, conditions, placeholders. Used by `lint.ts`. */
import { nearestWord } from '../../base/near-miss.ts';
import { type Diagnostic, diagnostic } from '../../config/diagnostic.ts';
import { meant } from '../meant.ts';
import { readCondition } from '../condition.ts';
import type { Item, Runbook } from '../model.ts';
import { isPlaceholder, placeholders, placeholdersIn } from '../placeholders.ts';
import type { Shelf } from '../shelf.ts';
import { lineWords, nearest, problem, spotOf } from './finding.ts';
import type { Vocabulary } from './vocabulary.ts';

export function unknownNames(runbook: Runbook, vocabulary: Vocabulary): readonly Diagnostic[] {
  return runbook.items.flatMap((item) => ofItem(item, vocabulary));
}

function ofItem(item: Item, vocabulary: Vocabulary): readonly Diagnostic[] {
  const unknown = (what: string, name: string, names: Iterable<string>): Diagnostic =>
    problem('SNT-R009', spotOf(item.span, name), `there is no ${what} ${JSON.stringify(name)}`, nearest(name, names));
  const questions = (names: readonly string[]): Diagnostic[] =>
    names
      .filter((name) => !vocabulary.questions.has(name))
      .map((name) => unknown('question', name, vocabulary.questions));
  switch (item.kind) {
    case 'probe':
      return vocabulary.probes.has(item.name) ? [] : [unknown('probe', item.name, vocabulary.probes)];
    case 'ask':
      return item.words === null ? questions([item.question]) : mistaken(item, item.question, vocabulary);
    case 'assert':
      return questions([item.question]);
    case 'step':
      return questions(item.needs);
    case 'cause':
      return vocabulary.causes.has(item.name) ? [] : [unknown('cause', item.name, vocabulary.causes.keys())];
    case 'wait': {
      const reading = readCondition(item.condition);
      if (reading.ok) return reading.condition.kind === 'question' ? questions([reading.condition.question]) : [];
      const suggestion = meant(reading.meant);
      return [problem('SNT-R017', spotOf(item.span, item.condition), reading.message, { suggestion })];
    }
    default:
      return [];
  }
}

/** A question for people whose name is nearly one that facts answer. */
function mistaken(item: Item, name: string, { questions }: Vocabulary): readonly Diagnostic[] {
  if (questions.has(name)) return [];
  const near = nearestWord(name, questions);
  if (near === null) return [];
  const message = `${JSON.stringify(name)} is a question for people, nearly called as one that facts answer`;
  return [diagnostic('warning', 'SNT-R009', spotOf(item.span, name), message, { suggestion: meant(near) })];
}

/** Causes of one runbook: with their own code, and where they belong. */
export function misplacedCauses(runbook: Runbook, vocabulary: Vocabulary): readonly Diagnostic[] {
  return runbook.items.flatMap((item) => {
    if (item.kind !== 'cause') return [];
    const known = vocabulary.causes.get(item.name);
    if (known === undefined) return [];
    const problems: Diagnostic[] = [];
    if (item.code !== known.code) {
      const message = `the cause ${item.name} has the code ${item.code}: expected ${known.code}`;
      problems.push(problem('SNT-R010', spotOf(item.span, item.code), message));
    }
    const here = runbook.id === known.procedure || vocabulary.sharing.get(runbook.id) === known.procedure;
    if (!here) {
      const message = `the cause ${item.name} stands in ${runbook.id}: expected it in ${known.procedure}`;
      problems.push(problem('SNT-R010', spotOf(item.span, item.name), message));
    }
    return problems;
  });
}

/** Causes that the runbook of their procedure does not have. */
export function missingCauses(shelf: Shelf, vocabulary: Vocabulary): readonly Diagnostic[] {
  return [...vocabulary.causes].flatMap(([name, { code, procedure }]) => {
    const home = shelf.get(procedure);
    if (home === null || home.items.some((item) => item.kind === 'cause' && item.name === name)) return [];
    const message = `the cause ${name} has no place in ${procedure}: expected \`cause "${name}" "…" code="${code}"\` in one of its fences`;
    return [problem('SNT-R010', spotOf(home.head, home.id), message)];
  });
}

/** Words in braces, in commands that steps run and in those that are only shown. */
export function unknownPlaceholders(runbook: Runbook): readonly Diagnostic[] {
  const inItems = runbook.items.flatMap((item) =>
    commandsOf(item)
      .flat()
      .flatMap((argument) => placeholdersIn(argument))
      .filter((name) => !isPlaceholder(name))
      .map((name) =>
        problem(
          'SNT-R018',
          spotOf(item.span, `{${name}}`),
          `nothing is put in the place of {${name}}: expected one of ${Object.keys(placeholders).join(', ')}`,
          nearest(name, Object.keys(placeholders)),
        ),
      ),
  );
  const inShown = runbook.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => {
      if (block.kind !== 'bash') return [];
      const { source, start, end } = block.span;
      return [...source.text.slice(start, end).matchAll(/(?<![$\w])\{([a-z]+)\}/g)]
        .filter(([, name = '']) => isPlaceholder(name))
        .map(({ 0: whole, index }) => {
          const span = { source, start: start + index, end: start + index + whole.length };
          const message = `${whole} stands in a line of bash, where nothing is put in its place: expected an example or a step`;
          return problem('SNT-R018', span, message);
        });
    }),
  );
  return [...inItems, ...inShown];
}

/** Every command that a machine part would run. */
export function commandsOf(item: Item): readonly (readonly string[])[] {
  const given = (command: readonly string[] | null): readonly (readonly string[])[] =>
    command === null ? [] : [command];
  switch (item.kind) {
    case 'step':
      return [...given(item.command), ...given(item.undo)];
    case 'cause':
      return item.fixes.flatMap(({ command }) => given(command));
    case 'fix':
    case 'rollback':
      return given(item.command);
    default:
      return [];
  }
}

/** Steps and causes of one runbook that have the same name. */
export function repeatedNames(runbook: Runbook): readonly Diagnostic[] {
  const seen = new Map<string, Item>();
  return runbook.items.flatMap((item) => {
    if (item.kind !== 'step' && item.kind !== 'cause') return [];
    const key = `${item.kind} ${item.name}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, item);
      return [];
    }
    const message = `the ${item.kind} ${JSON.stringify(item.name)} is there twice, first in ${lineWords(first.span)}: expected names of their own`;
    return [
      problem('SNT-R007', spotOf(item.span, item.name), message, {
        label: 'again here',
        secondary: [{ span: spotOf(first.span, item.name), label: 'first here' }],
      }),
    ];
  });
}
