/** Moments as people type them beside a mark or an alert: a time, a time of today, or how long ago. Never one that is to come. */
import { SentinelError } from '../../base/errors.ts';
import { parseMoment, rfc3339 } from '../../base/units.ts';

const timeOfDay = /^(\d{1,2}):(\d\d)(?::(\d\d))?Z?$/;
/** Clocks of two machines differ: so much is no future. */
const SLACK_MS = 2_000;
const DAY_MS = 86_400_000;

/**
 * RFC 3339 in UTC of `2026-11-21T13:04:07Z`, `13:04` (today, in UTC) or `5m` (ago).
 * @throws SNT-P040 it is none of them, or has not come yet
 */
export function whenOf(text: string, nowMs: number, option = '--at'): string {
  const ms = ofToday(text, nowMs) ?? parseMoment(text, nowMs);
  if (ms === null || !Number.isFinite(ms) || ms < 0)
    throw refused(
      `${option} is ${JSON.stringify(text)}, expected a time such as 2026-11-21T13:04:07Z, 13:04 (today, in UTC), or 5m (ago)`,
    );
  if (ms <= nowMs + SLACK_MS) return rfc3339(Math.min(ms, nowMs));
  const yesterday = ofToday(text, nowMs) === null ? '' : `; yesterday it was ${rfc3339(ms - DAY_MS)}`;
  throw refused(`${option} is ${rfc3339(ms)}, which has not come yet: it is ${rfc3339(nowMs)}${yesterday}`);
}

function ofToday(text: string, nowMs: number): number | null {
  const [, hours, minutes, seconds = '0'] = timeOfDay.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const today = new Date(nowMs);
  return today.setUTCHours(Number(hours), Number(minutes), Number(seconds), 0);
}

function refused(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel incident mark --help' });
}
