/**
 * The page of the admin API, made from its contract: the tables of endpoints, and the shapes as they are declared with their
 * comments. `scripts/docs.ts` writes it. Reads the sources of `src/admin/contract`, runs nothing of the daemon.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Endpoint, type EndpointId, endpoints, fields } from '../src/admin/contract/endpoints.ts';

const contract = path.join(import.meta.dirname, '../src/admin/contract');

interface Field {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

interface Shape {
  readonly name: string;
  readonly comment: string;
  readonly parents: string;
  readonly fields: readonly Field[];
}

/** The text of the page. */
export function renderAdminApiDocs(): string {
  const files = readdirSync(contract).filter((name) => name.endsWith('shapes.ts'));
  const sources = files.map((name) => readFileSync(path.join(contract, name), 'utf8'));
  const shapes = sources.flatMap(shapesOf).sort((one, other) => (one.name < other.name ? -1 : 1));
  const aliases = sources.flatMap(aliasesOf);
  const known = new Set(shapes.map(({ name }) => name));
  const parts = readdirSync(contract).filter((name) => name.endsWith('endpoints.ts'));
  const calls = new Map(parts.flatMap((name) => [...callsOf(readFileSync(path.join(contract, name), 'utf8'))]));
  const entries = Object.entries(endpoints) as [EndpointId, Endpoint][];
  return [
    '<!-- Made by `npm run docs`; edit the tables that it comes from. -->',
    '# Admin API',
    introduction,
    '## Endpoints',
    table(
      ['Endpoint', 'Does', 'Danger', 'Role', 'Takes', 'Gives'],
      entries.map(([id, { method, path: place, summary, danger, role }]) => {
        const types = calls.get(id);
        if (types === undefined)
          throw new Error(`EndpointShapes does not say in the usual form what ${id} takes and gives`);
        const { query, body, reply } = types;
        const takes = [query, body].filter((type) => type !== 'void').map((type) => linked(type, known));
        const gives = reply === 'never' ? '[a stream](#stream)' : linked(reply, known);
        return [`\`${method} ${place}\``, summary.replaceAll('|', '\\|'), danger, role, takes.join(', ') || '–', gives];
      }),
    ),
    '`{name}` is one segment of the path, `{id+}` may hold slashes. `GET` is answered for `HEAD` too, without a body. Other methods get 405 with `Allow`.',
    streamSection,
    '## Shapes',
    'Names are snake case and end in their unit: `_ms`, `_bytes`, `_per_s`; `_total` counts since the start; ratios are from 0 to 1; times are RFC 3339 in UTC with milliseconds. A field with `?` may be missing, and `null` means that there is none.',
    ...shapes.map((shape) => shapeSection(shape, known)),
    '## Words',
    table(
      ['Name', 'One of'],
      aliases.map(([name, type]) => [`\`${name}\``, cell(type, known)]),
    ),
    '',
  ].join('\n\n');
}

const introduction = `\`/metrics\`, \`/health\` and \`/ready\` are for everybody. \`/admin/…\` is on the unix socket, which the commands use, and on the metrics
address. There, clients of this machine may look and check: the peer is a loopback address, \`Host\` a loopback name, there is no foreign
\`Origin\` and no trace of a page elsewhere (\`Sec-Fetch-Site\`) or of a proxy (\`Via\`, \`Forwarded\`, \`X-Forwarded-…\`). Everything else needs \`Authorization: Bearer\` with a token of
\`observability { admin { token … } }\`, whose role decides: a viewer may look and check, an operator may change. Credentials that are not known
are refused (401) wherever they come from. Whoever may open the socket may look; changes are made by the user at its other end, who is proven by a
file (the commands do this by themselves).

Every reply, also one that refuses, says when it was made (\`${fields.time}\`), by which version (\`${fields.version}\`), in which generation
(\`${fields.generation}\`) and with which configuration in force (\`${fields.digest}\`). \`ETag\` is \`"generation.revision"\`: the revision rises with every
change and every flip of a target's health. A change or check that sends \`If-Match\` is made only in that state (else 412). \`${fields.reason}\`, percent-encoded, says why; it goes into the audit log.

Every change that is asked for, refused ones too, is a line of the audit log with the actor, who is never taken from what a client says of itself: the name of the token, the
user of the socket, or \`unknown\`. It is an event (\`admin_action\`) and is counted in \`sentinel_admin_actions_total\`.

Errors are problems of RFC 9457 (\`application/problem+json\`, [Problem](#problem)) with a code of [errors.md](errors.md). Bodies are JSON, whatever their
\`Content-Type\`, of at most 256 KiB. Paths, queries and header fields that could be read in two ways (absolute form, two \`Host\` or \`Authorization\` fields) are refused with 400.
While the daemon starts it answers 503 with \`Retry-After\`.`;

