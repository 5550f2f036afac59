/**
 * Takes out of a bundle what its profile says, file by file, and counts it. Made once for each bundle by whoever writes it; knows
 * no file system and keeps nothing but counts and tokens.
 */
import { withoutQueryValues, withoutValue } from './dropped-values.ts';
import { Identities } from './identities.ts';
import { isJson, rewriteJson } from './json-text.ts';
import { rewriteKdl } from './kdl-text.ts';
import { LiteralSearch } from './literal-search.ts';
import { isSecretLabel, rewriteMetrics } from './prometheus-text.ts';
import { redacted } from '../../base/redaction.ts';
import type { ContentKind, Profile, RedactionReport, Scrubber } from './scrubber.ts';
import { TextRules } from './text-rules.ts';
import { Tokens } from './tokens.ts';

export interface ScrubberOptions {
  readonly profile: Profile;
  /** 32 random bytes, for this bundle alone and never written into it: tokens say nothing without it. */
  readonly key: Buffer;
  /** Secret values that the process knows, replaced wherever they stand. */
  readonly known: Iterable<string>;
  /** Host names of the configuration, of targets and of certificates: `share` and `paranoid` take them out wherever they stand. */
  readonly hosts?: Iterable<string>;
  /** Names of people that are known: who is logged in, who opened the incident. */
  readonly users?: Iterable<string>;
}

export function createScrubber(options: ScrubberOptions): Scrubber {
  return options.profile === 'none' ? new Untouched() : new BundleScrubber(options);
}

/** Of `none`. */
class Untouched implements Scrubber {
  readonly profile = 'none';

  scrub(_path: string, _kind: ContentKind, content: string): string {
    return content;
  }

  report(): RedactionReport {
    return { profile: 'none', by_rule: {}, by_file: {}, tokens: {} };
  }

  map(): ReadonlyMap<string, string> {
    return new Map();
  }
}

class BundleScrubber implements Scrubber {
  readonly profile: Profile;
  readonly #known: LiteralSearch;
  readonly #rules: TextRules;
  readonly #tokens: Tokens;
  /** Null = they stay. */
  readonly #identities: Identities | null;
  readonly #byFile = new Map<string, Map<string, number>>();
  #path = '';

  constructor({ profile, key, known, hosts = [], users = [] }: ScrubberOptions) {
    const note = (rule: string) => this.#note(rule);
    this.profile = profile;
    this.#known = new LiteralSearch(known);
    this.#rules = new TextRules(this.#known, note);
    this.#tokens = new Tokens(key);
    this.#identities = profile === 'internal' ? null : new Identities(this.#tokens, hosts, users, note);
  }

  scrub(path: string, kind: ContentKind, content: string): string {
    this.#path = path;
    const safe = this.#withoutSecrets(kind, content);
    return this.#identities === null ? safe : this.#withoutIdentities(kind, safe, this.#identities);
  }

  report(): RedactionReport {
    const byRule: Record<string, number> = {};
    const byFile: Record<string, Record<string, number>> = {};
    for (const [path, rules] of [...this.#byFile].sort(byName)) {
      byFile[path] = Object.fromEntries([...rules].sort(byName));
      for (const [rule, count] of rules) byRule[rule] = (byRule[rule] ?? 0) + count;
    }
    const sorted = Object.fromEntries(Object.entries(byRule).sort(byName));
    return { profile: this.profile, by_rule: sorted, by_file: byFile, tokens: this.#tokens.counts() };
  }

  map(): ReadonlyMap<string, string> {
    return this.#tokens.map;
  }

  #withoutSecrets(kind: ContentKind, content: string): string {
    if (kind === 'prometheus') return this.#metrics(content);
    if (kind === 'json') return this.#rules.scrubJson(this.#knownOverLines(content, true).text);
    if (kind === 'kdl') {
      const settled = rewriteKdl(content, {
        value: (value) => this.#rules.scrub(value),
        rest: (text) => this.#rules.scrub(text),
        note: (rule) => this.#note(rule),
      });
      if (settled !== null) return settled;
    }
    const { text, left } = this.#knownOverLines(content, kind === 'ndjson');
    return this.#rules.lines(text, 0, left);
  }

  /** Values that were cut by the end of a line stand in two; the others are found where they are read. */
  #knownOverLines(content: string, json: boolean): { readonly text: string; readonly left: readonly number[] } {
    const left: number[] = [];
    let out = '';
    let from = 0;
    for (const { start, end, part } of this.#known.find(content)) {
      // A number stays one for now, and an escape keeps its backslash: the rules for JSON know what they stand in.
      if (json && (/^-?[\d.]+$/.test(content.slice(start, end)) || content[start - 1] === '\\')) {
        left.push(out.length + start - from);
        continue;
      }
      out += content.slice(from, start) + redacted;
      from = end;
      this.#note(part ? 'known-part' : 'known');
    }
    return { text: from === 0 ? content : out + content.slice(from), left };
  }

  #metrics(content: string): string {
    return rewriteMetrics(content, (value, label) => {
      if (!isSecretLabel(label, value)) return this.#rules.scrub(value);
      this.#note('named');
      return redacted;
    });
  }

  #withoutIdentities(kind: ContentKind, content: string, identities: Identities): string {
    const value = (text: string, name: string | null, inside: string | null) =>
      identities.named(name ?? '', this.#dropped(text, name, inside));
    const text = (line: string) =>
      identities.text(this.profile === 'paranoid' ? this.#counted(line, withoutQueryValues(line)) : line);
    const json = (document: string) =>
      rewriteJson(document, {
        text: (one, name, _certain, inside) => value(one, name, inside),
        key: (name) => (name.length > 3 ? identities.key(name) : name),
        number: () => true,
      });
    if (kind === 'json') return json(content);
    if (kind === 'prometheus') return rewriteMetrics(content, (one, label) => value(one, label, null));
    if (kind === 'kdl') {
      const settled = rewriteKdl(content, { value, rest: text, note: () => {} });
      if (settled !== null) return settled;
    }
    return content
      .split('\n')
      .map((line) => (isJson(line) ? json(line) : text(line)))
      .join('\n');
  }

  #dropped(text: string, name: string | null, inside: string | null): string {
    return this.profile === 'paranoid' ? this.#counted(text, withoutValue(name, inside, text)) : text;
  }

  #counted(before: string, after: string): string {
    if (before !== after) this.#note('dropped');
    return after;
  }

  #note(rule: string): void {
    const rules = this.#byFile.get(this.#path) ?? new Map<string, number>();
    rules.set(rule, (rules.get(rule) ?? 0) + 1);
    this.#byFile.set(this.#path, rules);
  }
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
