/** What daemons are called where there is little room: as much of each name as tells it apart from the others. Pure; asked by rows. */

/** Columns that a table has for it. */
export const labelColumns = 10;

/** In the order of the names, each another. A name that fits stays whole where all do. */
export function labelsOf(names: readonly string[]): readonly string[] {
  const known = remembered.get(names.join('\n'));
  if (known !== undefined) return known;
  const labels = names.every((name) => name.length <= labelColumns) ? names : shortened(names);
  if (remembered.size > 8) remembered.clear();
  remembered.set(names.join('\n'), labels);
  return labels;
}

const remembered = new Map<string, readonly string[]>();

function shortened(names: readonly string[]): readonly string[] {
  const from = sharedLength(names, /[/]$/);
  const to = sharedLength(names.map(reversed), /[.:/]$/);
  const told = names.map((name) => name.slice(from, Math.max(from, name.length - to)));
  const cut = told.map(middleCut);
  return new Set(cut).size === names.length && !cut.includes('') ? cut : names.map((_, at) => `#${at + 1}`);
}

/** Characters that all begin with, up to where a part of a name ends. */
function sharedLength(names: readonly string[], end: RegExp): number {
  const [first = ''] = names;
  let shared = first.length;
  for (const name of names) {
    let at = 0;
    while (at < shared && name[at] === first[at]) at += 1;
    shared = at;
  }
  while (shared > 0 && !end.test(first.slice(0, shared))) shared -= 1;
  return shared;
}

function reversed(text: string): string {
  return Array.from(text).toReversed().join('');
}

/** Names differ at their beginning or at their end. */
function middleCut(name: string): string {
  if (name.length <= labelColumns) return name;
  const head = Math.ceil((labelColumns - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (labelColumns - 1 - head))}`;
}
