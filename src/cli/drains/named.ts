/** Which drains somebody means, and what it means to take their targets back. Used by `undrain` and the screen; pure. */
import type { DrainState } from '../../admin/contract/drain-shapes.ts';
import { countText } from '../text.ts';

/** Those that somebody means by an id, a target, an address that it covers, or `upstream/target`. */
export function drainsOf(drains: readonly DrainState[], text: string): readonly DrainState[] {
  const name = text.startsWith('unix:') ? text : text.toLowerCase();
  return drains.filter(({ id, target, targets, upstreams }) => {
    const forms = [id, target, ...upstreams.map((upstream) => `${upstream}/${target}`), ...targets];
    const addresses = targets.map((one) => upstreams.reduce((rest, up) => rest.replace(`${up}/`, ''), one));
    return [...forms, ...addresses].some((form) => form === text || form === name);
  });
}

/** What it means that its target is taken back. */
export function takingBackWords({
  target,
  state,
  upstreams,
  now,
  follow_up: followUp = null,
}: Pick<DrainState, 'target' | 'state' | 'upstreams'> & {
  readonly now: { readonly in_flight: number };
  readonly follow_up?: DrainState['follow_up'];
}): string {
  const written = followUp?.persist === true && followUp.state === 'done' ? '; its weight in the file is put back' : '';
  return `${target} (${upstreams.join(', ')}) is ${state}, ${countText(now.in_flight)} in flight; it takes requests again${written}`;
}
