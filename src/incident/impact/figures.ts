/** Numbers of an incident as texts write them: durations, shares, times of day. Pure; for post-mortems and messages. */

const MINUTE_MS = 60_000;

/** `1 hours 5 minutes`, as the templates have it; to the nearest minute. */
export function hoursAndMinutes(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  return `${Math.floor(minutes / 60)} hours ${minutes % 60} minutes`;
}

/** `3.3`: minutes with one decimal where that says something. */
export function minutesText(ms: number): string {
  return String(Math.round(ms / (MINUTE_MS / 10)) / 10);
}

/** `42 s`, `3 min 20 s` */
export function shortDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `12.3%`; what is more than nothing is never `0%`, and what is less than all never `100%`. */
export function percentText(ratio: number): string {
  if (ratio <= 0) return '0%';
  if (ratio >= 1) return '100%';
  const percent = ratio * 100;
  if (percent < 0.01) return 'less than 0.01%';
  if (percent > 99.99) return 'more than 99.99%';
  // Down at the top and up at the bottom: rounding must not make all or nothing of it.
  const digits = percent < 1 || percent > 99 ? 2 : 1;
  return `${Number(percent.toFixed(digits))}%`;
}

/** `10,031` */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `14:00` of an RFC 3339 time in UTC. */
export function clockTime(iso: string): string {
  return iso.slice(11, 16);
}

/** `14:00:50` */
export function clockSeconds(iso: string): string {
  return iso.slice(11, 19);
}

/** `2026-11-20` */
export function dayOf(iso: string): string {
  return iso.slice(0, 10);
}
