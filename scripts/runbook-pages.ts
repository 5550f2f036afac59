/** The format of runbooks for people: docs/runbooks.md and sentinel-runbooks(7), from the shapes of nodes and the tables of names. Writes nothing; `docs.ts` does. */
import { runbookVocabulary } from '../src/cli/runbooks/vocabulary.ts';
import { Mdoc } from '../src/config/schema/mdoc.ts';
import { causes, procedures } from '../src/diagnosis/causes.ts';
import { questions } from '../src/diagnosis/questions.ts';
import { conditionFields } from '../src/runbook/condition.ts';
import { type NodeShape, partNodes } from '../src/runbook/node-shapes.ts';
import { placeholders } from '../src/runbook/placeholders.ts';

/** Date of the manual page: changed by hand when the format changes. */
const pageDate = 'November 21, 2026';

const introduction =
  'A runbook is a Markdown file that reads well where files are read, and runs where they are run. Its name is its id with `.md`; it begins with front matter in YAML. Fences of `kdl` carry the machine part: questions and where each answer leads, steps with their commands, causes with what helps. Everything else is prose.';

/** What `docs/runbooks.md` shows whole; a test loads and lints it. */
export const exampleRunbook = `---
id: dns-outage
title: DNS outage
severity: SEV2
symptoms:
  - several upstreams fail at once
  - the log says that names are not found
entry: true
---

# DNS outage

Names of targets are not found. Connections that are open go on; what has to be looked up again fails.

## Is it the name server?

\`\`\`kdl
probe "targets"
ask "upstreams-healthy" { yes goto="#afterwards" }
step "ask-the-resolver" "Ask the name server of this machine" kind="observe" {
    run "getent" "hosts" "backend.service.internal"
    accepts 0 2
    timeout-secs 10
}
ask "server-answers" "Did it answer with an address?" { yes goto="upstream-failure" }
\`\`\`

The same by hand, asking another server too:

\`\`\`bash
dig +short backend.service.internal
dig +short backend.service.internal @10.0.0.53
\`\`\`

## Hold traffic with what is known

\`\`\`kdl
confirm "The fallback answers for the route until you take it back: go on?"
step "fall-back" "Send the route to its fallback" kind="change" {
    run "sentinel" "override" "fallback" "api" "--for" "1h" "--reason" "name server down" "--yes"
    undo "sentinel" "override" "clear" "fallback" "api" "--yes"
}
wait until="err<1%" for="1m" timeout="10m"
\`\`\`

For good, give the route a fallback whose targets are addresses:

\`\`\`kdl example
route "api" {
    matches { path-prefix "/api/" }
    upstream "primary"
    fallback-upstream "by-address"
}
upstream "primary" { target "backend.service.internal:8080" }
upstream "by-address" { target "10.2.1.10:8080" }
\`\`\`

## Afterwards

- [ ] the override is cleared: \`sentinel override list\`
- [ ] the name server is watched
`;

const rules: readonly (readonly [title: string, paragraphs: readonly string[]])[] = [
  [
    'Where runbooks are',
    [
      'Those of the package are installed with it. Your own lie in `/etc/sentinel/runbooks`, or in the folder that `SENTINEL_RUNBOOKS` names. One with the id of a runbook of the package takes its place; others are added. A file that cannot be read is told and hides nothing: the one of the package stays in use. `README.md` is no runbook.',
      '`sentinel runbook list` shows them, `sentinel runbook show ID` prints one, `sentinel runbook lint FILE` checks one before you put it there, `sentinel runbook run ID` goes through it with you.',
    ],
  ],
  [
    'Front matter',
    [
      'Between two lines of `---`, in YAML: `id` (lower-case words with dashes, the name of the file), `title`, `severity` (`SEV1` to `SEV4`: what it usually is; left out, or `depends`, where it depends), `symptoms` (a list of what people see), and `entry: true` for a runbook that people open by themselves, so that no other has to lead to it.',
    ],
  ],
  [
    'Headings and ways',
    [
      'Headings make sections. A `goto` names a runbook (`upstream-failure`), a section of one (`upstream-failure#take-the-target-out`) or a section of its own (`#afterwards`). Headings are named as GitHub names them: lower case, spaces as `-`, other signs left out, `-1` behind the second of a name. Links between runbooks are links to their files.',
      'After an answer without a `goto` the runbook goes on behind the question, and a section goes on into the next.',
    ],
  ],
  [
    'Fences',
    [
      '`kdl`: the machine part. `kdl example`: a piece of configuration, checked by the lint in the place that it belongs in, never run. `bash`: shown, and run when it is chosen. Fences of other kinds are only shown. `- [ ]` makes a list to be ticked.',
    ],
  ],
  [
    'Steps',
    [
      'A step of the kind `observe` changes nothing. `change` can be taken back, and says how by `undo`, or why not by `no-undo`; without `run` it is done by hand. `destroy` cannot be taken back, or hits many.',
      'Commands are lists of arguments, which no shell reads. A word in braces is filled in from the facts or by `--set NAME=VALUE`, and stays one argument whatever it holds.',
    ],
  ],
  [
    'Lint',
    [
      'Whatever a runbook names has to exist: runbooks and headings, probes, questions, causes with their codes, commands of `sentinel` with their options, metrics, endpoints, events. A runbook that says what is not so is refused by `sentinel runbook lint`, with the place, what was expected and what was meant.',
    ],
  ],
];

