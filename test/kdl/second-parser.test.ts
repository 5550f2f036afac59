/** Two parsers that share no code read the same documents: what we see in a file is what KDL says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'kdljs';
import type { KdlNode } from '../../src/kdl/document.ts';
import { readKdl } from '../../src/kdl/reader.ts';
import { makeSource } from '../../src/kdl/source.ts';
import { seedBlocks, seedFiles } from '../seeds/seed-blocks.ts';

/** What both agree to describe. */
interface Plain {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly children: readonly Plain[];
}

function ours(node: KdlNode): Plain {
  return {
    name: node.name,
    values: node.args.map(({ value }) => value),
    properties: Object.fromEntries(node.props.map(({ name, value }) => [name, value])),
    children: (node.children ?? []).map(ours),
  };
}

function theirs(node: {
  name: string;
  values: unknown[];
  properties: Record<string, unknown>;
  children: unknown[];
}): Plain {
  return {
    name: node.name,
    values: node.values,
    properties: { ...node.properties },
    children: (node.children as (typeof node)[]).map(theirs),
  };
}

function documents(): [name: string, text: string][] {
  const folder = join(import.meta.dirname, '../config/cases/ok');
  const files = readdirSync(folder).filter((name) => name.endsWith('.kdl') && name !== 'version-1.kdl');
  return [
    ...files.map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]),
    ...seedFiles.flatMap((file) => seedBlocks(file).map(({ name, text }): [string, string] => [name, text])),
  ];
}

for (const [name, text] of documents()) {
  test(`${name} is the same document to both parsers`, () => {
    const reading = readKdl(makeSource(name, text));
    const second = parse(text);
    assert.deepEqual(second.errors, []);
    assert.ok(reading.ok);
    if (!reading.ok) return;
    assert.equal(reading.document.version, 2);
    assert.deepEqual(reading.document.nodes.map(ours), (second.output ?? []).map(theirs));
  });
}
