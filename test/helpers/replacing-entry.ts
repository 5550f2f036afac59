/** A process that replaces files as the daemon does, and dies at a step: `{instance, generation, away, at}` as JSON. */
import { replaceFiles } from '../../src/history/replacement.ts';
import { dyingSteps } from './dying-steps.ts';

const { instance, generation, away, at } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly instance: string;
  readonly generation: Parameters<typeof replaceFiles>[1];
  readonly away: readonly string[];
  readonly at: number;
};
replaceFiles({ find: () => instance, ensure: () => instance }, generation, away, dyingSteps(at));