/** `step NAME WORDS kind=… { … }` */
function formOf(name: string, { args, many, props = {}, nodes }: NodeShape): string {
  const words = args.map((one) => {
    const shown = one.choices?.join('|') ?? one.name.toUpperCase();
    return one.optional === true ? `[${shown}]` : shown;
  });
  const several = many === undefined ? [] : [`${many.name.toUpperCase()} …`];
  const properties = Object.entries(props).map(([key, { needed, choices }]) => {
    const shown = `${key}=${choices?.join('|') ?? '…'}`;
    return needed === true ? shown : `[${shown}]`;
  });
  return [name, ...words, ...several, ...properties, ...(nodes === undefined ? [] : ['{ … }'])].join(' ');
}

interface Row {
  readonly form: string;
  readonly meaning: string;
  readonly depth: number;
}

const nodeRows: readonly Row[] = Object.entries(partNodes).flatMap(([name, shape]) => [
  { form: formOf(name, shape), meaning: shape.meaning, depth: 0 },
  ...Object.entries(shape.nodes ?? {}).map(([inner, own]) => ({
    form: formOf(inner, own),
    meaning: own.meaning,
    depth: 1,
  })),
]);

const conditionRows: readonly Row[] = Object.entries(conditionFields).map(([name, { meaning }]) => ({
  form: name,
  meaning,
  depth: 0,
}));
const placeholderRows: readonly Row[] = Object.entries(placeholders).map(([name, meaning]) => ({
  form: `{${name}}`,
  meaning,
  depth: 0,
}));
const questionRows: readonly Row[] = Object.entries(questions).map(([name, words]) => ({
  form: name,
  meaning: words,
  depth: 0,
}));

const conditionWords =
  'A field, an operator (`<` `<=` `>` `>=` `=` `!=`) and a value: `err<1%`, `p99<1s`, `healthy=all`. Or the name of a question, whose answer has to be yes.';
const probeNames = [...runbookVocabulary().probes];

export function renderRunbookDocs(generated: string): string {
  const table = (head: string, rows: readonly Row[]): string =>
    [
      `| ${head} | Meaning |`,
      '| --- | --- |',
      ...rows.map(
        ({ form, meaning, depth }) => `| ${depth === 0 ? '' : '– '}\`${form.replaceAll('|', '\\|')}\` | ${meaning} |`,
      ),
    ].join('\n');
  const causeLines = procedures.flatMap((procedure) => {
    const own = Object.entries(causes).filter(([, one]) => one.procedure === procedure);
    if (own.length === 0) return [];
    return [`- \`${procedure}\`: ${own.map(([name, { code }]) => `\`${name}\` (${code})`).join(', ')}`];
  });
  return `${[
    generated,
    '# Runbooks',
    introduction,
    'A whole one, small: put it into `/etc/sentinel/runbooks/dns-outage.md`, and `sentinel runbook show dns-outage` prints it.',
    `\`\`\`\`markdown\n${exampleRunbook}\`\`\`\``,
    ...rules.flatMap(([title, paragraphs]) => [`## ${title}`, ...paragraphs]),
    '## Nodes of the machine part',
    'Texts may stand without quotes where they are one word. Inside of a node are those below it with a dash.',
    table('Node', nodeRows),
    '## Conditions of `wait`',
    conditionWords,
    table('Field', conditionRows),
    '## Placeholders',
    table('Placeholder', placeholderRows),
    '## Questions that facts answer',
    'A question that is not here is one for people: its words stand behind its name.',
    table('Question', questionRows),
    '## Probes',
    probeNames.map((name) => `\`${name}\``).join(' '),
    '## Causes',
    'What a diagnosis can name, by the runbook that has its `cause` node.',
    causeLines.join('\n'),
  ].join('\n\n')}\n`;
}

export function renderRunbookMan(): string {
  const page = new Mdoc();
  const list = (rows: readonly Row[]): void => {
    page.line('.Bl -tag -width Ds');
    for (const { form, meaning } of rows) {
      page.item([form.replaceAll('…', '...')]);
      page.text(meaning);
    }
    page.line('.El');
  };
  page.comment('Made by `npm run docs`. Change scripts/runbook-pages.ts or src/runbook/node-shapes.ts.');
  page.line(`.Dd ${pageDate}`, '.Dt SENTINEL-RUNBOOKS 7', '.Os');
  page.line('.Sh NAME', '.Nm sentinel-runbooks', '.Nd format of runbooks of the sentinel reverse proxy');
  page.line('.Sh DESCRIPTION');
  page.text(introduction);
  for (const [title, paragraphs] of rules) page.section(title, paragraphs);
  page.heading('Nodes of the machine part');
  page.line('.Bl -tag -width Ds');
  for (const [name, shape] of Object.entries(partNodes)) {
    page.item([formOf(name, shape).replaceAll('…', '...')]);
    page.text(shape.meaning);
    if (shape.nodes !== undefined) list(nodeRowsOf(shape));
  }
  page.line('.El');
  page.heading('Conditions of wait');
  page.text(conditionWords);
  list(conditionRows);
  page.heading('Placeholders');
  list(placeholderRows);
  page.heading('Questions that facts answer');
  list(questionRows);
  page.heading('Probes');
  page.text(probeNames.join(' '));
  page.line('.Sh FILES', '.Bl -tag -width Ds', '.It Pa /etc/sentinel/runbooks', 'runbooks of your own', '.El');
  page.line('.Sh EXAMPLES');
  page.literal(exampleRunbook.trimEnd());
  page.line('.Sh SEE ALSO', '.Xr sentinel 1 ,', '.Xr sentinel.kdl 5');
  return page.toString();
}

function nodeRowsOf({ nodes = {} }: NodeShape): readonly Row[] {
  return Object.entries(nodes).map(([name, shape]) => ({
    form: formOf(name, shape),
    meaning: shape.meaning,
    depth: 1,
  }));
}
