/** A report in one line, for chats, watches and subjects of mails: the verdict, the first cause, what it hits. Pure. */
import { glyphs, type Report } from './report.ts';

/** `✗ SEV3 upstream-failure: target-refused api-backend/10.1.1.12:8080 refuses connections (and 1 more cause)`. */
export function oneLine({ mark, verdict, causes, unknown, daemon, host }: Report): string {
  const where = daemon === 'local' ? host : daemon;
  const glyph = glyphs[mark];
  const [first, ...others] = causes;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more ${others.length === 1 ? 'cause' : 'causes'})`;
    return `${glyph} ${[verdict.severity, verdict.procedure].filter((word) => word !== null).join(' ')}: ${first.cause} ${first.detail}${more}`;
  }
  if (verdict.status === 'unknown') {
    const missing = unknown.filter(({ mandatory }) => mandatory).map(({ section, why }) => `${section}: ${why}`);
    return `${glyph} not known on ${where}: ${missing.length === 0 ? 'too little could be found out' : missing.join('; ')}`;
  }
  if (verdict.status === 'problems')
    return `${glyph} ${[verdict.severity, verdict.procedure].filter((word) => word !== null).join(' ')}: something is wrong, and no cause stands out`;
  return `${glyph} nothing wrong on ${where}`;
}

/** `SEV3, respond in < 1 h, page PagerDuty (primary)`; null where there is no severity. */
export function responseWords({ verdict, page }: Report): string | null {
  if (verdict.severity === null) return null;
  const within = verdict.respond_within === null ? [] : [`respond in ${verdict.respond_within}`];
  return [verdict.severity, ...within, ...(page === null ? [] : [page])].join(', ');
}
