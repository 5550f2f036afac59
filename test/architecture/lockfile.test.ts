/** A fresh clone installs with `npm ci`: the lockfile is complete, exact, and asks for the packages that package.json does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json') as Locked;
const { packages } = read('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> };
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

test('every dependency has one exact version, and the lockfile has the same', () => {
  for (const [name, version] of kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}))) {
    assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
    assert.equal(packages[`node_modules/${name}`]?.version, version, name);
  }
});

test('the lockfile names the packages of all platforms; `node scripts/lock.mjs` adds them', () => {
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages))
      .map((name) => `${place} → ${name}`),
  );
  assert.deepEqual(missing, []);
});
