/** Sizes as people write them. Knows the units; what a size is for, and its bounds, are the business of whoever asks. */

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
