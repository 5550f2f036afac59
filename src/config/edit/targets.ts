/**
 * Edits of the targets of an upstream: weight, one more, one less. Each says which file's text changes, and how; nothing is
 * written. Works in whichever file and form the target stands: in a line, in a block, in `targets` or without.
 */
import { SentinelError } from '../../base/errors.ts';
import { nearestWord } from '../../base/near-miss.ts';
import type { KdlNode } from '../../kdl/document.ts';
import { addChild, addProperty, removeNode, setValue } from '../../kdl/edit.ts';
import type { PlainNode } from '../../kdl/edit.ts';
import { placeOf, type Span } from '../../kdl/source.ts';
import type { LoadedConfig } from '../load.ts';
import { addressText, targetAddress } from '../schema/network-types.ts';
import { Wrong } from '../schema/value-type.ts';
import type { FileEdit } from './file-edit.ts';
import { fileEdit, fileOf, nodesAround, openFile, refuseReference, unchanged, type WrittenFile } from './written.ts';

type Upstream = LoadedConfig['settled']['upstreams'][number];
type Target = Upstream['keys']['targets'][number];

/**
 * Gives a target another weight.
 * @param weight 0 to 65535; 0 = takes no new request.
 * @throws SNT-P056 no such target in the files · SNT-P057 KDL version 1 · SNT-P058 the weight comes from `${…}`
 */
export function setTargetWeight(loaded: LoadedConfig, upstream: string, address: string, weight: number): FileEdit {
  const target = targetOf(upstreamOf(loaded, upstream), address);
  const { keys } = target;
  const found = locate(loaded, placeOfTarget(target), `target ${address} of ${upstream}`);
  if (keys.weight.value === weight) return unchanged(found.file.file);
  const { span } = keys.weight;
  if (span !== null) {
    refuseReference(`the weight of ${address}`, span);
    const owner = found.around.at(-1);
    for (const node of [owner, ...(owner?.children ?? [])]) {
      const entry = [...(node?.args ?? []), ...(node?.props ?? [])].find(({ valueSpan }) => same(valueSpan, span));
      if (node !== undefined && entry !== undefined) return fileEdit(found.file, setValue(node, entry, weight));
    }
    throw notThere(`the weight of ${address}`, upstream);
  }
  const edit =
    found.node.args.length > 0
      ? addProperty(found.node, 'weight', weight)
      : addChild(found.node, { name: 'weight', args: [weight] });
  return fileEdit(found.file, edit);
}

/**
 * One more target, behind the others.
 * @param weight Written unless it is 1, the default.
 * @throws SNT-P056 no such upstream in the files, or it answers by itself · SNT-P057 KDL version 1 · SNT-P058 it has the target already
 */
export function addTarget(loaded: LoadedConfig, upstream: string, address: string, weight = 1): FileEdit {
  const { keys, id } = upstreamOf(loaded, upstream);
  const parsed = targetAddress.read(address, '/');
  if (parsed instanceof Wrong) {
    throw new SentinelError('SNT-P056', `cannot add ${address} to ${upstream}: expected ${targetAddress.expected}`, {
      hint: `sentinel target add ${upstream} 10.1.1.10:8080`,
    });
  }
  const text = addressText(parsed);
  const there = keys.targets.find((target) => addressText(target.keys.address.value) === text);
  if (there !== undefined) {
    const at = there.keys.address.span === null ? '' : ` at ${placeOf(there.keys.address.span)}`;
    throw new SentinelError('SNT-P058', `cannot add ${text} to ${upstream}: it is there already${at}`, {
      hint: `sentinel target weight ${upstream} ${text} ${weight} --persist`,
    });
  }
  const span = id?.span ?? null;
  if (keys.static !== null || span === null) throw notThere(text, upstream);
  const target: PlainNode = {
    name: 'target',
    args: [text.replaceAll('${', '$${')],
    ...(weight === 1 ? {} : { props: { weight } }),
  };
  const last = keys.targets.at(-1);
  if (last !== undefined) {
    const { file, node, parent } = locate(loaded, placeOfTarget(last), `the targets of ${upstream}`);
    return fileEdit(file, addChild(parent, target, node));
  }
  const { file, around } = locate(loaded, span, `upstream ${upstream}`);
  const own = around.findLast(({ name }) => name === 'upstream');
  if (own === undefined) throw notThere(text, upstream);
  const wrapper = own.children?.find(({ name }) => name === 'targets');
  return fileEdit(file, addChild(wrapper ?? own, target));
}

/**
 * One target less.
 * @throws SNT-P056 no such target in the files · SNT-P057 KDL version 1
 */
export function removeTarget(loaded: LoadedConfig, upstream: string, address: string): FileEdit {
  const target = targetOf(upstreamOf(loaded, upstream), address);
  const { file, node } = locate(loaded, placeOfTarget(target), `target ${address} of ${upstream}`);
  return fileEdit(file, removeNode(node));
}

function upstreamOf(loaded: LoadedConfig, name: string): Upstream {
  const { upstreams } = loaded.settled;
  const found = upstreams.find(({ id }) => id?.value === name);
  if (found !== undefined) return found;
  const near = nearestWord(
    name,
    upstreams.flatMap(({ id }) => (id === null ? [] : [id.value])),
  );
  throw new SentinelError('SNT-P056', `the files have no upstream ${name}`, {
    hint: near === null ? 'sentinel upstreams' : `sentinel upstreams ${near}`,
  });
}

function targetOf({ id, keys }: Upstream, address: string): Target {
  const parsed = targetAddress.read(address, '/');
  const text = parsed instanceof Wrong ? address : addressText(parsed);
  const found = keys.targets.find((target) => addressText(target.keys.address.value) === text);
  if (found === undefined) throw notThere(`target ${address}`, id?.value ?? '');
  return found;
}

function notThere(what: string, upstream: string): SentinelError {
  return new SentinelError(
    'SNT-P056',
    `the files do not say ${what} of upstream ${upstream}: it is built in, or discovered`,
    {
      hint: `sentinel upstreams ${upstream}`,
    },
  );
}

function placeOfTarget({ keys }: Target): Span | null {
  return keys.address.span;
}

interface Located {
  readonly file: WrittenFile;
  /** Outermost first; the last is the innermost around the place. */
  readonly around: readonly KdlNode[];
  /** The `target` node, where the place lies in one, and what it is a child of. */
  readonly node: KdlNode;
  readonly parent: KdlNode;
}

function locate(loaded: LoadedConfig, span: Span | null, what: string): Located {
  const written = span === null ? null : fileOf(loaded, span);
  if (span === null || written === null) {
    throw new SentinelError('SNT-P056', `cannot edit ${what}: it is built in and stands in no file`, {
      hint: 'sentinel config print',
    });
  }
  const file = openFile(written);
  const around = nodesAround(file.nodes, span.start);
  const at = around.findLastIndex(({ name }) => name === 'target');
  const node = around[at] ?? around.at(-1);
  if (node === undefined) throw new Error(`nothing stands at ${placeOf(span)}`);
  return { file, around: at < 0 ? around : around.slice(0, at + 1), node, parent: around[at - 1] ?? node };
}

function same(one: Span, other: Span): boolean {
  return one.start === other.start && one.end === other.end;
}
