/**
 * The line that says what is wrong: the verdict of the engine that `sentinel diagnose` has, the worst daemon first, with the numbers that
 * stand out. Says "all clear" only where every daemon answers, was judged, and shows nothing that speaks against it.
 */
import { type Sev, sevs } from '../../base/severity.ts';
import { needsAttention } from '../../cli/verdicts.ts';
import { percentileText, percentText } from '../../cli/rates.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import type { Reading } from '../feed/reading.ts';
import { ageText, said } from '../rows/cells.ts';
import type { Standing, Tone } from '../rows/row.ts';
import { isStale } from '../rows/shown.ts';
import { causesInOrder } from '../store/cause-order.ts';
import { alarmOf, isRaised } from '../store/hysteresis.ts';
import { shownNode } from '../store/moments.ts';
import type { NodeState, State } from '../store/state.ts';
import type { VerdictLine } from './view.ts';

type Part = VerdictLine['parts'][number];

/** Of each daemon; more would push the others off the line. */
const MOST_CAUSES = 3;

export function verdictLineOf(state: State): VerdictLine {
  if (state.pastMs !== null)
    return unknown([{ text: 'no verdict is kept of that moment: \\ comes back to now', tone: 'unknown' }]);
  const judged = state.nodes.map((node) => judgedOf(shownNode(node, state), state));
  const several = judged.length > 1;
  const ordered = [...judged].sort((a, b) => rankOf(a) - rankOf(b));
  const [worst] = ordered;
  if (worst === undefined) return unknown([{ text: 'no daemon', tone: 'unknown' }]);
  const parts = ordered
    .filter(({ standing }) => standing !== 'up')
    .flatMap(({ node, parts: own }) =>
      own.map((part, index) => (several && index === 0 ? { ...part, text: `${said(node)}: ${part.text}` } : part)),
    );
  if (parts.length > 0) return { standing: worst.standing, sev: worst.sev, parts };
  const asides = ordered.flatMap(({ node, parts: own }) =>
    own.map((part) => (several ? { ...part, text: `${said(node)}: ${part.text}` } : part)),
  );
  return { standing: 'up', sev: null, parts: [{ text: clearWords(state), tone: 'good' }, ...asides] };
}

function unknown(parts: readonly Part[]): VerdictLine {
  return { standing: 'unknown', sev: null, parts };
}

interface Judged {
  readonly node: string;
  readonly standing: Standing;
  readonly sev: Sev | null;
  readonly parts: readonly Part[];
}

/** Problems before what is not known before what is well; by severity. */
function rankOf({ standing, sev }: Judged): number {
  if (sev !== null) return sevs.indexOf(sev);
  return standing === 'up' ? 9 : standing === 'unknown' ? 8 : 7;
}

function judgedOf(node: NodeState, state: State): Judged {
  const { reading, lost, verdict } = node;
  if (lost !== null)
    return notKnown(
      node,
      `✗ no answer for ${ageText(state.nowMs - (reading?.receivedMs ?? lost.sinceMs))}: ${said(lost.why)}${lastWords(verdict)}`,
    );
  if (reading === null) return notKnown(node, 'nothing was read yet');
  if (isStale(node, state))
    return notKnown(node, `no answer for ${ageText(state.nowMs - reading.receivedMs)}${lastWords(verdict)}`);
  const seen = seenIn(reading);
  const beyond = numbersOf(node, reading);
  const numbers = [...beyond, ...endingIn(reading)];
  if (verdict?.status === 'problems') return problems(node, verdict, seen, numbers);
  if (verdict === null || verdict.status === 'unknown') {
    const why = verdict === null ? (node.unjudged ?? 'not judged yet') : unknownWords(verdict);
    // What is seen is seen, whether or not it has been judged.
    const standing = seen.length > 0 ? 'degraded' : 'unknown';
    return { node: node.node, standing, sev: null, parts: [...seen, { text: said(why), tone: 'unknown' }, ...numbers] };
  }
  if (seen.length === 0 && beyond.length === 0)
    return { node: node.node, standing: 'up', sev: null, parts: [...orderedIn(reading), ...numbers] };
  const parts: readonly Part[] =
    seen.length > 0
      ? [...seen, { text: 'seen just now, being judged', tone: 'unknown' }, ...numbers]
      : [...beyond, { text: 'no cause found', tone: 'unknown' }, ...endingIn(reading)];
  return { node: node.node, standing: 'degraded', sev: null, parts };
}

function notKnown({ node }: NodeState, text: string): Judged {
  return { node, standing: 'unknown', sev: null, parts: [{ text, tone: 'unknown' }] };
}

/** What was wrong when it was last judged, if anything. */
function lastWords(verdict: Verdict | null): string {
  const [cause] = verdict?.causes ?? [];
  return cause === undefined ? '' : `; before that: ${said(cause.detail)}`;
}

function unknownWords({ unknown: sections }: Verdict): string {
  const needed = sections.filter(({ mandatory }) => mandatory);
  const words = (needed.length > 0 ? needed : sections).map(({ section, why }) => `${section}: ${why}`);
  return words.length === 0 ? 'not known: too little could be found out' : `not known: ${words.join('; ')}`;
}

