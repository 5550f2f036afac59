/** `man/sentinel.kdl.5` from the schema, in mdoc(7). Pure: the file in the repository is this text, and a test says when it is stale. */
import { Mdoc } from './mdoc.ts';
import { languageRules, referenceSections } from './reference.ts';
import type { ReferenceKey, ReferenceSection } from './reference.ts';

/** Date of the page: changed by hand when the language changes, so that the text stays a function of the schema. */
const pageDate = 'November 20, 2026';

const example = `listener "http" { address "0.0.0.0:8080" }

route "api" {
    matches { path-prefix "/api/" }
    upstream "backend"
}

upstream "backend" {
    target "10.1.1.10:8080"
    target "10.1.1.11:8080"
}`;

export function renderConfigMan(): string {
  const page = new Mdoc();
  page.comment('Made from src/config/schema by `npm run docs`. Change it there.');
  page.line(`.Dd ${pageDate}`, '.Dt SENTINEL.KDL 5', '.Os');
  page.line('.Sh NAME', '.Nm sentinel.kdl', '.Nd configuration of the sentinel reverse proxy');
  page.line('.Sh DESCRIPTION');
  page.text(
    'Every key that sentinel understands. `sentinel validate` checks a file, `sentinel config print --origin` shows what is in force and which line it comes from, and `sentinel init` writes a file to begin with.',
  );
  for (const rule of languageRules) {
    page.line('.Pp');
    page.text(rule);
  }
  const [top, ...sections] = referenceSections();
  page.line('.Sh KEYS', '.Ss The top level');
  if (top !== undefined) writeKeys(page, top.keys);
  for (const section of sections) writeSection(page, section);
  page.line('.Sh FILES', '.Bl -tag -width Ds');
  page.line('.It Pa config/sentinel.kdl');
  page.text('Read when neither a flag nor `SENTINEL_CONFIG` names a file.');
  page.line('.It Pa /etc/sentinel/config.kdl');
  page.text('Read when the other does not exist.');
  page.line('.El', '.Sh EXAMPLES');
  page.text('One listener, one route, two targets:');
  page.literal(example);
  return page.toString();
}

function writeSection(page: Mdoc, { path, meaning, interplay, notes, keys }: ReferenceSection): void {
  page.heading(path.join(' \u203a '));
  page.text([meaning, interplay, ...notes].filter((part) => part !== null).join(' '));
  if (keys.length > 0) writeKeys(page, keys);
}

function writeKeys(page: Mdoc, keys: readonly ReferenceKey[]): void {
  page.line('.Bl -tag -width Ds');
  for (const key of keys) {
    page.item([key.name, ...key.aliases]);
    page.text([key.meaning, key.interplay].filter((part) => part !== null).join(' '));
    page.line('.br');
    page.text(`Value: ${key.value}.${key.repeatable ? ' May be given again.' : ''}`);
    page.line('.br');
    page.text(defaultText(key));
    if (key.example !== null) {
      page.line('.br');
      page.text(`Example: \`${key.example}\``);
    }
  }
  page.line('.El');
}

function defaultText(key: ReferenceKey): string {
  if (key.required) return 'Must be written.';
  const unit = key.unit === null || key.default === null || !/^`\d/.test(key.default) ? '' : ` ${key.unit}`;
  return `Default: ${key.default ?? 'none'}${unit}.`;
}
