/**
 * Whether what runbooks say is so: every name in them against the vocabulary of the program, every way against the shelf. Text in
 * the shelf has been read already; nothing here reads a file.
 */
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Runbook } from '../model.ts';
import type { Shelf } from '../shelf.ts';
import { changesWithoutReturn } from './changes.ts';
import { problem } from './finding.ts';
import { wrongMentions } from './mentions.ts';
import { misplacedCauses, missingCauses, repeatedNames, unknownNames, unknownPlaceholders } from './names.ts';
import type { Vocabulary } from './vocabulary.ts';
import { deadWays, traps, unreachable } from './ways.ts';

/** A place and what is wrong there; `config/render` draws it. */
export type LintProblem = Diagnostic;

/**
 * Everything that is wrong, files that could not be read included; by file, then by place.
 * @param asked whose texts are judged; what the shelf lacks as a whole may be told of others too
 */
export function lint(
  shelf: Shelf,
  vocabulary: Vocabulary,
  asked: (runbook: Runbook) => boolean = () => true,
): readonly LintProblem[] {
  const runbooks = shelf.all().filter(asked);
  const problems = [
    ...shelf.problems,
    ...runbooks.flatMap((runbook) => [
      ...unknownNames(runbook, vocabulary),
      ...misplacedCauses(runbook, vocabulary),
      ...repeatedNames(runbook),
      ...changesWithoutReturn(runbook),
      ...unknownPlaceholders(runbook),
      ...deadWays(shelf, runbook),
      ...wrongMentions(runbook, vocabulary),
      ...wrongExamples(runbook, vocabulary),
    ]),
    ...missingCauses(shelf, vocabulary),
    ...unreachable(shelf),
    ...traps(shelf),
  ];
  return problems.sort(
    (one, other) =>
      compare(one.span.source.name, other.span.source.name) ||
      one.span.start - other.span.start ||
      compare(one.code, other.code),
  );
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function wrongExamples(runbook: Runbook, { configMistakes }: Vocabulary): readonly LintProblem[] {
  return runbook.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => {
      if (block.kind !== 'example') return [];
      const { source, start, end } = block.span;
      return configMistakes(source.text.slice(start, end)).map((mistake) => {
        const span = { source, start: Math.min(start + mistake.start, end), end: Math.min(start + mistake.end, end) };
        return problem('SNT-R014', span, `the configuration would be refused: ${mistake.message} (${mistake.code})`);
      });
    }),
  );
}
