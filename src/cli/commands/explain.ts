/**
 * `sentinel explain`: pages of error codes and causes, from the tables that the program itself uses, and what runbooks say of a
 * code. No network, no daemon; what reads runbooks is loaded only where one has the code.
 */
import { type ErrorCode, codes } from '../../base/codes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type Cause, type CauseFacts, causes } from '../../proxy/shared/causes.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation, Outcome } from '../command.ts';
import type { Style } from '../streams.ts';
import { runbookFileExists, runbooksMention } from '../runbooks/code-mentions.ts';
import type { RunbookPart, ShownPart } from '../runbooks/code-sections.ts';
import { wrap } from '../text.ts';

interface Page {
  readonly code: string;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** Everything that a part of a runbook is, without how it is drawn. */
interface Explained extends Page {
  readonly runbooks: readonly RunbookPart[];
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const asked = invocation.argument('code');
  if (asked === undefined) return report(allPages(), list);
  const page = allPages().find(({ code }) => code.toLowerCase() === asked.toLowerCase());
  const folders = shelfFolders(invocation.context.environment);
  const places = [folders.shipped, ...(folders.site === null ? [] : [folders.site])];
  if (page !== undefined) {
    const parts = runbooksMention(page.code, places) ? await (await reading()).sectionsOn(page.code, folders) : [];
    return report(explained(page, parts), (style) => `${pageText(page, style)}${partsText(parts, style)}`);
  }
  const whole = runbookFileExists(asked, places) ? await (await reading()).wholeRunbook(asked, folders) : null;
  if (whole === null) {
    throw new SentinelError('SNT-P041', `looking up \`${asked}\`: there is no such code, cause or runbook`, {
      hint: 'sentinel explain',
    });
  }
  const { runbook: code, title } = whole;
  const remedy = `sentinel runbook run ${code}`;
  return report(explained({ code, title, meaning: whole.markdown, remedy }, [whole]), (style) => whole.text(style));
}

/** What reads Markdown is loaded with it. */
function reading() {
  return import('../runbooks/code-sections.ts');
}

function explained(page: Page, parts: readonly ShownPart[]): Explained {
  return { ...page, runbooks: parts.map(({ text: _, ...part }) => part) };
}

/** Each section as `runbook show` prints it, and where the whole of it is. */
function partsText(parts: readonly ShownPart[], style: Style): string {
  return parts
    .map(({ runbook, command, text }) => {
      const line = `${style.dim('─'.repeat(Math.min(style.columns, 100)))}\n`;
      return `\n${line}${style.dim(`runbook ${runbook}`)}\n\n${text(style)}\n${command}\n`;
    })
    .join('');
}

function report(data: Explained | readonly Page[], text: (style: Style) => string): Outcome {
  return { kind: 'report', exitCode: exitCodes.ok, status: 'ok', data, text };
}

function allPages(): readonly Page[] {
  const ofCodes = (Object.keys(codes) as ErrorCode[]).sort().map((code) => ({ code, ...codes[code] }));
  const ofCauses = (Object.keys(causes) as Cause[]).sort().map((cause): Page => {
    const { status, source, proxyStatus, meaning, next }: CauseFacts = causes[cause];
    const answer = status === 0 ? "the upstream's own status" : `status ${status}`;
    const field = proxyStatus === null ? '' : `, Proxy-Status error=${proxyStatus}`;
    return {
      code: cause,
      title: `cause of a request that failed (${source})`,
      meaning,
      remedy: `${next === undefined ? '' : `${next} `}Logged with ${answer}${field}. Requests with it: \`sentinel_errors_total{cause="${cause}"}\` and field \`cause\` of the access log.`,
    };
  });
  return [...ofCodes, ...ofCauses];
}

function list(style: Style): string {
  const pages = allPages();
  const width = Math.max(...pages.map(({ code }) => code.length));
  return pages
    .map(
      ({ code, title, meaning }) => `${style.bold(code.padEnd(width))}  ${code.startsWith('SNT-') ? title : meaning}\n`,
    )
    .join('');
}

function pageText({ code, title, meaning, remedy }: Page, style: Style): string {
  const width = Math.min(style.columns, 100);
  return `${style.bold(`${code}  ${title}`)}\n\n${wrap(meaning, width)}\n\n${wrap(remedy, width)}\n`;
}
