/** Where each value in force comes from. For `config print --origin`, `sentinel env` and the admin interface. */
import { lineOf } from '../kdl/source.ts';
import type { LoadedConfig } from './load.ts';
import type { Keys, Variants } from './schema/keys.ts';
import { root } from './schema/root.ts';
import type { Setting, SettledEntry, SettledVariant } from './tree.ts';

/** `file:line` of a setting, or `default`. */
export function originOf({ span }: Setting<unknown>): string {
  return span === null ? 'default' : `${span.source.name}:${lineOf(span.source, span.start)}`;
}

export interface EffectiveSetting {
  /** `routes.api.policies.timeout-secs`. */
  readonly path: string;
  /** The value as KDL; secrets as the `${…}` that was written. Null = unsaid. */
  readonly text: string | null;
  /** Null = default. */
  readonly origin: { readonly file: string; readonly line: number } | null;
}

/**
 * Every single-valued key in force, in the order of the manual.
 * @param hideSecrets for whoever is not known to be able to read the file
 * @param block Only those of this block of the top, one of `settingBlocks`; null = all.
 */
export function effectiveSettings(
  loaded: LoadedConfig,
  hideSecrets = false,
  block: string | null = null,
): EffectiveSetting[] {
  const keys = block === null ? root : Object.fromEntries(Object.entries(root).filter(([name]) => name === block));
  return collect(keys, loaded.settled as unknown as Branch, '', hideSecrets);
}

/** Names of what stands at the top of a configuration. */
export const settingBlocks: readonly string[] = Object.keys(root);

type Branch = Readonly<Record<string, unknown>>;

function collect(keys: Keys, branch: Branch, path: string, hideSecrets: boolean): EffectiveSetting[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    const value = branch[name];
    const here = `${path}${name}`;
    if (value === null || value === undefined) return [];
    if (key.kind === 'scalar') {
      const setting = effective(here, value as Setting<unknown>);
      return [key.type.secret === true && hideSecrets ? { ...setting, text: '"[redacted]"' } : setting];
    }
    if (key.kind === 'variant') {
      const { kind, word, keys: own } = value as SettledVariant<Variants>;
      return [effective(here, word), ...collect(key.variants[kind] ?? {}, own, `${here}.`, hideSecrets)];
    }
    if (key.kind === 'block') return collect(key.keys, value as Branch, `${here}.`, hideSecrets);
    if (key.kind !== 'collection') return [];
    const entries = value as readonly SettledEntry<Keys>[];
    return entries.flatMap(({ id, keys: entry }, index) =>
      collect(key.keys, entry, `${here}.${id?.value ?? index}.`, hideSecrets),
    );
  });
}

function effective(path: string, { text, span }: Setting<unknown>): EffectiveSetting {
  const origin = span === null ? null : { file: span.source.name, line: lineOf(span.source, span.start) };
  return { path, text, origin };
}
