/** Certificates that clients meet: expired, ending, not valid yet, unfit for their key, or not the ones on disk. */
import { type Case, percent, seen, suspect } from '../case.ts';
import type { CauseName } from '../causes.ts';
import { word } from '../command-words.ts';
import type { CertificatesState } from '../facts/network.ts';
import type { Evidence, Suspicion } from '../judgement.ts';

type Certificate = CertificatesState['certificates'][number];

const SKEW_MS = 5 * 60_000;

export function tlsCertificates(of: Case): readonly Suspicion[] {
  const running = of.process?.pid !== null;
  return [...(of.certificates?.certificates ?? []).flatMap((one) => ofCertificate(of, one, running)), ...clock(of)];
}

function ofCertificate(of: Case, one: Certificate, running: boolean): readonly Suspicion[] {
  const make = (
    cause: CauseName,
    strength: number,
    detail: string,
    impact: Suspicion['impact'],
    since: string | null,
    next: readonly string[],
    more: readonly Evidence[] = [],
  ) =>
    suspect({
      cause,
      strength,
      detail,
      resource: { kind: 'certificate', name: one.file },
      evidence: [
        seen('certificates', `${one.file}: ${one.subject ?? 'no subject'}, until ${one.not_after ?? '?'}`, {
          value: one.days_left ?? 'unknown',
          threshold: of.thresholds.certCriticalDays,
        }),
        ...more,
      ],
      impact,
      since,
      next,
    });
  const check = `sentinel cert-check ${word(one.file)}`;
  const uses = one.uses.join(', ');
  const ended = expiry(of, one, running);
  const found: Suspicion[] = [];
  if (ended !== null)
    found.push(
      make(
        'certificate-expired',
        ended.served ? 0.96 : 0.75,
        `the certificate of ${uses} ended at ${ended.at}${ended.served ? ' and is served' : ''}`,
        ended.served ? 'partial' : 'minor',
        ended.at,
        [check],
        handshakes(of),
      ),
    );
  const mismatch = one.problems.find(({ code }) => code === 'SNT-T007');
  if (mismatch !== undefined)
    found.push(
      make(
        'key-mismatch',
        0.96,
        `the key does not match ${one.file} (${uses})${running ? ': no reload and no restart takes it' : ''}`,
        running ? 'minor' : 'outage',
        null,
        [check],
        [seen('certificates', mismatch.words, { value: mismatch.code })],
      ),
    );
  const early = one.not_before !== null && Date.parse(one.not_before) > of.nowMs;
  if (early)
    found.push(
      make(
        'certificate-not-valid-yet',
        0.93,
        `the certificate of ${uses} is not valid before ${one.not_before}`,
        'partial',
        null,
        [check, 'timedatectl'],
      ),
    );
  if (running && one.in_use === false && mismatch === undefined && !unusable(one))
    found.push(
      make(
        'certificate-not-in-use',
        0.85,
        `${one.file} (${uses}) is not the certificate that is served${one.served_not_after === null ? '' : `, which ends at ${one.served_not_after}`}`,
        'minor',
        null,
        ['sentinel reload --certs', check],
      ),
    );
  const days = one.days_left;
  if (ended === null && days !== null && days >= 0 && days <= of.thresholds.certCriticalDays && !early)
    found.push(
      make(
        'certificate-expires-soon',
        0.8,
        `the certificate of ${uses} ends in ${days} day${days === 1 ? '' : 's'}, at ${one.not_after}`,
        'minor',
        null,
        [check],
      ),
    );
  return found;
}

function unusable(one: Certificate): boolean {
  return one.problems.some(({ code, severity }) => severity === 'error' && code !== 'SNT-T010' && code !== 'SNT-T012');
}

/** When what is served ended, or what is on disk where nothing is said of that. */
function expiry(
  of: Case,
  one: Certificate,
  running: boolean,
): { readonly at: string; readonly served: boolean } | null {
  const past = (at: string | null) => at !== null && Date.parse(at) <= of.nowMs;
  if (running && past(one.served_not_after)) return { at: one.served_not_after as string, served: true };
  const disk = past(one.not_after) || (one.days_left !== null && one.days_left < 0);
  if (!disk || one.not_after === null) return null;
  return { at: one.not_after, served: running && one.in_use !== false && one.served_not_after === null };
}

function handshakes(of: Case): readonly Evidence[] {
  const failed = of.certificates?.failed_handshakes ?? [];
  const all = failed.reduce((sum, { count }) => sum + count, 0);
  return all === 0
    ? []
    : [
        seen(
          'certificates',
          `${all} handshakes of clients failed: ${failed.map(({ reason, count }) => `${reason} ${percent(count / all)}`).join(', ')}`,
          { value: all },
        ),
      ];
}

/** A clock that is wrong makes good certificates bad. */
function clock(of: Case): readonly Suspicion[] {
  const { clock: state } = of;
  if (state === null) return [];
  const skew = Math.abs(state.daemon_skew_ms ?? 0);
  const back = state.behind_files_ms ?? 0;
  if (skew < SKEW_MS && back > -SKEW_MS) return [];
  const early = (of.certificates?.certificates ?? []).some(
    ({ not_before }) => not_before !== null && Date.parse(not_before) > of.nowMs,
  );
  return [
    suspect({
      cause: 'clock-wrong',
      strength: early ? 0.97 : 0.8,
      detail:
        back <= -SKEW_MS
          ? `the clock is ${Math.round(-back / 60_000)} minutes behind files of the daemon`
          : `the clock here is ${Math.round(skew / 60_000)} minutes off that of the daemon`,
      evidence: [
        seen(
          'clock',
          `now ${state.now}${state.source === null ? '' : `, kept by ${state.source}`}${state.synchronized === false ? ', not synchronized' : ''}`,
          { value: back <= -SKEW_MS ? back : skew, threshold: SKEW_MS },
        ),
      ],
      impact: early ? 'partial' : 'minor',
      next: ['timedatectl'],
    }),
  ];
}
