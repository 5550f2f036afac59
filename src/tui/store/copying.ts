/** `y`: what of a row can be copied, each as text for a terminal, a ticket or a chat. Pure; OSC 52 is the screen's. */
import type { RequestRecord } from '../../admin/contract/request-shapes.ts';
import { oneLine } from '../../cli/text.ts';
import { commandAt } from '../actions/shell-words.ts';
import type { Reading } from '../feed/reading.ts';
import type { KeyPress } from '../keys/keymap.ts';
import { everyNode, type Row } from '../rows/row.ts';
import { causesInOrder } from './cause-order.ts';
import { readingOf } from './moments.ts';
import { nodeNamed } from './node.ts';
import { selectedRow } from './selection.ts';
import type { Overlay, State, Step } from './state.ts';
import { doing, movedIn, only, refused, told, withOverlay } from './step.ts';

type CopyMenu = Extract<Overlay, { kind: 'copy' }>;
type Choice = CopyMenu['choices'][number];

export function openCopy(state: State): Step {
  const choices = copyChoices(state);
  return choices.length === 0
    ? refused(state, 'there is nothing to copy')
    : only(withOverlay(state, { kind: 'copy', choices, chosen: 0 }));
}

export function copyKey(state: State, menu: CopyMenu, press: KeyPress): Step {
  const chosen = movedIn(press, menu.chosen, menu.choices.length);
  if (chosen !== null) return only(withOverlay(state, { ...menu, chosen }));
  const take = (choice: Choice | undefined): Step => (choice === undefined ? only(state) : copied(state, choice.text));
  switch (press.key) {
    case 'enter':
    case 'y':
      return take(menu.choices[menu.chosen]);
    case 'escape':
    case 'q':
      return only(withOverlay(state, null));
  }
  return /^[1-9]$/.test(press.key) ? take(menu.choices[Number(press.key) - 1]) : only(state);
}

export function copied(state: State, text: string): Step {
  return doing(told(withOverlay(state, null), 'good', `copied: ${oneLine(text)}`), { kind: 'copy', text });
}

/** The most likely first. */
export function copyChoices(state: State): readonly Choice[] {
  const row = selectedRow(state);
  const reading = row === null ? null : readingOfRow(state, row);
  const verdict = verdictLine(state);
  return [
    ...(row === null ? [] : rowChoices(row, reading)),
    ...(state.lastUndo === null ? [] : [{ words: 'what undoes the last action', text: state.lastUndo }]),
    ...(verdict === null ? [] : [{ words: 'the verdict', text: verdict }]),
  ].map(({ words, text }) => ({ words, text: oneLine(text) }));
}

function readingOfRow(state: State, row: Row): Reading | null {
  const node = nodeNamed(state, row.node);
  return node === null ? null : readingOf(node, state);
}

function rowChoices(row: Row, reading: Reading | null): readonly Choice[] {
  const { thing } = row;
  const command = commandOf(row);
  const shown = command === null ? [] : [{ words: 'as a command', text: command }];
  const why = row.why === null ? [] : [{ words: 'why', text: `${row.name}: ${row.why}` }];
  switch (thing.kind) {
    case 'target':
      return [{ words: 'the address', text: thing.target }, ...shown, ...why];
    case 'client':
      return [{ words: 'the client', text: thing.client }, ...shown];
    case 'request': {
      const record = reading?.parts.errors?.requests.find(({ id }) => id === thing.id);
      const curl = record === undefined ? null : curlOf(record);
      return [
        { words: 'the correlation id', text: thing.correlationId },
        ...shown,
        ...(curl === null ? [] : [{ words: 'as curl', text: curl }]),
        ...why,
      ];
    }
    case 'inflight':
      return [{ words: 'the correlation id', text: thing.correlationId }, ...shown];
    default:
      return [...shown, { words: 'the name', text: row.name }, ...why];
  }
}

/** What shows the row at a shell; null = nothing does. */
export function commandOf({ node, thing, name }: Pick<Row, 'node' | 'thing' | 'name'>): string | null {
  const words = wordsOf(thing, name);
  return words === null || node === everyNode ? null : commandAt(node, words);
}

function wordsOf(thing: Row['thing'], name: string): readonly string[] | null {
  switch (thing.kind) {
    case 'upstream':
    case 'target':
      return ['sentinel', 'upstreams', thing.upstream];
    case 'route':
      return ['sentinel', 'requests', '--filter', `route="${thing.route}"`];
    case 'request':
    case 'inflight':
      return ['sentinel', 'trace', thing.correlationId];
    case 'client':
      return thing.by === 'ip'
        ? ['sentinel', 'requests', '--filter', `client="${thing.client}"`]
        : ['sentinel', 'clients', '--by', thing.by];
    case 'cause':
      return ['sentinel', 'requests', '--filter', `cause="${thing.cause}"`];
    case 'event':
      return ['sentinel', 'events', '--filter', `kind="${name}"`];
    case 'cert':
      return ['sentinel', 'cert-check'];
    case 'log':
      return ['sentinel', 'logs'];
    case 'line':
      return null;
  }
}

/** The request once more, at the proxy; without query and headers, which logs do not keep either. Null = its words are not what one should paste. */
function curlOf({ method, host, path, tls_version: tls }: RequestRecord): string | null {
  const url = `${tls === '' ? 'http' : 'https'}://${host}${path}`;
  if (host === '' || /[^\x21-\x7e]/.test(url) || !/^[A-Z]+$/.test(method)) return null;
  return `curl -sv -X ${method} '${url.replaceAll("'", '%27')}'`;
}

/** Of the first daemon that has one: `SEV3 api-backend/10.1.1.12:8080 refuses connections`. */
export function verdictLine({ nodes }: State): string | null {
  const judged =
    nodes.find(({ verdict }) => verdict !== null && verdict.status !== 'ok') ??
    nodes.find(({ verdict }) => verdict !== null);
  const verdict = judged?.verdict ?? null;
  if (judged === undefined || verdict === null) return null;
  const { status, severity, notices } = verdict;
  const parts = [
    ...causesInOrder(verdict).map(({ detail }) => detail),
    ...notices.map(({ code, title }) => `${code} ${title}`),
  ].slice(0, 3);
  if (status === 'ok') return `${judged.node}: all clear`;
  return [`${judged.node}:`, severity ?? status, parts.join(' · ')].filter((part) => part !== '').join(' ');
}
