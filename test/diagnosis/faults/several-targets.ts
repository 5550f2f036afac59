/** Targets of the upstream `api` of a fault: several at once, and how many of them are kept out of traffic. */
import type { Scene, Target } from '../scene.ts';

interface Upstreams {
  readonly upstreams: readonly {
    readonly name: string;
    readonly targets: readonly { readonly verdict: string; readonly breaker: string | null }[];
  }[];
}

export function targets(scene: Scene, count: number): Promise<readonly Target[]> {
  return Promise.all(Array.from({ length: count }, () => scene.target()));
}

export const addressesOf = (all: readonly Target[]): readonly string[] => all.map(({ address }) => address);

/** How many the daemon keeps out of traffic now: by checks, ejection or an open breaker. */
export async function keptOut(scene: Scene): Promise<number> {
  const api = await scene.status('/admin/upstreams', (value: Upstreams) =>
    value.upstreams.find(({ name }) => name === 'api'),
  );
  const out = api?.targets.filter(
    ({ verdict, breaker }) => verdict === 'unhealthy' || verdict === 'ejected' || breaker === 'open',
  );
  return out?.length ?? 0;
}
