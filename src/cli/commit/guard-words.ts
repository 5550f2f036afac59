/** Guards of a change as people read them: what is allowed, and what is now. Pure; used by `config apply` and `status`. */
import type { GuardState } from '../../admin/contract/commit-shapes.ts';
import type { Style } from '../streams.ts';
import { latencyText } from '../text.ts';

/** `5xx ≤ 1.0 % · healthy ≥ 2/3 · p99 ≤ 62ms · tls failures ≤ 0.5 %     [now 0.1 % | 3/3 | 41ms | 0 %]` */
export function guardLine(guards: readonly GuardState[], style: Style): string {
  const shown = guards.filter(isShown);
  if (shown.length === 0) return 'all guards are off';
  const allowed = shown.map(allowedWords).join(' · ');
  const now = shown
    .map((guard) => (guard.verdict === 'bad' ? style.red(nowWords(guard)) : nowWords(guard)))
    .join(' | ');
  return `${allowed}     [now ${now}]`;
}

/** The same on one short line that is brought up to date. */
export function guardsNow(guards: readonly GuardState[], style: Style): string {
  return guards
    .filter(isShown)
    .map((guard) => {
      const words = `${names[guard.guard]} ${nowWords(guard)}${guard.bad_windows > 0 ? ` ✗×${guard.bad_windows}` : ''}`;
      return guard.verdict === 'bad' ? style.red(words) : words;
    })
    .join(' · ');
}

/** Changes when what there is to say changes, and not with every number. */
export function guardKey(guards: readonly GuardState[]): string {
  return guards.map(({ guard, verdict, bad_windows: windows }) => `${guard} ${verdict} ${windows}`).join(', ');
}

/** Without targets there is nothing that could be healthy. */
function isShown({ guard, verdict, of }: GuardState): boolean {
  return verdict !== 'off' && !(guard === 'healthy' && of === 0);
}

const names: Readonly<Record<GuardState['guard'], string>> = {
  errors: '5xx',
  healthy: 'healthy',
  p99: 'p99',
  tls: 'tls failures',
};

function allowedWords({ guard, limit, of, before }: GuardState): string {
  if (limit === null) return `${names[guard]} not judged`;
  switch (guard) {
    case 'healthy':
      return `healthy ≥ ${limit}/${of ?? '?'}`;
    case 'p99':
      return `p99 ≤ ${latencyText(limit)}${before === null ? '' : ` (${latencyText(before)} before)`}`;
    default:
      return `${names[guard]} ≤ ${percent(limit)}`;
  }
}

function nowWords({ guard, now, of }: GuardState): string {
  if (now === null) return '?';
  if (guard === 'healthy') return `${now}/${of ?? '?'}`;
  return guard === 'p99' ? latencyText(now) : percent(now);
}

function percent(ratio: number): string {
  if (ratio === 0) return '0 %';
  return ratio < 0.0005 ? '<0.1 %' : `${(ratio * 100).toFixed(1)} %`;
}
