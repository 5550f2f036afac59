/** What a fault is: it is done to a scene, and says with which further arguments the operator then asks. Types only. */
import type { Scene } from './scene.ts';

export interface Asked {
  /** Instead of `-c` and the file of the scene. */
  readonly command?: readonly string[];
  /** Program and arguments in front of it. */
  readonly through?: readonly string[];
  /** After `sentinel diagnose`. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes what was collected, before it is judged: for what a machine would have left behind. */
  readonly record?: (facts: RecordedFacts) => void;
}

/** Null in place of what is asked: this machine cannot do it; the words say why. */
export type Fault = (scene: Scene) => Promise<Asked | { readonly impossible: string } | void>;

/** Facts as they lie in a file: a test may change them. */
export interface RecordedFacts {
  readonly sections: Readonly<Record<string, { readonly value: Record<string, unknown> } | undefined>>;
}
