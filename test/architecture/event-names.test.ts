/** Every event that the source names is in the catalogue, and the catalogue has no other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { eventCatalogue, type EventFacts } from '../../src/proxy/shared/event-catalogue.ts';

const proxy = path.join(import.meta.dirname, '../../src/proxy');
/** `event` means something else there: what the library of the store calls its own. */
const others = new Set(['data/rates/redis.ts']);

function eventsInSource(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(proxy, { recursive: true }).map(String)) {
    if (!file.endsWith('.ts') || others.has(file)) continue;
    for (const [, name] of readFileSync(path.join(proxy, file), 'utf8').matchAll(/\bevent: '([^']*)'/g)) {
      found.set(name as string, file);
    }
  }
  return found;
}

test('every event in the source is in the catalogue', () => {
  const unknown = [...eventsInSource()].filter(([name]) => !Object.hasOwn(eventCatalogue, name));
  assert.deepEqual(unknown, [], 'add them to src/proxy/shared/event-catalogue.ts');
});

test('every event in the catalogue is in the source', () => {
  const found = eventsInSource();
  assert.deepEqual(
    Object.keys(eventCatalogue).filter((name) => !found.has(name)),
    [],
  );
});

test('the catalogue is in the order of names, and each entry is a sentence', () => {
  const names = Object.keys(eventCatalogue);
  assert.deepEqual(names, names.toSorted());
  for (const [name, { meaning }] of Object.entries<EventFacts>(eventCatalogue)) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.match(meaning, /^[A-Z].*\.$/, name);
  }
});
