/**
 * The front matter of a runbook: YAML in, its fields or problems with their places out. The one door to `yaml`, which is loaded
 * when the first runbook is. Knows nothing of the rest of the file.
 */
import type { Document, Node, YAMLError } from 'yaml';
import { nearestWord } from '../base/near-miss.ts';
import { type Sev, sevs } from '../base/severity.ts';
import { type Diagnostic, diagnostic } from '../config/diagnostic.ts';
import type { Source, Span } from '../kdl/source.ts';
import { meant } from './meant.ts';

export interface FrontMatter {
  readonly id: string;
  readonly title: string;
  readonly severity: Sev | null;
  readonly symptoms: readonly string[];
  readonly entry: boolean;
}

const fieldNames = ['id', 'title', 'severity', 'symptoms', 'entry'] as const;
type FieldName = (typeof fieldNames)[number];

/** Letters, digits and single dashes: what a file name and a `goto` can be. */
const idForm = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * @param start offset of the YAML in `source`
 * @param expectedId what the name of the file says; null = it has none
 * @returns null where a field that is needed is not to be had; the problems say why
 */
export async function readFrontMatter(
  source: Source,
  start: number,
  end: number,
  expectedId: string | null,
): Promise<{ readonly matter: FrontMatter | null; readonly problems: readonly Diagnostic[] }> {
  const yaml = await import('yaml');
  const problems: Diagnostic[] = [];
  const spanOf = (from: number, to: number): Span => ({
    source,
    start: Math.min(start + from, end),
    end: Math.min(start + Math.max(to, from + 1), end),
  });
  const written = source.text.slice(start, end);
  let document: Document.Parsed;
  try {
    document = yaml.parseDocument(written, { prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    const message = `the front matter is no YAML: ${error instanceof Error ? error.message : String(error)}`;
    return { matter: null, problems: [diagnostic('error', 'SNT-R002', spanOf(0, 1), message)] };
  }
  for (const error of document.errors) {
    const words = error.message.replaceAll(/\s+/g, ' ');
    problems.push(
      diagnostic('error', 'SNT-R002', spanOf(...placeOf(written, error)), `the front matter is no YAML: ${words}`),
    );
  }
  if (problems.length > 0) return { matter: null, problems };
  if (!yaml.isMap(document.contents)) {
    const message = 'the front matter has no fields: expected `id`, `title`, `severity` and `symptoms`';
    return { matter: null, problems: [diagnostic('error', 'SNT-R002', spanOf(0, 1), message)] };
  }

  const whole = (node: Node): Span => spanOf(node.range?.[0] ?? 0, node.range?.[1] ?? 1);
  const wrong = (span: Span, message: string, facts = {}): void => {
    problems.push(diagnostic('error', 'SNT-R003', span, message, facts));
  };
  const values = new Map<FieldName, { readonly value: unknown; readonly span: Span; readonly node: Node | null }>();
  for (const { key, value } of document.contents.items) {
    const name = yaml.isScalar(key) ? String(key.value) : '';
    const keySpan = yaml.isNode(key) ? whole(key) : spanOf(0, 1);
    if (!(fieldNames as readonly string[]).includes(name)) {
      const near = nearestWord(name, fieldNames);
      const expected = `expected one of ${fieldNames.join(', ')}`;
      wrong(keySpan, `unknown field ${JSON.stringify(name)} in the front matter: ${expected}`, {
        suggestion: meant(near),
      });
      continue;
    }
    const node = yaml.isNode(value) ? value : null;
    const scalar = yaml.isScalar(value) ? value.value : node === null ? null : undefined;
    values.set(name as FieldName, { value: scalar, span: node === null ? keySpan : whole(node), node });
  }
  const top = spanOf(0, written.search(/[\r\n]|$/));

  const text = (name: 'id' | 'title'): string | null => {
    const given = values.get(name);
    if (given === undefined) {
      wrong(top, `the front matter has no ${name}: expected \`${name}: …\``);
      return null;
    }
    if (typeof given.value === 'string' && given.value.trim() !== '') return given.value.trim();
    wrong(given.span, `${name} is ${kindOf(given.value)}: expected a text`);
    return null;
  };

  const id = text('id');
  const title = text('title');
  const idSpan = values.get('id')?.span ?? top;
  if (id !== null && !idForm.test(id)) {
    wrong(
      idSpan,
      `the id ${JSON.stringify(id)} cannot be one: expected lower-case words with dashes, such as dns-outage`,
    );
  } else if (id !== null && expectedId !== null && id !== expectedId) {
    const shown = JSON.stringify(expectedId);
    wrong(idSpan, `the id is ${JSON.stringify(id)} and the name of the file says ${shown}: expected the same`);
  }

  let severity: Sev | null = null;
  const given = values.get('severity');
  if (given === undefined) severity = null;
  else if (sevs.includes(given.value as Sev)) severity = given.value as Sev;
  else if (given.value !== 'depends' && given.value !== null) {
    const shown = typeof given.value === 'string' ? JSON.stringify(given.value) : kindOf(given.value);
    wrong(given.span, `the severity is ${shown}: expected SEV1, SEV2, SEV3, SEV4 or \`depends\``);
  }

  const symptoms: string[] = [];
  const listed = values.get('symptoms');
  if (listed === undefined) wrong(top, 'the front matter has no symptoms: expected a list of what people see');
  else if (!yaml.isSeq(listed.node)) wrong(listed.span, `symptoms is ${kindOf(listed.value)}: expected a list`);
  else {
    for (const one of listed.node.items) {
      if (yaml.isScalar(one) && typeof one.value === 'string' && one.value.trim() !== '')
        symptoms.push(one.value.trim());
      else wrong(yaml.isNode(one) ? whole(one) : listed.span, 'a symptom is not a text: quote it');
    }
  }

  const entry = values.get('entry');
  if (entry !== undefined && typeof entry.value !== 'boolean')
    wrong(entry.span, `entry is ${kindOf(entry.value)}: expected true or false`);
  if (id === null || title === null || problems.length > 0) return { matter: null, problems };
  return { matter: { id, title, severity, symptoms, entry: entry?.value === true }, problems };
}

/** A quote that is never closed is complained of at the end of the text: the line that opens it says more. */
function placeOf(text: string, { message, pos: [from, to] }: YAMLError): readonly [from: number, to: number] {
  const quote = /Missing closing (["'])/.exec(message)?.[1];
  if (quote === undefined) return [from, to];
  let offset = 0;
  for (const line of text.split('\n')) {
    const open = line.indexOf(quote);
    if (open >= 0 && line.split(quote).length % 2 === 0) return [offset + open, offset + line.trimEnd().length];
    offset += line.length + 1;
  }
  return [from, to];
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'a block';
  if (value === null) return 'empty';
  return typeof value === 'string' ? 'an empty text' : `the ${typeof value} ${JSON.stringify(value)}`;
}
