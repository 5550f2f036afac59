/**
 * The way to a target that does not answer, by `traceroute`: only with consent, as every router between sees it. Asked by the suite
 * of targets; says how far packets come, never why.
 */
import type { ProbeContext } from '../probe.ts';
import { askTool, toolFailure } from '../tool-call.ts';

const MOST_HOPS = 12;

/** Hops in their order, `*` for one that says nothing; where there is no such tool, what was tried. */
export async function hopsTo(context: ProbeContext, host: string, timeoutMs: number): Promise<readonly string[]> {
  const args = ['-n', '-q', '1', '-w', '1', '-m', String(MOST_HOPS), host];
  const result = await askTool(context, 'traceroute', args, { timeoutMs });
  const hops = result.kind === 'ran' ? hopsIn(result.stdout) : [];
  return hops.length > 0 ? hops : [`traceroute: ${toolFailure(result) ?? 'it said nothing'}`];
}

/** ` 1  10.0.0.1  0.512 ms` → `10.0.0.1`; silence behind the last that answered is left out, but for one. */
export function hopsIn(output: string): readonly string[] {
  const hops = output.split('\n').flatMap((line) => /^ *\d+ +(\S+)/.exec(line)?.[1] ?? []);
  const last = hops.findLastIndex((hop) => hop !== '*');
  return hops.slice(0, last + 2);
}
