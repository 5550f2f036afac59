/**
 * How one generation lies on disk: a line of facts, then a line with the texts, so that a list of generations reads no texts.
 * What is read back is checked against the hashes of the first line. Knows no folder.
 */
import { createHash } from 'node:crypto';
import { type Generation, type GenerationHead, changeOrigins } from './generation.ts';

const schema = 'sentinel.generation/1';

interface HeadLine extends GenerationHead {
  readonly schema: typeof schema;
}

/** SHA-256, hex. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** All but the texts. */
export function headOf({ files, ...facts }: Generation): GenerationHead {
  return { ...facts, files: files.map(({ path }) => path), hashes: files.map(({ text }) => hashOf(text)) };
}

export function encodeGeneration(generation: Generation): string {
  const head: HeadLine = { schema, ...headOf(generation) };
  return `${JSON.stringify(head)}\n${JSON.stringify(generation.files.map(({ text }) => text))}\n`;
}

/** @param line The first line of the file. @throws Error that says what is wrong with it */
export function decodeHead(line: string): GenerationHead {
  const { schema: _schema, ...head } = headLine(line);
  return head;
}

/** @param content The whole file. @throws Error that says what is wrong with it */
export function decodeGeneration(content: string): Generation {
  const [first = '', second = ''] = content.split('\n', 2);
  const { hashes, files: paths, schema: _schema, ...facts } = headLine(first);
  const texts = parse(second);
  if (!isTexts(texts) || texts.length !== paths.length) throw new Error('its texts are cut short');
  const files = paths.map((path, index) => {
    const text = texts[index] ?? '';
    if (hashOf(text) !== hashes[index]) throw new Error(`its text of ${path} is not what was written`);
    return { path, text };
  });
  return { ...facts, files };
}

function headLine(line: string): HeadLine {
  const value = parse(line);
  if (!isHead(value)) throw new Error(`it does not begin with facts of ${schema}`);
  const { number, at, actor, reason, origin, digest, files, hashes } = value;
  return { schema, number, at, actor, reason, origin, digest, files, hashes };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isHead(value: unknown): value is HeadLine {
  if (typeof value !== 'object' || value === null) return false;
  const head = value as Partial<Record<keyof HeadLine, unknown>>;
  return (
    head.schema === schema &&
    typeof head.number === 'number' &&
    typeof head.at === 'string' &&
    typeof head.actor === 'string' &&
    (head.reason === null || typeof head.reason === 'string') &&
    (changeOrigins as readonly unknown[]).includes(head.origin) &&
    typeof head.digest === 'string' &&
    isTexts(head.files) &&
    isTexts(head.hashes)
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
