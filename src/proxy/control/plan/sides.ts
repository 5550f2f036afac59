/**
 * The configurations that a plan compares: what runs, what is on disk, a text in the place of the file, a generation of the
 * history. Reads and checks them as the daemon would; puts nothing in force. Called by `planner.ts`.
 */
import { resolve } from 'node:path';
import type { PlanSide } from '../../../admin/contract/plan-shapes.ts';
import type { Environment } from '../../../base/environment.ts';
import { textsOver } from '../../../config/files.ts';
import { type LoadedConfig, type LoadResult, loadConfigFile, loadConfigText } from '../../../config/load.ts';
import type { Generation } from '../../../history/generation.ts';
import { type ConfigSource, loaderFor } from '../config-source.ts';

export interface SideContext {
  readonly source: ConfigSource;
  readonly environment: Environment;
  /** What runs, as it was read. */
  running(): { readonly loaded: LoadedConfig; readonly generation: number };
  /** @throws SNT-P018 it is not kept, or cannot be read */
  generation(number: number): Generation;
}

/** One of them, read. `generation` is its number where it has one. */
export interface ReadSide {
  readonly kind: PlanSide['kind'];
  readonly generation: number | null;
  readonly result: LoadResult;
}

/** What is wrong with the text is in the result. @throws SNT-P018 for a generation that cannot be had */
export function readSide(context: SideContext, side: PlanSide): ReadSide {
  const { source, environment } = context;
  const { kind } = side;
  switch (kind) {
    case 'running': {
      const { loaded, generation } = context.running();
      return { kind, generation, result: loaded };
    }
    case 'disk':
      return { kind, generation: null, result: loaderFor(source, environment)() };
    case 'generation': {
      const { files } = context.generation(side.number);
      const [first] = files;
      const texts = new Map(files.map(({ path, text }) => [path, text]));
      // What ran without a file has a name in angle brackets, and no includes.
      const result = first?.path.startsWith('/')
        ? loadConfigFile(first.path, environment, textsOver(texts, true))
        : loadConfigText(first?.text ?? '', { fileName: `generation ${side.number}`, env: environment });
      return { kind, generation: side.number, result };
    }
    case 'text':
      return { kind, generation: null, result: readText(source, environment, side.text) };
  }
}

function readText(source: ConfigSource, environment: Environment, text: string): LoadResult {
  if (source.kind !== 'file') return loadConfigText(text, { fileName: '<candidate>', env: environment });
  const over = textsOver(new Map([[resolve(source.path), text]]), false);
  return loadConfigFile(source.path, environment, over);
}