const streamSection = `## Stream

\`GET /admin/stream?topics=events,requests,logs,traffic\` sends server-sent events until the client goes: \`hello\` once ([StreamHello](#streamhello)), then one event for each
piece of news, named after its topic. Each has an \`id\`; a client that sends the last one as \`Last-Event-ID\` goes on after it. Where something cannot be had any more there is an
event \`gap\` ([StreamGap](#streamgap)) in its place. A comment comes every 10 seconds: a client that hears nothing for 25 should connect again. What a client
does not read in time waits, up to a mebibyte, and is then dropped and counted in a \`gap\`; one that reads nothing for a minute is given up. \`bye\` ([StreamBye](#streambye)) is the last word, when the daemon stops or the token is
no longer good. There are at most 32 streams; one more gets 503.

Parameters are those of the topic's own endpoint (\`filter\`, \`kind\`, \`all\` …); with several topics \`TOPIC.filter\` is meant for one.`;

function shapeSection({ name, comment, parents, fields: own }: Shape, known: ReadonlySet<string>): string {
  const rows = own.map((field) => [`\`${field.name}\``, cell(field.type, known), field.comment]);
  const text = [comment, parents === '' ? '' : `All of ${cell(parents, known)}, and:`].filter((part) => part !== '');
  return [`### ${name}`, ...text, ...(rows.length === 0 ? [] : [table(['Field', 'Type', 'Meaning'], rows)])].join(
    '\n\n',
  );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A type as the cell of a table, names of shapes linked. */
function cell(type: string, known: ReadonlySet<string>): string {
  const plain = type.replaceAll('readonly ', '').replaceAll('|', '\\|');
  return plain.replace(/'[^']*'|\b[A-Z]\w+\b/g, (word) => (known.has(word) ? linked(word, known) : word));
}

function linked(type: string, known: ReadonlySet<string>): string {
  const name = type.replace(/ \| void$/, '');
  return known.has(name) ? `[${name}](#${name.toLowerCase()})` : `\`${name}\``;
}

const commentForm = /\/\*\*([^]*?)\*\/\s*$/;

function shapesOf(source: string): readonly Shape[] {
  return [
    ...source.matchAll(
      /((?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?)export interface (\w+)(?: extends ([^{]+?))? \{\n([^]*?)^\}/gm,
    ),
  ].map(([, comment = '', name = '', parents = '', body = '']) => ({
    name,
    comment: words(comment),
    parents: oneLine(parents),
    fields: fieldsOf(body),
  }));
}

/** Declarations stand at two spaces; what is deeper belongs to the one before. */
function fieldsOf(body: string): readonly Field[] {
  const found = body.matchAll(
    /((?:^ {2}\/\*\*(?:(?!\*\/)[^])*\*\/\n)?)^ {2}readonly (\w+\??|\[[^\]]*\]):((?:.*;$)|(?:[^]*?^ {2}\S.*;$)|(?:[^]*?;$))/gm,
  );
  return [...found].map(([, comment = '', name = '', type = '']) => ({
    name,
    type: oneLine(type.replace(/\/\*\*[^]*?\*\//g, '')).replace(/;$/, ''),
    comment: words(comment),
  }));
}

function aliasesOf(source: string): readonly (readonly [string, string])[] {
  return [...source.matchAll(/^export type (\w+) = ([^]*?);$/gm)].map(([, name = '', type = '']) => [
    name,
    spelledOut(oneLine(type).replace(/^\| /, ''), source),
  ]);
}

/** A type that is made of a constant's values or names: them. */
function spelledOut(type: string, source: string): string {
  const [, list, record] = /^(?:\(typeof (\w+)\)\[number\]|keyof typeof (\w+))$/.exec(type) ?? [];
  const constant = list ?? record;
  if (constant === undefined) return type;
  const [, body] = new RegExp(`export const ${constant} = [[{]([^]*?)[\\]}] as const`).exec(source) ?? [];
  if (body === undefined) throw new Error(`${type}: ${constant} is not declared in the usual form`);
  const values = body.matchAll(list === undefined ? /'?([\w-]+)'?:/g : /'([^']*)'/g);
  return [...values].map(([, value]) => `'${value}'`).join(' | ');
}

interface CallTypes {
  readonly query: string;
  readonly body: string;
  readonly reply: string;
}

/** What each endpoint takes and gives, by the names of the types. */
function callsOf(source: string): ReadonlyMap<string, CallTypes> {
  const [, block = ''] = /export interface \w*EndpointShapes\b[^{]*\{\n([^]*?)^\}/m.exec(source) ?? [];
  const calls = block.matchAll(
    /^ {2}'?([\w-]+)'?: \{[^]*?query: ([^;]+);\s*body: ([^;]+);\s*reply: ([^;]+?);?\s*\};$/gm,
  );
  return new Map([...calls].map(([, id = '', query = '', body = '', reply = '']) => [id, { query, body, reply }]));
}

/** The text of a comment, in one line. */
function words(comment: string): string {
  const [, text = ''] = commentForm.exec(comment) ?? [];
  return oneLine(text.replace(/^\s*\* ?/gm, ' ')).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
