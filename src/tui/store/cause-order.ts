/** In which order the causes of a verdict are told where there is room for few: by the verdict line, and by what is copied of it. Pure. */
import type { Verdict } from '../../diagnosis/judgement.ts';

/** As they were judged; what somebody has ordered on purpose is not what woke the reader, as long as there is something else. */
export function causesInOrder({ causes }: Pick<Verdict, 'causes'>): Verdict['causes'] {
  return [...causes].sort((a, b) => Number(isOrdered(a)) - Number(isOrdered(b)));
}

function isOrdered({ cause }: Verdict['causes'][number]): boolean {
  return cause === 'maintenance-left-on';
}
