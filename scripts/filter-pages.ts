/** The language of filters for people: docs/filters.md and sentinel-filters(7), from the tables of fields and units. Writes nothing; `docs.ts` does. */
import { Mdoc } from '../src/config/schema/mdoc.ts';
import { factsOf, type FieldName, fields, fieldsOf, type SubjectKind, subjectWords } from '../src/filter/fields.ts';
import { mostSteps } from '../src/filter/pattern.ts';
import { longestText } from '../src/filter/pattern-run.ts';
import { exampleOf, unitsOf } from '../src/filter/quantity.ts';

/** Date of the manual page: changed by hand when the language changes. */
const pageDate = 'November 21, 2026';

const introduction =
  'One language for what is shown: `--filter` of the commands, `filter=` of the admin API, and the filter line of the dashboard.';

/** Paragraphs, with `code` in backticks. */
const rules: readonly (readonly [title: string, paragraphs: readonly string[]])[] = [
  [
    'Words',
    [
      'A word is searched in the text of each thing: of a request its method, host and path (`GET api.example.com/users`); of an event or a line all that it says; of all else its name. Upper and lower case are the same unless the word has an upper case letter. `~` before a word makes it a regular expression: `~^GET`.',
      'Double quotes take a word as it is: `"not found"`, `"or"`, `"a=b"`. Within them `\\"` is a quote and `\\\\` a backslash. On a command line the whole filter wants single quotes around it.',
    ],
  ],
  [
    'Comparisons',
    [
      'A field, an operator and a value: `status=503`. Text is compared with `=` `!=` (the whole of it), `~` `!~` (a regular expression that is found in it); numbers with `=` `!=` `>` `<` `>=` `<=`. Spaces around the operator do not matter: `err > 1 %`.',
      '`status=5xx` compares the class. Percentages are compared with ratios. A number without a unit is in percent for ratios, in milliseconds for durations and quantiles, in bytes for sizes; `age` and `since` need one.',
      'Of a field with several values, such as the upstreams of a route, one that matches is enough for `=` and `~`; `!=` and `!~` want all of them to differ.',
      'No comparison holds of what a thing does not have, `!=` neither: a request that reached no target matches neither `target=x` nor `target!=x`, but it matches `!target=x`. A field that no thing of the kind can have is a mistake, and is refused.',
    ],
  ],
  [
    'Joining',
    [
      'Side by side, or with `and` or `&&` between them, both must match; with `or` or `||`, one of them. `!` before a comparison, a word or parentheses turns it around. `!` binds closest, then `and` (and the space), then `or`: `a b or !c d` is `(a and b) or ((!c) and d)`. In bottom, where this language comes from, a space binds less closely than `or`; here it is the same as `and`.',
    ],
  ],
  [
    'Regular expressions',
    [
      `As JavaScript has them, without back references and looking around, so that the time they take is bounded by the text whatever they are: literals, \`.\`, classes, \`\\d\` \`\\w\` \`\\s\` \`\\b\`, groups, alternatives, \`^\` \`$\`, and \`*\` \`+\` \`?\` \`{m,n}\`. At most 256 characters, and ${mostSteps} steps in all expressions of a filter, with \`{m,n}\` written out; the first ${longestText} characters of a text are looked at. A filter has at most 1024 characters. Over a whole list it may take 200 ms (50 ms of a worker, for \`inflight\`), then it is refused; what a tap has no time to judge is counted as skipped.`,
    ],
  ],
];