function problems(node: NodeState, verdict: Verdict, seen: readonly Part[], numbers: readonly Part[]): Judged {
  const { severity: sev, causes, procedure } = verdict;
  const standing: Standing = sev === 'SEV1' || sev === 'SEV2' ? 'down' : 'degraded';
  const tone: Tone = standing === 'down' ? 'bad' : 'warn';
  const named = causesInOrder(verdict)
    .slice(0, MOST_CAUSES)
    .map(({ detail }): Part => ({ text: said(detail), tone }));
  const more = causes.length > MOST_CAUSES ? [{ text: `${causes.length - MOST_CAUSES} more causes`, tone }] : [];
  const unexplained: readonly Part[] =
    causes.length > 0 ? [] : [...seen, { text: `${procedure ?? 'something is wrong'}: no cause stands out`, tone }];
  return { node: node.node, standing, sev, parts: [...named, ...more, ...unexplained, ...numbers] };
}

/** What speaks against "all clear" in the reading itself, whatever was judged a moment before. */
function seenIn({ status, upstreams }: Reading): readonly Part[] {
  const state =
    status.state === 'ready'
      ? []
      : [{ text: `${status.state.replace('_', ' ')}: ${said(status.reasons.join(', '))}`, tone: 'bad' as const }];
  const used = upstreams.filter(({ builtin, routes }) => !builtin || routes.length > 0);
  const broken = used.flatMap((upstream): readonly Part[] => {
    const bad = upstream.targets.filter(needsAttention);
    const [first] = bad;
    if (upstream.state === 'down')
      return [
        {
          text: `upstream ${said(upstream.name)} DOWN${upstream.why === null ? '' : `: ${said(upstream.why)}`}`,
          tone: 'bad',
        },
      ];
    if (first === undefined) return [];
    const check = first.last_check === null || first.last_check.ok ? '' : `${first.last_check.code} `;
    const text = `upstream ${said(upstream.name)} ${bad.length}/${upstream.targets.length} DOWN (${check}${said(first.address)})`;
    return [{ text, tone: 'warn' }];
  });
  const others = status.upstreams.problems
    .filter(({ code }) => code === 'SNT-U003')
    .map(({ words }): Part => ({ text: said(words), tone: 'warn' }));
  return [...state, ...broken, ...others];
}

/** Why all is clear though not everything takes requests: somebody ordered it so. */
function orderedIn({ status, upstreams }: Reading): readonly Part[] {
  const count = status.drains.length;
  const out = new Set(status.drains.map(({ target }) => target));
  const failing = upstreams.some(({ targets }) =>
    targets.some(({ address, verdict }) => out.has(address) && verdict === 'unhealthy'),
  );
  const drained = `${count} ${count === 1 ? 'target' : 'targets'} out of traffic by order${failing ? ', failing its check' : ''}`;
  const upkeep = status.overrides.maintenance.length;
  return [
    ...(count === 0 ? [] : [{ text: drained, tone: failing ? ('warn' as const) : ('going' as const) }]),
    ...(upkeep === 0 ? [] : [{ text: `${upkeep} maintenance in force`, tone: 'info' as const }]),
  ];
}

/** Numbers beyond their thresholds. */
function numbersOf({ alarms }: NodeState, { status }: Reading): readonly Part[] {
  const { '10s': now, '5m': before, '1m': minute } = status.windows;
  const usual = before ?? minute;
  const parts: Part[] = [];
  if (isRaised(alarms, alarmOf('err', { kind: 'daemon' })) && now?.error_ratio !== null && now !== undefined) {
    const more = (now.error_ratio - (usual?.error_ratio ?? 0)) * 100;
    const trend = more >= 0.1 ? ` ▲${more.toFixed(1)}` : more <= -0.1 ? ` ▼${(-more).toFixed(1)}` : '';
    parts.push({ text: `err ${percentText(now.error_ratio)}%${trend}`, tone: 'bad' });
  }
  if (isRaised(alarms, alarmOf('p99', { kind: 'daemon' })) && now?.p99_ms !== null && now !== undefined) {
    const trend = usual?.p99_ms !== null && usual !== undefined && now.p99_ms > usual.p99_ms * 1.2 ? ' ▲' : '';
    parts.push({ text: `p99 ${percentileText(now.p99_ms)}${trend}`, tone: 'warn' });
  }
  if (isRaised(alarms, alarmOf('conns', { kind: 'daemon' })))
    parts.push({ text: 'connections near their limit', tone: 'warn' });
  if (isRaised(alarms, alarmOf('rss', { kind: 'daemon' }))) parts.push({ text: 'memory near its limit', tone: 'warn' });
  return parts;
}

/** The certificate that ends first, where one is worth a word. */
function endingIn({ status }: Reading): readonly Part[] {
  const parts: Part[] = [];
  const ending = status.certificates.loaded.filter(({ standing }) => standing !== 'ok');
  const [first] = [...ending].sort((a, b) => a.days_left - b.days_left);
  if (first !== undefined) {
    const left =
      first.standing === 'not_yet_valid' ? 'not valid yet' : first.days_left < 0 ? 'expired' : `${first.days_left}d`;
    const more = ending.length > 1 ? ` +${ending.length - 1}` : '';
    parts.push({
      text: `cert ${said(first.name)} ${left}${more}`,
      tone: first.standing === 'warning' ? 'warn' : 'bad',
    });
  }
  return parts;
}

/** Since the last of them became so. */
function clearWords({ nodes }: State): string {
  const spans = nodes.flatMap(({ clearSinceMs, reading }) =>
    clearSinceMs === null || reading === null ? [] : [reading.atMs - clearSinceMs],
  );
  const since = spans.length === 0 ? '' : ` for ${ageText(Math.min(...spans))}`;
  return `all clear${since}${nodes.length > 1 ? ` on ${nodes.length} daemons` : ''}`;
}
