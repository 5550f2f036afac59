/** How long it took to detect, acknowledge, mitigate and resolve. Pure; for `impact.ts`. Never negative: then it is not known. */
import { SAMPLE_MS } from '../../history/flight-record.ts';
import type { Impact, ImpactTimes, Measured } from './shapes.ts';

export function timesOf(times: ImpactTimes, onset: Measured<string>): Impact['times'] {
  const { alert, opened, acked, mitigated, resolved } = times;
  const detected = alert ?? opened;
  const detectedBy = alert === null ? 'the opening' : 'the first alert';
  return {
    detect_ms: sinceOnset(onset, detected, detectedBy),
    acknowledge_ms: between(detected, detectedBy, acked, 'the acknowledgement'),
    mitigate_ms: sinceOnset(onset, mitigated, 'the mitigation'),
    resolve_ms: sinceOnset(onset, resolved, 'the resolution'),
  };
}

function sinceOnset(onset: Measured<string>, to: string | null, name: string): Measured<number> {
  if (onset.value === null) return { value: null, why: `it is not known when it began: ${onset.why}` };
  return between(onset.value, 'the onset', to, name);
}

function between(from: string | null, fromName: string, to: string | null, toName: string): Measured<number> {
  if (to === null) return { value: null, why: `nobody marked ${toName}` };
  if (from === null) return { value: null, why: `${fromName} is not known` };
  const ms = Date.parse(to) - Date.parse(from);
  if (Number.isNaN(ms)) return { value: null, why: `${fromName} or ${toName} is no time` };
  // An onset is known to one sample.
  if (ms < -SAMPLE_MS) return { value: null, why: `${toName} (${to}) lies before ${fromName} (${from})` };
  return { value: Math.max(0, ms), from: `${from} – ${to}: from ${fromName} to ${toName}` };
}
