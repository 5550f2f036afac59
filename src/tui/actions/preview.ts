/**
 * What somebody is shown before an action is done: what, where, effect in numbers, what undoes it, when it ends by itself. Made anew
 * when it is confirmed; where `basis` is another one then, the question is asked again. Pure.
 */
import { oneLine } from '../../cli/text.ts';
import type { Row } from '../rows/row.ts';
import type { NodeState } from '../store/state.ts';
import type { ActionName, ActionValues, DangerLevel, Preview } from './action.ts';
import { drainPreviews } from './drain-preview.ts';
import type { Scene } from './scene.ts';
import { addressOf, drainScene, sceneOfAction } from './scenes.ts';
import { commandAt } from './shell-words.ts';

/** One of the rows that something is done to. */
export interface ActionSubject {
  readonly row: Pick<Row, 'id' | 'node' | 'thing'>;
  readonly node: NodeState;
  readonly values: ActionValues;
}

export function previewOf(
  action: ActionName,
  row: ActionSubject['row'],
  node: NodeState,
  values: ActionValues = {},
): Preview {
  return previewOfSeveral(action, [{ row, node, values }]);
}

/** Of all rows that were marked: each is named, they are judged together, and the most dangerous of them decides how it is asked. */
export function previewOfSeveral(action: ActionName, subjects: readonly ActionSubject[]): Preview {
  const scenes = subjects.map((subject) => ({ subject, scene: sceneIn(action, subject, subjects) }));
  const count = subjects.length;
  const level = worst(scenes.map(({ scene }) => scene.danger));
  // As with `--all`: several targets at once are severe.
  const danger = action === 'drain' && count > 1 ? 'severe' : level;
  const severe = scenes.filter(({ scene }) => scene.confirmName !== null);
  const several = `${count} ${action === 'drain' ? 'targets' : 'rows'}`;
  const command = ({ node }: ActionSubject, commands: Scene['undo']) =>
    typeof commands === 'string' ? commands : commands.map((one) => commandAt(node.node, one)).join(' && ');
  return {
    what: oneLine(scenes.map(({ scene }) => scene.what).join('; ')),
    where: oneLine(unique(scenes.map(({ subject, scene }) => whereOf(subject, scene))).join('; ')),
    effect: oneLine(
      effectOf(
        action,
        subjects,
        scenes.map(({ scene }) => scene),
      ),
    ),
    undo: oneLine(unique(scenes.map(({ subject, scene }) => command(subject, scene.undo))).join(' && ')),
    expires: oneLine(unique(scenes.map(({ scene }) => scene.expires)).join('; ')),
    danger,
    confirmName: danger !== 'severe' ? null : count > 1 ? several : (severe[0]?.scene.confirmName ?? null),
    cli: oneLine(unique(scenes.map(({ subject, scene }) => command(subject, scene.cli))).join(' && ')),
    basis: JSON.stringify(
      scenes.map(({ subject: { node }, scene }) => [node.node, node.reading?.generation, scene.facts]),
    ),
  };
}

/** Whether a drain of these leaves an upstream with too few targets. */
export function drainsBelowMin(subjects: readonly ActionSubject[]): boolean {
  return subjects.some(({ node: { reading } }) => {
    if (reading === null) return false;
    return drainPreviews(reading, new Set(addressesAt(reading.node, subjects))).some(({ below_min: below }) => below);
  });
}

function addressesAt(node: string, subjects: readonly ActionSubject[]): readonly string[] {
  return subjects.filter((one) => one.node.node === node).map((one) => addressOf(one.row.thing, one.node.reading));
}

function sceneIn(action: ActionName, { row, node, values }: ActionSubject, all: readonly ActionSubject[]): Scene {
  if (action !== 'drain') return sceneOfAction(action, row.thing, node.reading, values);
  return drainScene(addressOf(row.thing, node.reading), node.reading, addressesAt(node.node, all));
}

/** Of drains that go together each says the same. */
function effectOf(action: ActionName, subjects: readonly ActionSubject[], scenes: readonly Scene[]): string {
  const effects = unique(scenes.map(({ effect }) => effect));
  if (subjects.length === 1 || action === 'drain') return effects.join('; ');
  return scenes.map(({ what, effect }) => `${what}: ${effect}`).join('; ');
}

function whereOf({ node }: ActionSubject, { host }: Scene): string {
  const status = node.reading?.status;
  const process = status === undefined ? '' : ` (${status.name}, pid ${status.pid})`;
  const generation = node.reading === null ? '' : `, generation ${node.reading.generation}`;
  return `${host === null ? '' : `${host} at `}daemon ${node.node}${process}${generation}`;
}

function worst(levels: readonly DangerLevel[]): DangerLevel {
  return (['severe', 'moderate'] as const).find((level) => levels.includes(level)) ?? 'mild';
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
