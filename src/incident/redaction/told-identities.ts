/**
 * Who and which machine the files of a bundle name by a key anywhere: where a line of one file says `"actor": "ana"`, another may only
 * say `ana`. Whoever makes a bundle for strangers asks before anything is scrubbed.
 */
import { hostKeys, systemUsers, userKeys } from './identities.ts';

export interface ToldIdentities {
  readonly hosts: readonly string[];
  readonly users: readonly string[];
}

/** Whoever calls under ever new names makes nobody look for all of them. */
const MOST = 200;
const pairs = /\\?"([A-Za-z][\w.-]{1,20})\\?"\s?:\s?\\?"([A-Za-z_][\w.-]{1,63})(?::\d{1,5})?\\?"/g;

export function toldIdentities(contents: Iterable<string>): ToldIdentities {
  const hosts = new Set<string>();
  const users = new Set<string>();
  for (const content of contents)
    for (const [, key = '', value = ''] of content.matchAll(pairs)) {
      const name = key.toLowerCase().replace(/[-_.]/g, '');
      if (userKeys.has(name) && name !== 'by' && users.size < MOST && value.length >= 3 && !systemUsers.has(value))
        users.add(value);
      // Without a digit or a hyphen it is a word too; with dots it is known for one.
      else if (hostKeys.has(name) && hosts.size < MOST && /[\d-]/.test(value) && !/^(?:localhost|HTTP)|\./i.test(value))
        hosts.add(value);
    }
  return { hosts: [...hosts], users: [...users] };
}
