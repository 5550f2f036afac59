/** `sentinel explain`: pages of error codes and causes, from the tables that the program itself uses. No network. */
import { type ErrorCode, codes } from '../../base/codes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type Cause, type CauseFacts, causes } from '../../proxy/shared/causes.ts';
import type { Invocation, Outcome } from '../command.ts';
import type { Style } from '../streams.ts';
import { wrap } from '../text.ts';

interface Page {
  readonly code: string;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const asked = invocation.argument('code');
  if (asked === undefined) return report(allPages(), list);
  const page = allPages().find(({ code }) => code.toLowerCase() === asked.toLowerCase());
  if (page === undefined) {
    throw new SentinelError('SNT-P041', `looking up \`${asked}\`: there is no such code or cause`, {
      hint: 'sentinel explain',
    });
  }
  return report(page, (style) => pageText(page, style));
}

function report(data: Page | readonly Page[], text: (style: Style) => string): Outcome {
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
