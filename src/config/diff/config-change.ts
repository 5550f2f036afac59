/** One difference between two configurations, and its one line for people. Made by `differ.ts`, shown by every `config` command. */

/** What a change is about: an entry of the file (`route api`), or a block of the top level (`server`). */
export interface ChangedObject {
  /** As the file calls it: `route`, `upstream`, `target`, `listener`, `sni`, `token`, `limits`, `server` … */
  readonly kind: string;
  /** Null for what there is one of. */
  readonly name: string | null;
  /** What it stands in: the upstream of a target. */
  readonly of: { readonly kind: string; readonly name: string | null } | null;
}

export interface ConfigChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly object: ChangedObject;
  /** In the object, by the names of the file: `policies.timeout-secs`, `matches.header.X-Env`; `order`; null = the object itself. */
  readonly key: string | null;
  /** What it was, in words: `30s`, `30s (default)`; null = nothing, or a secret. */
  readonly from: string | null;
  readonly to: string | null;
  /** `~ route api timeout 30s→60s`. */
  readonly words: string;
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** `~ route api timeout 30s→60s`; `detail` is what follows the object. */
export function changeWords(kind: ConfigChange['kind'], object: ChangedObject, detail: string): string {
  return `${signs[kind]} ${objectWords(object)}${detail === '' ? '' : ` ${detail}`}`;
}

/** `target 10.1.1.12:8080 of api-backend`. */
export function objectWords({ kind, name, of }: ChangedObject): string {
  const own = name === null ? kind : `${kind} ${name}`;
  return of === null ? own : `${own} of ${of.name ?? of.kind}`;
}
