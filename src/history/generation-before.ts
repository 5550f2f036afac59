/** Which generation "the one before" is, for a rollback that names none. Pure; daemon and commands go by the same. */
import type { GenerationHead } from './generation.ts';

/**
 * What ran before what runs: the newest with another text. After a rollback, which has the text of an older one, it is the one
 * before that older one, so that a second rollback goes further back and not forward again.
 * @param heads Newest first.
 * @param running Number and digest of what runs.
 * @returns Its number; null when there is none.
 */
export function generationBefore(
  heads: readonly Pick<GenerationHead, 'number' | 'digest' | 'origin'>[],
  running: { readonly generation: number; readonly digest: string },
): number | null {
  const current = heads.find(({ number }) => number === running.generation);
  const older = heads.filter(({ number }) => number < running.generation);
  const again = current?.origin === 'rollback' ? older.findIndex(({ digest }) => digest === running.digest) : -1;
  return older.slice(again + 1).find(({ digest }) => digest !== running.digest)?.number ?? null;
}
