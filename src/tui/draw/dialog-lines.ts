/**
 * The question before something is done, always in the same order: what, where, what it does in numbers, what takes it back, when it
 * ends by itself, why (operator.md §5). Cancel is what Enter means until somebody chooses otherwise.
 */
import type { Overlay } from '../store/state.ts';
import type { Box } from './box-lines.ts';
import { typedSpans } from './input-lines.ts';
import type { Line, Look, Span } from './line.ts';
import { span } from './spans.ts';
import { padded } from './width.ts';
import { wrapped } from './wrapped.ts';

type Confirm = Extract<Overlay, { kind: 'confirm' }>;

const TITLE = 10;

/** @param room lines that are seen at once: where they are too few, what separates and what repeats is left out */
export function confirmBox(overlay: Confirm, columns: number, room: number, look: Look): Box {
  const { preview, changed, focus, caret } = overlay;
  const wide = Math.min(columns, 76);
  const facts: readonly (readonly [string, string, Span['tone']?])[] = [
    ['what', preview.what],
    ['where', preview.where],
    ['effect', preview.effect, preview.danger === 'severe' ? 'bad' : 'warn'],
    ['undo', preview.undo],
    ['expires', preview.expires],
  ];
  const body: Line[] = changed
    ? [[span('It has changed since you looked: read it again.', { tone: 'warn', bold: true })], []]
    : [];
  for (const [title, text, tone] of facts) body.push(...factLines(title, text, wide, tone));
  body.push([], inputLine('reason', overlay.reason, focus === 'reason' ? caret : null, look));
  if (preview.confirmName !== null) {
    body.push(
      [span(`Type ${preview.confirmName} to go on:`, { tone: 'bad' })],
      inputLine('name', overlay.typed, focus === 'typed' ? caret : null, look),
    );
  }
  const ready = preview.confirmName === null || overlay.typed === preview.confirmName;
  body.push(
    [],
    [button('Cancel', focus === 'cancel', true), span('  '), button('Proceed', focus === 'proceed', ready)],
    [],
  );
  const same = wrapped(`same: ${preview.cli}`, wide).map((line): Line => [span(line, { tone: 'dim' })]);
  const roomy = body.length + same.length <= room;
  const lines = roomy ? [...body, ...same] : body.filter((line) => line.length > 0);
  const tone = preview.danger === 'severe' ? 'bad' : preview.danger === 'moderate' ? 'warn' : 'info';
  return {
    title: `${overlay.action}?`,
    body: lines,
    foot: [span(footOf(overlay), { tone: 'dim' })],
    manner: { tone },
    wide,
    focus: lines.length,
  };
}

/** What the keys do where the focus is. */
function footOf({ focus }: Confirm): string {
  switch (focus) {
    case 'cancel':
      return 'y then Enter proceeds  Enter or Esc cancels  Tab next';
    case 'proceed':
      return 'Enter proceeds  n or Esc cancels  Tab next';
    case 'reason':
    case 'typed':
      return 'Enter or Tab next  Esc cancels';
  }
}

export function quitBox(): Box {
  return {
    title: 'quit?',
    body: [
      [span('The daemon has not answered yet to what was asked of it.')],
      [span('It is done, or not, without you.')],
    ],
    foot: [span('y quit  any other key stays', { tone: 'dim' })],
    manner: { tone: 'warn' },
  };
}

function factLines(title: string, text: string, wide: number, tone: Span['tone']): readonly Line[] {
  return wrapped(text, Math.max(8, wide - TITLE)).map((line, at) => [
    span(padded(at === 0 ? title : '', TITLE), { tone: 'dim' }),
    span(line, tone === undefined ? {} : { tone }),
  ]);
}

/** `caret`: null where it has not the focus. */
function inputLine(title: string, text: string, caret: number | null, look: Look): Line {
  const head = span(padded(title, TITLE), caret !== null ? { bold: true } : { tone: 'dim' });
  if (caret !== null) return [head, ...typedSpans(text, caret, look)];
  return [head, text === '' ? span('–', { tone: 'dim' }) : span(text)];
}

function button(words: string, focused: boolean, enabled: boolean): Span {
  const text = focused ? `▸[ ${words} ]` : ` [ ${words} ]`;
  return span(text, focused ? { inverse: true, bold: true } : enabled ? {} : { tone: 'dim' });
}
