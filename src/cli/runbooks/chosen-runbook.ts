/** The runbook that an operator named, or a refusal that says which was probably meant. Called by `runbook show` and `runbook run`. */
import { SentinelError } from '../../base/errors.ts';
import { nearestWord } from '../../base/near-miss.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Shelf } from '../../runbook/shelf.ts';

/**
 * @param again the command to type with the right id
 * @throws SNT-R019 none has this id, or its file cannot be used
 */
export function chosenRunbook(shelf: Shelf, id: string, again: (id: string) => string): Runbook {
  const found = shelf.get(id);
  if (found !== null) return found;
  const broken = brokenFile(shelf, id);
  if (broken !== null)
    throw new SentinelError('SNT-R019', `the runbook ${id} cannot be used, ${broken} has mistakes`, {
      hint: `sentinel runbook lint ${broken}`,
    });
  const near = meantId(
    id,
    shelf.all().map((one) => one.id),
  );
  const meant = near === null ? '' : `; did you mean ${near}?`;
  throw new SentinelError('SNT-R019', `there is no runbook ${JSON.stringify(id)}${meant}`, {
    hint: near === null ? 'sentinel runbook list' : again(near),
  });
}

/** That the runbook of the package stands in for one of the site; null = it does not. */
export function standInWords(shelf: Shelf, id: string): string | null {
  const broken = brokenFile(shelf, id);
  if (broken === null) return null;
  return `${broken} has mistakes and is passed over, this is the runbook of the package: sentinel runbook lint ${broken}`;
}

/** A file of the site that is for this runbook and has mistakes; null = there is none. */
function brokenFile({ problems }: Shelf, id: string): string | null {
  return problems.map(({ span }) => span.source.name).find((file) => file.endsWith(`/${id}.md`)) ?? null;
}

/** A slip of the fingers, or the beginning of one name alone. */
function meantId(id: string, ids: readonly string[]): string | null {
  const near = nearestWord(id, ids);
  if (near !== null || id === '') return near;
  const [first, ...others] = ids.filter((one) => one.startsWith(id.toLowerCase()));
  return first === undefined || others.length > 0 ? null : first;
}
