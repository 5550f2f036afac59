/**
 * What runbooks print and run of the program itself: commands, metrics, endpoints, codes, events. Whatever they name has to
 * exist. Used by `lint.ts`.
 */
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Source, Span } from '../../kdl/source.ts';
import { commandWords } from '../command-words.ts';
import type { Runbook } from '../model.ts';
import { nearest, problem, spotOf } from './finding.ts';
import { commandsOf } from './names.ts';
import type { Vocabulary } from './vocabulary.ts';

export function wrongMentions(runbook: Runbook, vocabulary: Vocabulary): readonly Diagnostic[] {
  const { source } = runbook.head;
  return [
    ...wrongCommands(runbook, vocabulary),
    ...wrongCodes(source, vocabulary),
    ...wrongMetrics(source, vocabulary),
    ...wrongEndpoints(source, vocabulary),
    ...wrongEventsAndCauses(source, vocabulary),
  ];
}

/** Those that stand before the program that matters. */
const wrappers = new Set(['sudo', 'env', 'nohup', 'timeout', 'nice', 'watch', 'time']);
const ourPrograms = new Set(['sentinel', 'sentinel-proxy']);

function wrongCommands(runbook: Runbook, vocabulary: Vocabulary): readonly Diagnostic[] {
  const run = runbook.items.flatMap((item) =>
    commandsOf(item).flatMap((command) => {
      const words = command.map((word) => (/\{[a-z]+\}/.test(word) ? opened(word, vocabulary) : word));
      return judged(unwrapped(words), true, spotOf(item.span, command[1] ?? command[0] ?? ''), vocabulary);
    }),
  );
  const spans = runbook.mentions.flatMap(({ kind, text, span }) =>
    kind === 'code' && /^(?:\$ )?sentinel(?:-proxy)? [a-z-]/.test(text) && !isForm(text)
      ? judged(wordsOf(text.replace(/^\$ /, ''), vocabulary), false, span, vocabulary)
      : [],
  );
  const shown = runbook.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'bash' ? ofShell(block.span, vocabulary) : [])),
  );
  return [...run, ...spans, ...shown];
}

function unwrapped(words: readonly string[]): readonly string[] {
  if (!wrappers.has(words[0] ?? '')) return words;
  const at = words.findLastIndex((word, index) => ourPrograms.has(word) && index < words.length - 1);
  return at < 0 ? words : words.slice(at);
}

/** Words in braces are put in later; what stands around them stays. */
function opened(word: string, { open }: Vocabulary): string {
  return word.replaceAll(/\{[a-z]+\}/g, open);
}

