/** Sizes and times as people write them. Knows the units; what a value is for, and its bounds, are the business of whoever asks. */

const sizeFactors: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/**
 * Bytes of `10MB` (powers of 1000) or `512KiB` (powers of 1024), in any case, with or without a space.
 * @returns null when the text is no size; a fraction or an unsafe number when it does not come to whole bytes
 */
export function parseSize(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?) ?([KMG]?i?B)$/i.exec(text);
  const factor = sizeFactors[parts?.[2]?.toUpperCase() ?? ''];
  return parts === null || factor === undefined ? null : Number(parts[1]) * factor;
}

const timeFactors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of `90s`, `30m`, `12h`, `7d`, `500ms`, or several in falling order: `1h30m`.
 * @returns null when the text is no time
 */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m(?!s))?(?:\d{1,9}s)?(?:\d{1,9}ms)?$/.test(text) || text === '')
    return null;
  let sum = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    sum += Number(number) * (timeFactors[unit] as number);
  }
  return sum;
}
