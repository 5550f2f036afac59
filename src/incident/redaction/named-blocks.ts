/**
 * Values below their name: `password: |` of YAML, lists of them, folded lines of header fields, lines that end in a backslash, parts
 * of forms. One line leaves a block open, and the next ones are asked whether they belong to it. For whoever reads line by line.
 */
import { redacted } from '../../base/redaction.ts';
import { promiseOf } from './secret-names.ts';

/** What a line leaves open for those after it. */
export interface OpenBlock {
  readonly kind: 'mapping' | 'indented' | 'folded' | 'continued' | 'labelled' | 'quoted' | 'part';
  readonly indent: number;
  /** Of `quoted`: what closes it. */
  readonly until: string;
  /** Lines that may follow yet. */
  readonly left: number;
}

const LONGEST_BLOCK = 200;
const opening =
  /^([\s>|+*#;-]*)(?:(?:export|set)\s+)?["']?([\w.$@/-]{2,120}|[A-Za-z]{2,20} [A-Za-z]{2,20})["']?\s*(=>|:=|[:=])[ \t]*(.*?)\r?$/;

export function openBlock(line: string): OpenBlock | null {
  if (line.length > 4096) return null;
  const part = /form-data;[^\n]{0,200}\bname="([^"]{1,100})"/i.exec(line)?.[1];
  if (part !== undefined && promiseOf(part) === 'certain')
    return { kind: 'part', indent: 0, until: '', left: LONGEST_BLOCK };
  const match = opening.exec(line);
  if (match === null) return null;
  const [, lead = '', name = '', sign = '', rest = ''] = match;
  const indent = /^\s*/.exec(lead)?.[0].length ?? 0;
  const block = (kind: OpenBlock['kind'], until = ''): OpenBlock => ({ kind, indent, until, left: LONGEST_BLOCK });
  const value = rest.trim();
  if (/^(?:name|key)$/i.test(name) && promiseOf(value.replace(/^["']|["'],?$/g, '')) === 'certain')
    return block('labelled');
  // Of Kubernetes: all of it, whatever its names.
  if (name === 'stringData' && value === '') return block('mapping');
  if (promiseOf(name) !== 'certain') return null;
  if (value === '' || /^[|>][+-]?\d?(?:\s+#.*)?$/.test(value)) return block('indented', value === '' ? 'plain' : '');
  const quotes = /^("""|''')(?!.*\1)/.exec(value)?.[1];
  if (quotes !== undefined) return block('quoted', quotes);
  if (value.endsWith('\\')) return block('continued');
  return sign === ':' && /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]+)$/i.test(name)
    ? block('folded')
    : null;
}

/** The next line without what belongs to the block, and what is open then; null = the block was over before. */
export function insideBlock(
  open: OpenBlock,
  line: string,
): { readonly text: string; readonly open: OpenBlock | null } | null {
  const lead = /^\s*(?:- )?/.exec(line)?.[0] ?? '';
  const indent = /^\s*/.exec(line)?.[0].length ?? 0;
  const value = line.slice(lead.length).trimEnd();
  if (open.left === 0 || (value === '' && !['quoted', 'indented', 'part'].includes(open.kind))) return null;
  const next = { ...open, left: open.left - 1 };
  switch (open.kind) {
    case 'labelled': {
      const [, head] = /^(\s*["']?value["']?\s*[:=]\s*)\S/i.exec(line) ?? [];
      return head === undefined ? null : { text: `${head}"${redacted}"`, open: null };
    }
    case 'mapping': {
      if (indent <= open.indent) return null;
      const [, head = lead] = /^(\s*["']?[\w.-]{1,253}["']?\s*:)(?:\s|$)/.exec(line) ?? [];
      return /^\s*(?:[|>][+-]?\d?)?\s*$/.test(line.slice(head.length))
        ? { text: line, open: next }
        : { text: `${head}${head.endsWith(':') ? ' ' : ''}${redacted}`, open: next };
    }
    case 'quoted':
      return line.includes(open.until)
        ? { text: `${redacted}${line.slice(line.indexOf(open.until))}`, open: null }
        : { text: redacted, open: next };
    case 'part':
      // Its own header fields, an empty line, and the value up to the boundary.
      if (line.startsWith('--')) return null;
      if (open.until === '') return { text: line, open: value === '' ? { ...next, until: 'value' } : next };
      return { text: value === '' ? line : redacted, open: next };
    case 'continued':
      return { text: lead + redacted, open: line.trimEnd().endsWith('\\') ? next : null };
    case 'folded':
      return indent === 0 || /^[\w-]{1,60}:\s/.test(value) ? null : { text: lead + redacted, open: next };
    default:
      if (value === '') return { text: line, open: next };
      if (indent <= open.indent && !lead.endsWith('- ')) return null;
      if (open.until === 'plain' && /^["']?[\w.-]{1,80}["']?\s*[:=](?:\s|$)/.test(value)) return null;
      return { text: lead + redacted, open: next };
  }
}
