/**
 * A runbook as a walk sees it: one list of parts in the order of the file, steps and bash fences numbered. Where anchors and names
 * of steps lead is looked up here; nothing is done.
 */
import type { Block, Item, Runbook, Section } from '../model.ts';

interface At {
  readonly index: number;
  readonly line: number;
  readonly anchor: string;
}

export type Part = At &
  (
    | { readonly kind: 'heading'; readonly section: Section }
    | { readonly kind: 'prose'; readonly markdown: string }
    | { readonly kind: 'checklist'; readonly entries: readonly { readonly line: number; readonly text: string }[] }
    | { readonly kind: 'bash'; readonly text: string; readonly number: number }
    | { readonly kind: 'example'; readonly text: string }
    | { readonly kind: 'step'; readonly step: Extract<Item, { readonly kind: 'step' }>; readonly number: number }
    | { readonly kind: 'item'; readonly item: Exclude<Item, { readonly kind: 'step' }> }
  );

export type StepPart = Extract<Part, { readonly kind: 'step' }>;
export type BashPart = Extract<Part, { readonly kind: 'bash' }>;

type Placeless<P> = P extends unknown ? Omit<P, 'index'> : never;

export function partsOf(runbook: Runbook): readonly Part[] {
  const parts: Part[] = [];
  let steps = 0;
  let fences = 0;
  const add = (part: Placeless<Part>): void => void parts.push({ ...part, index: parts.length } as Part);
  const addBlock = (block: Block, anchor: string): void => {
    const { line } = block;
    switch (block.kind) {
      case 'prose':
        return add({ kind: 'prose', line, anchor, markdown: block.markdown });
      case 'checklist':
        return add({ kind: 'checklist', line, anchor, entries: block.entries });
      case 'bash':
        return add({ kind: 'bash', line, anchor, text: block.text, number: ++fences });
      case 'example':
        return add({ kind: 'example', line, anchor, text: block.text });
      case 'machine':
        for (const item of block.items) {
          if (item.kind === 'step') add({ kind: 'step', line, anchor, step: item, number: ++steps });
          else add({ kind: 'item', line, anchor, item });
        }
    }
  };
  for (const section of runbook.sections) {
    const { anchor, line, title } = section;
    if (title !== '') add({ kind: 'heading', line, anchor, section });
    for (const block of section.blocks) addBlock(block, anchor);
  }
  return parts;
}

/** Index of the first part of a section; null = there is no such section. */
export function indexOfAnchor(parts: readonly Part[], anchor: string): number | null {
  return parts.find((part) => part.anchor === anchor)?.index ?? null;
}

/** A step by its number or its name. */
export function stepAt(parts: readonly Part[], reference: string): StepPart | null {
  const steps = parts.filter((part) => part.kind === 'step');
  return steps.find(({ step, number }) => step.name === reference || String(number) === reference) ?? null;
}

/** A bash fence by its number: `2`, `b2`. */
export function bashAt(parts: readonly Part[], reference: string): BashPart | null {
  const number = reference.replace(/^b/, '');
  return parts.filter((part) => part.kind === 'bash').find((part) => String(part.number) === number) ?? null;
}

/** `1 check, 2 restart`: for whoever named one that is not there. */
export function stepNames(parts: readonly Part[]): string {
  const names = parts.flatMap((part) => (part.kind === 'step' ? [`${part.number} ${part.step.name}`] : []));
  return names.length === 0 ? 'it has none' : names.join(', ');
}
