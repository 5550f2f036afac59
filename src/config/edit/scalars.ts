/**
 * Edits of single values: `policies.timeout-secs` of a route, `limits.max-total-connections`. Says which file's text changes,
 * and how; nothing is written. Walks the files by the schema; knows no key by name.
 */
import { SentinelError } from '../../base/errors.ts';
import type { KdlNode, KdlScalar } from '../../kdl/document.ts';
import { addChild, addNode, setValue, type PlainNode } from '../../kdl/edit.ts';
import type { LoadedConfig } from '../load.ts';
import type { Key, Keys } from '../schema/keys.ts';
import { root } from '../schema/root.ts';
import { Wrong } from '../schema/value-type.ts';
import { spellingsOf } from '../spellings.ts';
import type { FileEdit } from './file-edit.ts';
import { fileEdit, openFile, refuseReference, unchanged, type WrittenFile } from './written.ts';
import { placeOf } from '../../kdl/source.ts';

/**
 * Gives a key another value, where it is written, or writes it into its block.
 * @param objectPath Of the block that has the key: `['routes', 'api', 'policies']`; empty = the top level.
 * @throws SNT-P056 no such object in the files, no such key, or no such value · SNT-P057 KDL version 1 · SNT-P058 the value comes from `${…}`
 */
export function setScalar(
  loaded: LoadedConfig,
  objectPath: readonly string[],
  key: string,
  value: KdlScalar,
): FileEdit {
  const path = [...objectPath, key].join('.');
  const spot = walk(loaded.sources.map(openFile), objectPath);
  if (spot === null) throw nothing(`the files do not say ${objectPath.join('.')}`);
  const kind = spot.keys[key];
  if (kind?.kind !== 'scalar') throw nothing(`${path} is no key with one value`);
  if (kind.type.read(value, '/') instanceof Wrong) throw nothing(`${path} must be ${kind.type.expected}`);
  const literal = typeof value === 'string' ? value.replaceAll('${', '$${') : value;
  const written = spot.places.flatMap(({ file, nodes }) =>
    nodes.filter(({ name }) => named(spot.keys, name, key)).map((node) => ({ file, node })),
  );
  const [first, second] = written;
  if (first === undefined) return fileEdit(...added(spot, { name: key, args: [literal] }));
  if (second !== undefined) throw givenTwice(path, first.node, second.node);
  const { file, node } = first;
  const entry = node.args[0];
  if (entry === undefined) throw nothing(`${path} has no value in ${file.file.file}`);
  refuseReference(path, entry.valueSpan);
  return entry.value === literal ? unchanged(file.file) : fileEdit(file, setValue(node, entry, literal));
}

function nothing(what: string): SentinelError {
  return new SentinelError('SNT-P056', `cannot edit the configuration: ${what}`, {
    hint: 'sentinel config print --origin',
  });
}

/** Of limits the strictest counts: which one is meant only a person knows. */
function givenTwice(path: string, first: KdlNode, second: KdlNode): SentinelError {
  const places = `${placeOf(first.nameSpan)} and ${placeOf(second.nameSpan)}`;
  return new SentinelError('SNT-P058', `cannot edit ${path}: it is written more than once, at ${places}`, {
    hint: `take one of them out: sentinel config edit ${second.nameSpan.source.name}`,
  });
}

interface Place {
  readonly file: WrittenFile;
  /** The node whose block it is; null = the top level of the file. */
  readonly owner: KdlNode | null;
  readonly nodes: readonly KdlNode[];
}

interface Spot {
  readonly keys: Keys;
  /** Where the block is written; more than once where it may repeat. */
  readonly places: readonly Place[];
  /** Blocks that are missing in the innermost place, outermost first. */
  readonly missing: readonly string[];
}

function walk(files: readonly WrittenFile[], path: readonly string[]): Spot | null {
  let spot: Spot = {
    keys: root,
    places: files.map((file) => ({ file, owner: null, nodes: file.nodes })),
    missing: [],
  };
  for (let index = 0; index < path.length; index++) {
    const name = path[index] ?? '';
    const key = spot.keys[name];
    const id = key?.kind === 'collection' ? path[++index] : undefined;
    const next = key === undefined ? null : inside(spot, name, key, id);
    if (next === null) return null;
    spot = next;
  }
  return spot;
}

function inside(spot: Spot, name: string, key: Key, id: string | undefined): Spot | null {
  if (key.kind === 'collection') {
    const places = spot.places.flatMap((place) => entriesOf(spot.keys, place, name, key.item));
    const own = places.filter(({ owner }) => owner?.args[0]?.value === id);
    return own.length === 0 ? null : { keys: key.keys, places: own, missing: [] };
  }
  if (key.kind !== 'block') return null;
  const places = spot.places.flatMap(({ file, nodes }) =>
    nodes.filter((node) => named(spot.keys, node.name, name)).map((owner) => placeOfNode(file, owner)),
  );
  if (places.length > 0) return { keys: key.keys, places, missing: [] };
  const nearest = spot.places.slice(0, 1).map((place) => ({ ...place, nodes: [] }));
  return { keys: key.keys, places: nearest, missing: [...spot.missing, name] };
}

function entriesOf(keys: Keys, { file, nodes }: Place, name: string, item: string): readonly Place[] {
  const wrapped = nodes.filter((node) => node.name !== item && named(keys, node.name, name));
  return [...nodes, ...wrapped.flatMap(({ children }) => children ?? [])]
    .filter((node) => node.name === item)
    .map((owner) => placeOfNode(file, owner));
}

function placeOfNode(file: WrittenFile, owner: KdlNode): Place {
  return { file, owner, nodes: owner.children ?? [] };
}

/** Whether a node is a key under its name or another spelling of it. */
function named(keys: Keys, nodeName: string, key: string): boolean {
  return spellingsOf(keys).get(nodeName)?.name === key;
}

function added({ places, missing }: Spot, child: PlainNode): Parameters<typeof fileEdit> {
  const whole = missing.reduceRight<PlainNode>((inner, name) => ({ name, children: [inner] }), child);
  const [first] = places;
  if (first === undefined) throw nothing('there is no file');
  const { file } = first;
  if (first.owner === null) return [file, addNode(file.source, whole)];
  return [file, addChild(first.owner, whole)];
}