/** `sentinel override fallback ROUTE [UPSTREAM]`, `sentinel drain … --for 5m`: shows how, and is no command. */
function isForm(text: string): boolean {
  return /…|\.\.\.|\[|<[a-z]|\|/i.test(text.replace(/ [|>#] .*$/, ''));
}

function wordsOf(text: string, { open }: Vocabulary): readonly string[] {
  return commandWords(text).words.map((word) => (/[$`]/.test(word) ? open : word));
}

/** Every command of ours in a fence of bash, behind pipes and in `$(…)` too; lines may go on behind a backslash. */
function ofShell({ source, start, end }: Span, vocabulary: Vocabulary): readonly Diagnostic[] {
  const text = source.text.slice(start, end);
  const form =
    /(?<=^[ \t>]*(?:\$ )?|[|;&(][ \t]*|\b(?:sudo|env|watch|do|then|if|while|until|!)(?:[ \t]+-\S+(?:[ \t]+\d+)?)*[ \t]+['"]?)sentinel(?:-proxy)?(?=[ \t]+[a-z-])/gm;
  return [...text.matchAll(form)].flatMap((found) => {
    const rest = /^(?:[^\n\\]|\\[\s\S])*/.exec(text.slice(found.index))?.[0] ?? '';
    // The end of `$(…)`, and of what `watch '…'` was given.
    const command = text.slice(0, found.index).endsWith('$(') ? rest.replace(/\).*/, '') : rest;
    if (isForm(command)) return [];
    const span = {
      source,
      start: start + found.index,
      end: start + found.index + command.replace(/\s[|;&#>].*$/s, '').trimEnd().length,
    };
    return judged(wordsOf(command, vocabulary), true, span, vocabulary);
  });
}

function judged(words: readonly string[], whole: boolean, span: Span, vocabulary: Vocabulary): readonly Diagnostic[] {
  const [program = '', ...rest] = words;
  if (!ourPrograms.has(program)) return [];
  const own = vocabulary.ownSpelling(program, rest);
  if (own !== null) {
    const message = `\`${words.join(' ')}\` is the spelling of another program: expected \`${own}\``;
    return [problem('SNT-R012', span, message)];
  }
  const mistake = vocabulary.commandMistake(rest, whole);
  if (mistake === null) return [];
  return [problem('SNT-R012', span, `the program does not take \`${words.join(' ')}\`: ${mistake}`)];
}

function wrongCodes(source: Source, { codes }: Vocabulary): readonly Diagnostic[] {
  return found(source, /\bSNT-[A-Z]\d+\b/g)
    .filter(({ word }) => !codes.has(word))
    .map(({ word, span }) => problem('SNT-R013', span, `there is no code ${word}`, nearest(word, codes)));
}

/** By their full names anywhere; by a part of them where the series are looked through. */
function wrongMetrics(source: Source, { metrics, labels, requestCauses }: Vocabulary): readonly Diagnostic[] {
  const names = [...metrics];
  const full = found(source, /(?<![/.\w-])sentinel_[a-z0-9_]+(?:\*|(?![\w.]*\.(?:md|kdl|log|service|conf)))/g)
    .filter(({ word }) => {
      const begins = word.replace(/\*$/, '');
      const isPart = word.endsWith('*') || word.endsWith('_');
      return !metrics.has(word) && !(isPart && names.some((name) => name.startsWith(begins)));
    })
    .map(({ word, span }) => problem('SNT-R013', span, `there is no metric ${word}`, nearest(word, metrics)));
  const looked = found(source, /^.*(?:\/metrics\b|\bsentinel metrics ).*$/gm).flatMap(({ word: line, span }) =>
    [
      ...line
        .replaceAll(/[="](?:\\?")?[^"]*"/g, (text) => ' '.repeat(text.length))
        .matchAll(/(?:grep|metrics) +[^|]*/g),
    ].flatMap((part) =>
      [...part[0].matchAll(/(?<![\w/.-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g)]
        .filter(([word]) => !word.startsWith('sentinel_') && !labels.has(word) && !requestCauses.has(word))
        .filter(([word]) => !names.some((name) => name.includes(word)))
        .map((one) => {
          const start = span.start + part.index + one.index;
          const place = { source, start, end: start + one[0].length };
          const near = nearest(`sentinel_${one[0]}`, metrics);
          return problem('SNT-R013', place, `no metric has ${one[0]} in its name`, near);
        }),
    ),
  );
  return [...full, ...looked];
}

/** Paths of the admin interface, and whatever is asked of its usual address. */
function wrongEndpoints(source: Source, { endpoints }: Vocabulary): readonly Diagnostic[] {
  const asked = found(
    source,
    /(?<=(?:localhost|127\.0\.0\.1|\[::1\]):9090)\/[^\s"'`)|;?#]*|(?<![\w.:-])\/admin\/[^\s"'`)|;?#,]*/g,
  );
  const forms = endpoints.map((path) => formOf(path));
  return asked
    .map(({ word, span }) => ({ path: word.replace(/[.:/]+$/, ''), span }))
    .filter(({ path }) => path !== '' && path !== '/admin' && !forms.some((form) => form.test(path)))
    .filter(({ path }) => !(path.endsWith('*') && endpoints.some((one) => one.startsWith(path.slice(0, -1)))))
    .map(({ path, span }) =>
      problem(
        'SNT-R013',
        { ...span, end: span.start + path.length },
        `there is no endpoint ${path}`,
        nearest(path, endpoints),
      ),
    );
}

function formOf(path: string): RegExp {
  const segments = path.split('/').map((segment) => {
    if (/^\{[^}]*\+\}$/.test(segment)) return '[^/]+(?:/[^/]+)*';
    return /^\{[^}]*\}$/.test(segment) ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

/** In filters: `kind=reload_failed`, `cause=no_healthy_target`. */
function wrongEventsAndCauses(source: Source, { events, requestCauses }: Vocabulary): readonly Diagnostic[] {
  return found(
    source,
    /(?<=\bsentinel (?:events|requests|tap|logs)\b[^\n|]*\b(?:kind|cause) ?!?= ?)[a-z]+(?:_[a-z]+)+\b/g,
  )
    .filter(({ word }) => !events.has(word) && !requestCauses.has(word))
    .map(({ word, span }) =>
      problem('SNT-R013', span, `there is no event and no cause ${word}`, nearest(word, [...events, ...requestCauses])),
    );
}

function found(source: Source, form: RegExp): readonly { readonly word: string; readonly span: Span }[] {
  return [...source.text.matchAll(form)].map((one) => ({
    word: one[0],
    span: { source, start: one.index, end: one.index + one[0].length },
  }));
}
