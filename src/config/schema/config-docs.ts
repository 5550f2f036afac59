/** `docs/config.md` from the schema. Pure: the file in the repository is this text, and a test says when it is stale. */
import { languageRules, referenceSections } from './reference.ts';
import type { ReferenceKey, ReferenceSection } from './reference.ts';

export function renderConfigDocs(): string {
  const [top, ...sections] = referenceSections();
  const parts = [
    '<!-- Made from src/config/schema by `npm run docs`. Change it there. -->',
    '# The configuration file',
    'Every key that sentinel understands. `sentinel validate FILE` checks a file, `sentinel config print --origin` shows what is in force and which line it comes from, and `sentinel init` writes a file to begin with.',
    '## The language',
    languageRules.map((rule) => `- ${rule}`).join('\n'),
    '## The top level',
    ...(top === undefined ? [] : [keyTable(top.keys)]),
    ...sections.flatMap(renderSection),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderSection({ path, meaning, interplay, notes, keys }: ReferenceSection): string[] {
  const depth = Math.min(2 + blockDepth(path), 4);
  const title = path.map((step) => `\`${step}\``).join(' › ');
  const text = [meaning, interplay, ...notes].filter((part) => part !== null).join(' ');
  return [`${'#'.repeat(depth)} ${title}`, text, ...(keys.length === 0 ? [] : [keyTable(keys)])];
}

/** A collection and its entry are one level. */
function blockDepth(path: readonly string[]): number {
  const wrappers = path.filter((step, index) => step === `${path[index + 1]}s`).length;
  return path.length - wrappers - 1;
}

function keyTable(keys: readonly ReferenceKey[]): string {
  const rows = keys.map(
    (key) => `| ${[nameCell(key), cell(key.value), defaultCell(key), meaningCell(key)].join(' | ')} |`,
  );
  return ['| Key | Value | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function nameCell({ name, aliases }: ReferenceKey): string {
  const others = aliases.map((alias) => `\`${alias}\``).join(', ');
  return others === '' ? `\`${name}\`` : `\`${name}\`, also ${others}`;
}

function defaultCell(key: ReferenceKey): string {
  if (key.required) return '**required**';
  if (key.default === null) return 'none';
  return cell(key.unit === null || !/^`\d/.test(key.default) ? key.default : `${key.default} ${key.unit}`);
}

function meaningCell({ meaning, interplay, example, repeatable }: ReferenceKey): string {
  const parts = [
    meaning,
    interplay,
    repeatable ? 'May be given again.' : null,
    example === null ? null : `Example: \`${example}\``,
  ];
  return cell(parts.filter((part) => part !== null).join(' '));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
