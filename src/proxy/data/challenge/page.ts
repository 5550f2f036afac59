/**
 * The page that a challenged browser gets: says why and what happens, also with scripts off; works over plain http and asks
 * nobody else for anything. What varies stands in attributes, so that style and script are known to the policy by hash.
 */
import { createHash } from 'node:crypto';
import { pageScript } from './page-script.ts';

const style = `
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1c2330;--soft:#5b6475;--line:#dfe3ea;--tint:#2f6fed}
@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1b2029;--ink:#e8ebf1;--soft:#a0a9b9;--line:#2c3340;--tint:#7aa7ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--bg);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:29rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:2.25rem 2rem 1.5rem;box-shadow:0 1px 2px #0001,0 12px 32px #0000000f}
svg{display:block;width:2.5rem;height:2.5rem;color:var(--tint);margin-bottom:1.25rem}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .5rem;letter-spacing:-.01em}
p{margin:0 0 1rem;color:var(--soft)}
#s{color:var(--ink);font-weight:500;margin:0 0 .625rem}
#w{display:none;margin:1.5rem 0}
.on #w,.over #w{display:block}
.over progress{display:none}
progress{appearance:none;display:block;width:100%;height:.5rem;border:0;border-radius:1rem;overflow:hidden;background:var(--line)}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{background:var(--tint);border-radius:1rem;transition:width .2s}
progress::-moz-progress-bar{background:var(--tint);border-radius:1rem}
.off{border-left:3px solid var(--tint);padding-left:.875rem;margin:1.5rem 0}
.off p{color:var(--ink);margin:0}
.on .off,.over .off{display:none}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.8125rem;color:var(--soft);overflow-wrap:anywhere}
@media(prefers-reduced-motion:reduce){progress::-webkit-progress-value{transition:none}}
@media(max-width:26rem){main{padding:1.75rem 1.25rem 1.25rem}}`;

const shield = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 2.8 4.5 5.6v5.6c0 4.6 3.1 8.3 7.5 10 4.4-1.7 7.5-5.4 7.5-10V5.6Z"/><path d="m8.6 11.9 2.4 2.4 4.4-4.7"/></svg>`;

export interface PageFacts {
  readonly puzzle: string;
  readonly bits: number;
  /** Where solutions are handed in. */
  readonly path: string;
  /** What the visitor can tell the operator: the correlation id. */
  readonly reference: string;
}

/** The page as bytes. All facts are of a closed alphabet (`[A-Za-z0-9._/-]`): nothing needs to be escaped. */
export function challengePage({ puzzle, bits, path, reference }: PageFacts): Buffer {
  return Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>One moment: checking your browser</title>
<style>${style}</style>
</head>
<body>
<main data-puzzle="${puzzle}" data-bits="${bits}" data-path="${path}">
${shield}
<h1>One moment, please</h1>
<p>This site gets unusually many requests. Your browser solves a small puzzle to show that somebody is waiting for the page; then it opens by itself.</p>
<div id="w"><p id="s" role="status">Solving the puzzle…</p><progress id="b" max="1" value="0" aria-label="Progress"></progress></div>
<div class="off"><p>Scripts are off in this browser, so the puzzle cannot be solved. Allow scripts and cookies for this site and load the page again. Nothing is asked of other sites, and nothing is stored but a pass.</p></div>
<footer>If this goes on, tell the operator of the site this reference: <strong>${reference}</strong></footer>
</main>
<script>${pageScript}</script>
</body>
</html>
`);
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Fields of the page, each with its CRLF. The worker is a blob of the page itself. */
export const pageFields = [
  'Content-Type: text/html; charset=utf-8',
  'Cache-Control: no-store',
  `Content-Security-Policy: default-src 'none'; script-src ${hash(pageScript)}; style-src ${hash(style)}; worker-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'X-Robots-Tag: noindex, nofollow',
  'X-Content-Type-Options: nosniff',
  'Referrer-Policy: same-origin',
  '',
].join('\r\n');
