/** The sources as text, and what each file imports: read by the laws. Tests plant violations in a copy of it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Path from the root of the project (`src/base/clock.ts`) → text. */
export type SourceTree = ReadonlyMap<string, string>;

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the root for a relative specifier, else `null`. */
  readonly target: string | null;
  readonly line: number;
  /** `dynamic` covers `import()` and the entry file of a thread (`new URL('…', import.meta.url)`). */
  readonly kind: 'static' | 'type' | 'dynamic';
}

/** All TypeScript files below `directory`. */
export function readTree(root: string, directory: string): SourceTree {
  const files = readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(directory, name))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}

/** A copy with one more file, or another text for one. */
export function withFile(tree: SourceTree, file: string, text: string): SourceTree {
  return new Map([...tree, [file, text]]);
}

const importForms: readonly (readonly [Import['kind'], RegExp])[] = [
  ['type', /\b(?:import|export)\s+type\s[^;'"`]*?\bfrom\s*"(\d+)"/g],
  ['static', /\b(?:import|export)\s+(?!type\s)[^;'"`()]*?\bfrom\s*"(\d+)"/g],
  ['static', /\bimport\s*"(\d+)"/g],
  ['dynamic', /\bimport\s*\(\s*"(\d+)"/g],
  ['dynamic', /\bnew\s+URL\s*\(\s*"(\d+)"\s*,\s*import\.meta\.url/g],
];

/** Every import of a file, in the order of its lines. */
export function importsOf(file: string, text: string): readonly Import[] {
  const { code, strings } = codeOf(text);
  const found = importForms.flatMap(([kind, form]) =>
    [...code.matchAll(form)].map((match): Import => {
      const specifier = strings[Number(match[1])] as string;
      const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : null;
      return { specifier, target, line: lineAt(code, match.index), kind };
    }),
  );
  return found.filter(({ target }) => target === null || target.endsWith('.ts')).sort((a, b) => a.line - b.line);
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A regular expression cannot follow these: there a slash divides. */
const endsValue = /[\w$)\]"]$/;
const keywordBeforeRegex = /\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof)$/;

/**
 * The text without comments, and with every string replaced by its number in `strings`, so that a search for code
 * finds neither prose nor data. Line breaks stay, so that line numbers hold.
 */
export function codeOf(text: string): { readonly code: string; readonly strings: readonly string[] } {
  const strings: string[] = [];
  let code = '';
  let at = 0;
  /** Depths of braces at which a template literal goes on. */
  const templates: number[] = [];
  let depth = 0;

  const skipTo = (end: number): void => {
    code += text.slice(at, end).replace(/[^\n]/g, '');
    at = end;
  };
  const takeString = (quote: string): void => {
    let end = at + 1;
    while (end < text.length && text[end] !== quote) {
      if (quote === '`' && text.startsWith('${', end)) break;
      end += text[end] === '\\' ? 2 : 1;
    }
    const inner = text.slice(at + 1, end);
    code += `"${strings.push(inner) - 1}"${inner.replace(/[^\n]/g, '')}`;
    const interrupted = quote === '`' && text.startsWith('${', end);
    at = interrupted ? end + 2 : end + 1;
    if (interrupted) templates.push(depth);
  };

  while (at < text.length) {
    const char = text[at] as string;
    if (text.startsWith('//', at)) skipTo(endOf(text, '\n', at));
    else if (text.startsWith('/*', at)) skipTo(endOf(text, '*/', at + 2) + 2);
    else if (char === "'" || char === '"' || char === '`') takeString(char);
    else if (char === '/' && (!endsValue.test(code.trimEnd()) || keywordBeforeRegex.test(code.trimEnd()))) {
      code += '"regex"';
      at = endOfRegex(text, at);
    } else if (char === '}' && templates.at(-1) === depth) {
      templates.pop();
      takeString('`');
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      code += char;
      at++;
    }
  }
  return { code, strings };
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end;
}

function endOfRegex(text: string, from: number): number {
  let end = from + 1;
  let inClass = false;
  while (end < text.length && (inClass || text[end] !== '/') && text[end] !== '\n') {
    if (text[end] === '\\') end++;
    else if (text[end] === '[') inClass = true;
    else if (text[end] === ']') inClass = false;
    end++;
  }
  return end + 1;
}
