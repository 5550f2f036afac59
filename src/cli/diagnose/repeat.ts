/**
 * Diagnosing again and again: `--watch` prints what changed between two verdicts, `--wait` ends when nothing is wrong. Called by
 * `diagnose`; what a round is, is told to it.
 */
import { plainJson } from '../../base/plain-json.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { clockTime } from '../../diagnosis/case.ts';
import { oneLine } from '../../diagnosis/report/one-line.ts';
import { glyphs, type Mark, type Report, type ReportFinding } from '../../diagnosis/report/report.ts';
import type { Invocation, Outcome } from '../command.ts';
import { sorted } from '../envelope.ts';
import { pause } from '../waiting.ts';
import type { DiagnoseChoice } from './choice.ts';
import type { Round } from './round.ts';

export type NextRound = (signal: AbortSignal) => Promise<Round>;

/** What is different from the verdict before. */
export interface VerdictChange {
  /** `verdict`: status, severity or procedure; `begun` and `over`: a cause, a notice, or a probe that the answer needs. */
  readonly kind: 'verdict' | 'begun' | 'over';
  readonly mark: Mark;
  readonly words: string;
  /** Of the finding; null for a verdict. */
  readonly code: string | null;
}

/** Ends when somebody ends it. */
export async function watchVerdicts(
  invocation: Invocation,
  next: NextRound,
  { intervalMs }: DiagnoseChoice,
): Promise<Outcome> {
  const { stdout, json, clock } = invocation;
  const interruption = invocation.interruption();
  const document = (value: unknown) => stdout.write(`${plainJson(sorted(value))}\n`);
  if (json) document({ schema: 'sentinel.diagnose.stream/1' });
  let before: Report | null = null;
  while (!interruption.signal.aborted) {
    const { report } = await next(interruption.signal);
    if (interruption.signal.aborted) break;
    const changes = changesBetween(before, report);
    if (changes.length > 0) {
      if (json) document({ at: report.at, took_ms: report.tookMs, verdict: report.verdict, changes });
      else
        for (const { mark, words } of changes)
          stdout.write(
            `${stdout.style.dim(clockTime(report.at))} ${painted(mark, `${glyphs[mark]} ${words}`, invocation)}\n`,
          );
    }
    before = report;
    await pause(clock, interruption, intervalMs);
  }
  return { kind: 'done', exitCode: interruption.exitCode() };
}

/** The last round: one with which nothing is wrong, or that after which the time was over; null when somebody ended it. */
export async function waitForHealth(
  invocation: Invocation,
  next: NextRound,
  { intervalMs, timeoutMs }: DiagnoseChoice,
): Promise<{ readonly round: Round; readonly inTime: boolean } | Outcome> {
  const { stderr, clock } = invocation;
  const interruption = invocation.interruption();
  const deadline = clock.now() + timeoutMs;
  let shown = '';
  for (;;) {
    const round = await next(interruption.signal);
    if (interruption.signal.aborted) return { kind: 'done', exitCode: interruption.exitCode() };
    if (round.report.verdict.exit_code === exitCodes.ok) return { round, inTime: true };
    const left = deadline - clock.now();
    if (left <= 0) return { round, inTime: false };
    const words = oneLine(round.report);
    if (stderr.isTerminal && words !== shown)
      stderr.write(`${stderr.style.dim(clockTime(round.report.at))} ${words}\n`);
    shown = words;
    await pause(clock, interruption, Math.min(intervalMs, left));
    if (interruption.signal.aborted) return { kind: 'done', exitCode: interruption.exitCode() };
  }
}

/** A line each. @param before null: the first verdict is news itself */
export function changesBetween(before: Report | null, after: Report): readonly VerdictChange[] {
  const verdict: VerdictChange = { kind: 'verdict', mark: after.mark, words: oneLine(after).slice(2), code: null };
  if (before === null) return [verdict];
  const same =
    before.verdict.status === after.verdict.status &&
    before.verdict.severity === after.verdict.severity &&
    before.verdict.procedure === after.verdict.procedure;
  const [earlier, later] = [standing(before), standing(after)];
  return [
    ...(same ? [] : [verdict]),
    ...[...later].flatMap(([key, one]) => (earlier.has(key) ? [] : [{ ...one, kind: 'begun' as const }])),
    ...[...earlier].flatMap(([key, one]) =>
      later.has(key) ? [] : [{ ...one, kind: 'over' as const, mark: 'ok' as const, words: `over: ${one.words}` }],
    ),
  ];
}

type Standing = Pick<VerdictChange, 'mark' | 'words' | 'code'>;

/** Causes, notices and what is not known, by what they are and whom they hit: their numbers change all the time. */
function standing({ causes, subjects, unknown }: Report): ReadonlyMap<string, Standing> {
  const notices = subjects.flatMap(({ notices: own }) => own);
  return new Map<string, Standing>([
    ...causes.map((one) => [`${one.cause} ${one.resource?.name ?? ''}`, standingOf(one, 'bad')] as const),
    ...notices.map((one) => [one.code, standingOf(one, one.severity === 'info' ? 'note' : 'warn')] as const),
    ...unknown
      .filter(({ mandatory }) => mandatory)
      .map(
        ({ section, why }) =>
          [`? ${section}`, { mark: 'unknown', words: `${section} not known: ${why}`, code: 'SNT-P107' }] as const,
      ),
  ]);
}

function standingOf({ code, title, detail }: ReportFinding, mark: Mark): Standing {
  return { mark, words: `${code} ${title}: ${detail}`, code };
}

function painted(mark: Mark, text: string, { stdout: { style } }: Invocation): string {
  const paint = { ok: style.green, bad: style.red, warn: style.yellow, unknown: style.cyan, note: style.dim }[mark];
  return paint(text);
}
