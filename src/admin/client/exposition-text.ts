/** Text of `/metrics` → families of series, for `sentinel metrics` and for what compares two snapshots. Reads the Prometheus text format that the daemon writes. */

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly FamilySample[];
  /** Its lines as they came. */
  readonly lines: readonly string[];
}

export interface FamilySample {
  /** That of the family, or with `_sum`, `_count` or `_bucket` behind it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `NaN` and infinite values are what they are called. */
  readonly value: number;
}

export function readFamilies(text: string): readonly Family[] {
  const families: { name: string; type: string; help: string; samples: FamilySample[]; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const declared = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line);
    if (declared !== null) {
      const [, kind, name = '', rest = ''] = declared;
      let family = families.at(-1);
      if (family?.name !== name) {
        family = { name, type: 'untyped', help: '', samples: [], lines: [] };
        families.push(family);
      }
      if (kind === 'HELP') family.help = rest.replaceAll('\\n', '\n').replaceAll('\\\\', '\\');
      else family.type = rest;
      family.lines.push(line);
      continue;
    }
    const sample = readSample(line);
    if (sample === null) continue;
    families.at(-1)?.samples.push(sample);
    families.at(-1)?.lines.push(line);
  }
  return families;
}

function readSample(line: string): FamilySample | null {
  const found = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
  if (found === null) return null;
  const [, name = '', labels = '', value = ''] = found;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [
    key,
    text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
  ]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: numberOf(value) };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
