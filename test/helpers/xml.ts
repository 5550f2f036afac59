/** A strict reader of the XML that the product writes: elements, attributes, text, the five entities. Throws on all else. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The root element. @throws Error where the text is not well-formed */
export function parseXml(source: string): XmlElement {
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/.exec(source);
  if (declaration === null) throw new Error('no XML declaration');
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(source))
    throw new Error('a character that XML has no place for');
  let at = declaration[0].length;
  const element = (): XmlElement => {
    const open = /^<([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>/.exec(source.slice(at));
    if (open === null) throw new Error(`no element at ${at}: ${source.slice(at, at + 40)}`);
    at += open[0].length;
    const [, name = '', fields = '', empty = ''] = open;
    const attributes = Object.fromEntries(
      [...fields.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, decoded(value)]),
    );
    const children: XmlElement[] = [];
    let text = '';
    if (empty === '/') return { name, attributes, children, text };
    for (;;) {
      const [words = ''] = /^[^<]*/.exec(source.slice(at)) ?? [];
      if (words.includes(']]>')) throw new Error(`"]]>" in text at ${at}`);
      text += decoded(words);
      at += words.length;
      const close = `</${name}>`;
      if (source.startsWith(close, at)) {
        at += close.length;
        return { name, attributes, children, text };
      }
      children.push(element());
    }
  };
  const root = element();
  if (source.slice(at).trim() !== '') throw new Error(`text behind the root element at ${at}`);
  return root;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#10': '\n' };

function decoded(text: string): string {
  return text.replaceAll(/&([^;]*;?)/g, (whole, entity: string) => {
    const character = entities[entity.replace(/;$/, '')];
    if (character === undefined || !entity.endsWith(';')) throw new Error(`an entity that is none: ${whole}`);
    return character;
  });
}
