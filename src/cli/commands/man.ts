/** `sentinel man`: the manual pages of the package, laid out here, so that they can be read where no `man` and no network is. */
import { exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { nearestWord } from '../../base/near-miss.ts';
import type { Invocation, Outcome } from '../command.ts';
import { layOutPage } from '../manual/mdoc-page.ts';
import { showPaged } from '../manual/pager.ts';
import { sourceOf, type Topic, topicOf, topics } from '../manual/topics.ts';
import type { Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const words = invocation.arguments('topic');
  if (words.length === 0) return list();
  const topic = topicOf(words);
  if (topic === null) throw unknown(words.join(' '));
  const { stdout, context } = invocation;
  const source = sourceOf(topic);
  if (!invocation.json && stdout.isTerminal && (await showPaged(layOutPage(source, stdout.style), context.environment)))
    return { kind: 'done', exitCode: exitCodes.ok };
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...topic, text: layOutPage(source, plainStyle(stdout.style)) },
    text: (style) => layOutPage(source, style),
  };
}

function list(): Outcome {
  const all = topics();
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { topics: all },
    text: (style) => {
      const width = Math.max(...all.map(({ name }) => name.length));
      const heads: Readonly<Record<string, string>> = { '1': 'Commands', '5': 'Files', '7': 'Topics' };
      return ['7', '5', '1']
        .map((section) => {
          const lines = all
            .filter((one) => one.section === section)
            .map(({ name, summary }) => `  ${name.padEnd(width)}  ${style.dim(summary)}\n`);
          return `${style.bold(heads[section] ?? '')}\n${lines.join('')}`;
        })
        .join('\n');
    },
  };
}

function unknown(asked: string): SentinelError {
  const near = nearestWord(
    asked,
    topics().map(({ name }: Topic) => name),
  );
  return new SentinelError('SNT-P041', `looking up \`${asked}\`: there is no such manual page`, {
    hint: near === null ? 'sentinel man' : `sentinel man ${near}`,
  });
}

function plainStyle(style: Style): Style {
  const as = (text: string): string => text;
  return { ...style, coloured: false, bold: as, dim: as, red: as, green: as, yellow: as, cyan: as };
}
