/** `sentinel config history`: the configurations that were in force; with a number, the texts of that one. Without a daemon, from its folder. */
import { resolve } from 'node:path';
import type { GenerationReply, HistoryEntry, HistoryReply } from '../../admin/contract/history-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { readBackup } from '../../history/backup.ts';
import { stateDirOf } from '../../history/boot.ts';
import { generationBefore } from '../../history/generation-before.ts';
import { headOf } from '../../history/generation-file.ts';
import { listingOf, withTexts } from '../../history/listing.ts';
import { foldersToRead } from '../../history/location.ts';
import { readPending } from '../../history/pending.ts';
import { HistoryStore } from '../../history/store.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { momentText, printable, sideBySide } from '../text.ts';

type From = Pick<Extract<Outcome, { kind: 'report' }>, 'daemon' | 'generation' | 'warnings'>;

export async function run(invocation: Invocation): Promise<Outcome> {
  const wanted = numberOf(invocation);
  try {
    const client = daemonOf(invocation);
    if (wanted === null) {
      const { data, daemon, generation, notes } = await client.call('config-history');
      return list(data, { daemon, generation, warnings: notes }, invocation.stdout);
    }
    const { data, daemon, generation, notes } = await client.call('config-generation', {
      params: { number: String(wanted) },
    });
    return one(data, { daemon, generation, warnings: notes });
  } catch (error) {
    const away = error instanceof SentinelError && error.code === 'SNT-A001';
    // Who names a daemon wants that one's history, not that of the file here.
    if (!away || invocation.option('daemon') !== undefined) throw error;
    return fromFolder(invocation, wanted, error);
  }
}

function numberOf(invocation: Invocation): number | null {
  const given = invocation.argument('generation');
  if (given === undefined) return null;
  if (/^[1-9]\d{0,7}$/.test(given)) return Number(given);
  throw new SentinelError('SNT-P040', `the generation is ${JSON.stringify(given)}, expected a number such as 41`, {
    hint: 'sentinel config history',
  });
}

/** @param away Why no daemon answered: thrown where there is no folder either. */
function fromFolder(invocation: Invocation, wanted: number | null, away: SentinelError): Outcome {
  const choice = chooseConfig(invocation);
  if (choice.path === null) throw away;
  const path = resolve(invocation.directory, choice.path);
  const folders = foldersToRead(invocation.context, stateDirOf(loadChoice(invocation, choice), path), path);
  const store = new HistoryStore(folders);
  const { generations, unreadable } = store.list();
  if (folders.find() === null || (generations.length === 0 && unreadable.length === 0)) throw away;
  const warnings = [`no daemon answered: read from ${store.folder}, and which one runs is not known`];
  const facts = { running: null, pending: readPending(folders).mark, backup: readBackup({ config: path, folders }) };
  const entries = listingOf(generations, facts);
  if (wanted === null) {
    const data = { generations: entries, unreadable, folder: store.folder, keep: null };
    return list(data, { warnings }, invocation.stdout);
  }
  const generation = store.read(wanted);
  const [alone] = listingOf([headOf(generation)], facts);
  return one(withTexts(entries.find((entry) => entry.generation === wanted) ?? (alone as HistoryEntry), generation), {
    warnings,
  });
}

function list(data: HistoryReply, from: From, output: Output): Outcome {
  const { generations, unreadable } = data;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    findings: unreadable.map(({ file, why }) => ({
      code: 'SNT-P018',
      severity: 'warning',
      title: 'entry of the history not readable',
      detail: `${file}: ${why}`,
    })),
    ...from,
    text(style) {
      const notes = [...(from.warnings ?? []), ...unreadable.map(({ file, why }) => `cannot read ${file}: ${why}`)];
      const told = notes.map((note) => `${style.yellow(`▲ ${printable(note)}`)}\n`).join('');
      const [newest] = generations;
      if (newest === undefined) return `${told}no generations are kept\n`;
      return `${told}${table(generations, style, output)}${style.dim(nextWords(generations, style.columns))}\n`;
    },
  };
}

function nextWords(generations: readonly HistoryEntry[], columns: number): string {
  const [first, second] = generations;
  if (first === undefined || second === undefined)
    return `what it said: sentinel config history ${first?.generation ?? 1}`;
  const heads = generations.map(({ generation: number, digest, origin }) => ({ number, digest, origin }));
  const before = generationBefore(heads, first);
  const words = [
    `what changed: sentinel config diff ${second.generation} ${first.generation}`,
    ...(before === null ? [] : [`back to the one before: sentinel config rollback ${before}`]),
  ];
  return sideBySide(words, columns);
}

const columns = [
  { title: 'GEN', right: true },
  { title: 'WHEN' },
  { title: 'BY', drop: 1 },
  { title: 'ORIGIN', drop: 2 },
  { title: 'DIGEST', drop: 4 },
  { title: 'FILES', right: true, drop: 5 },
  { title: 'MARKS' },
  { title: 'REASON' },
];

function table(generations: readonly HistoryEntry[], style: Style, output: Output): string {
  const rows = generations.map(({ generation, at, actor, origin, digest, files, marks, reason }) => ({
    cells: [
      String(generation),
      momentText(at),
      printable(actor),
      origin,
      digest.slice(0, 12),
      String(files.length),
      marks.join(','),
      printable(reason ?? '–'),
    ],
    ...(marks.includes('pending') ? { paint: style.yellow } : marks.includes('running') ? { paint: style.green } : {}),
  }));
  return fittedTable(columns, rows, style, output);
}

/** The texts alone, so that one file can be written into a file; with several, a line above each says which it is. */
function one(data: GenerationReply, from: From): Outcome {
  const { texts, generation, at, actor, origin, reason } = data;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    ...from,
    text(style) {
      const facts = `generation ${generation}, ${at}, ${origin} by ${actor}${reason === null ? '' : `: ${reason}`}`;
      const notes = [facts, ...(from.warnings ?? [])].map((note) => style.dim(`// ${printable(note)}\n`)).join('');
      const files = texts.map(({ path, text }) => {
        const name = `${style.dim(`// ${printable(path)}`)}\n`;
        return `${name}${printable(text).replace(/\n*$/, '\n')}`;
      });
      return `${notes}${files.join('\n')}`;
    },
  };
}
