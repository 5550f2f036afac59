/**
 * How a message looks where it is pasted: `text` is the template of the runbook word for word; `markdown` breaks its lines where the
 * template does; `slack` is mrkdwn; `statuspage` is the document that Statuspage's API takes. Pure; for `message.ts`.
 */
import type { Sev } from '../../base/severity.ts';
import type { Block, Draft, MessageFormat } from './shapes.ts';

export function rendered(draft: Draft, format: MessageFormat): string {
  switch (format) {
    case 'text':
      return `Subject: ${draft.subject}\n\n${blocks(draft.blocks, plain)}\n`;
    case 'markdown':
      return `# ${markdown.escape(draft.subject)}\n\n${blocks(draft.blocks, markdown)}\n`;
    case 'slack':
      return `*${slack.escape(draft.subject)}*\n\n${blocks(draft.blocks, slack)}\n`;
    case 'statuspage':
      return `${JSON.stringify(statuspage(draft), null, 2)}\n`;
  }
}

interface Looks {
  readonly bold: (name: string) => string;
  readonly escape: (text: string) => string;
  /** Between the fields, and behind the name of a section. */
  readonly lineEnd: string;
}

const plain: Looks = { bold: (name) => `**${name}**`, escape: (text) => text, lineEnd: '\n' };
const markdown: Looks = {
  bold: (name) => `**${name}**`,
  // Blanks stay as they are: nothing makes a link of them.
  escape: (text) => text.replaceAll('<', '&lt;').replaceAll(/[\\`*|~]|\](?=[([:])|(?<=\n)[#>+-]|^[#>+-]/g, '\\$&'),
  lineEnd: '  \n',
};
const slack: Looks = {
  bold: (name) => `*${name}*`,
  escape: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  lineEnd: '\n',
};
/** Statuspage shows a body as it is. */
const bare: Looks = { bold: (name) => name, escape: (text) => text, lineEnd: '\n' };

function blocks(all: readonly Block[], looks: Looks): string {
  return all.map((block) => blockText(block, looks)).join('\n\n');
}

function blockText(block: Block, { bold, escape, lineEnd }: Looks): string {
  switch (block.kind) {
    case 'paragraph':
      return escape(block.text);
    case 'fields':
      return block.fields.map(([name, value]) => `${bold(name)}: ${escape(value)}`).join(lineEnd);
    case 'section':
      return `${bold(block.name)}:${lineEnd}${escape(block.text)}`;
  }
}

const impactOverrides: Readonly<Record<Sev, string>> = { SEV1: 'critical', SEV2: 'major', SEV3: 'minor', SEV4: 'none' };

/** Body of `POST /v1/pages/PAGE/incidents`, and of `PATCH` for what follows; `body` alone is what the form of the page asks for. */
function statuspage({ kind, subject, blocks: all, facts }: Draft): unknown {
  const { sev, window, phase } = facts;
  const body = blocks(
    // What the page shows anyhow.
    all.flatMap((block): readonly Block[] => {
      if (block.kind !== 'fields') return [block];
      const fields = block.fields.filter(([name]) => name !== 'Status');
      return [{ ...block, fields }];
    }),
    bare,
  );
  const name = subject.replace(/^\[[A-Z]+\] /, '');
  if (kind === 'maintenance-announce' || kind === 'maintenance-done') {
    const status = kind === 'maintenance-announce' ? 'scheduled' : 'completed';
    const when = window === null ? {} : { scheduled_for: window.from, scheduled_until: window.to };
    return { incident: { name, status, impact_override: 'maintenance', ...when, body } };
  }
  const status = kind === 'initial' ? 'investigating' : kind === 'resolution' ? 'resolved' : statusOf(phase);
  return { incident: { name, status, ...(sev === null ? {} : { impact_override: impactOverrides[sev] }), body } };
}

function statusOf(phase: string): string {
  if (phase === 'open') return 'investigating';
  if (phase === 'identified') return 'identified';
  return phase === 'resolved' || phase === 'closed' ? 'resolved' : 'monitoring';
}