/** Each reads, which a test holds. */
export const filterExamples: readonly (readonly [kind: SubjectKind, filter: string, meaning: string])[] = [
  [
    'requests',
    'status=5xx and p99>500ms',
    'requests that failed and were slow (of one request each quantile is its duration)',
  ],
  ['requests', 'status=5xx upstream=api', 'failed requests of one upstream'],
  ['requests', 'client=203.0.113.7', 'what one client asked for'],
  ['requests', 'path~^/api/v[12]/ !method=GET', 'everything but GET below two paths'],
  ['requests', 'cause~timeout or duration>=10s', 'timeouts, and what came near'],
  ['inflight', 'age>30s', 'requests that have been running for half a minute'],
  ['targets', 'state!=up or err>1%', 'targets that are not well'],
  ['upstreams', '(err>1% or p99>1s) rps>10', 'upstreams that suffer under load'],
  ['routes', 'upstream=api p99>500ms', 'slow routes of one upstream'],
  ['clients', 'rps>50 or share>10%', 'clients that send much'],
  ['clients', 'state!=blocked err>50%', 'clients whose requests fail, and that are not blocked'],
  ['events', 'severity=error age<1h', 'bad news of the last hour'],
  ['logs', 'level=error module=health', 'error lines of one part of the program'],
];

export function renderFilterDocs(generated: string): string {
  const types = (names: readonly FieldName[]) =>
    names.map((name) => `| \`${name}\` | ${typeWords(name)} | ${factsOf(name).meaning} |`).join('\n');
  const kinds = (Object.keys(subjectWords) as SubjectKind[]).map(
    (kind) =>
      `- ${subjectWords[kind]}: ${fieldsOf(kind)
        .map((name) => `\`${name}\``)
        .join(' ')}`,
  );
  const examples = filterExamples.map(
    ([kind, filter, meaning]) => `| ${subjectWords[kind]} | \`${filter}\` | ${meaning} |`,
  );
  return `${[
    generated,
    '# Filters',
    introduction,
    `| Of | Filter | Finds |\n| --- | --- | --- |\n${examples.join('\n').replaceAll('||', '\\|\\|')}`,
    ...rules.flatMap(([title, paragraphs]) => [`## ${title}`, ...paragraphs]),
    '## Fields',
    `| Field | Type | Meaning |\n| --- | --- | --- |\n${types(Object.keys(fields) as FieldName[])}`,
    'What has which:',
    kinds.join('\n'),
  ].join('\n\n')}\n`;
}

export function renderFilterMan(): string {
  const page = new Mdoc();
  page.comment('Made by `npm run docs`. Change scripts/filter-pages.ts or src/filter/fields.ts.');
  page.line(`.Dd ${pageDate}`, '.Dt SENTINEL-FILTERS 7', '.Os');
  page.line('.Sh NAME', '.Nm sentinel-filters', '.Nd language of filters of the sentinel reverse proxy');
  page.line('.Sh DESCRIPTION');
  page.text(introduction);
  for (const [title, paragraphs] of rules) page.section(title, paragraphs);
  page.heading('Fields');
  page.line('.Bl -tag -width Ds');
  for (const name of Object.keys(fields) as FieldName[]) {
    page.item([name]);
    page.text(`${factsOf(name).meaning} (${typeWords(name)})`);
  }
  page.line('.El');
  page.heading('What has which field');
  page.line('.Bl -tag -width Ds');
  for (const kind of Object.keys(subjectWords) as SubjectKind[]) {
    page.line(`.It ${subjectWords[kind]}`);
    page.text(fieldsOf(kind).join(' '));
  }
  page.line('.El', '.Sh EXAMPLES', '.Bl -tag -width Ds');
  for (const [kind, filter, meaning] of filterExamples) {
    page.item([filter]);
    page.text(`${subjectWords[kind]}: ${meaning}`);
  }
  page.line('.El', '.Sh SEE ALSO', '.Xr sentinel 1');
  return page.toString();
}

function typeWords(name: FieldName): string {
  const { type, bareUnit } = factsOf(name);
  if (type === 'text') return 'text';
  const units = unitsOf(type);
  const bare = bareUnit === undefined ? '' : `; ${bareUnit} unless said`;
  return units.length === 0 ? exampleOf(type) : `${exampleOf(type)}${bare}`;
}
