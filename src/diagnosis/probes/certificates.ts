/**
 * The probe of certificates: every file that the configuration names, judged as `sentinel cert-check` judges it, beside what the
 * daemon has loaded, and why handshakes of clients failed. Reads files, changes nothing, makes no handshake of its own.
 */
import type { CertState } from '../../admin/contract/cert-shapes.ts';
import { systemAuthorities } from '../../certs/authorities.ts';
import { oneLine } from '../../certs/distinguished-name.ts';
import type { CertFinding } from '../../certs/finding.ts';
import type { Court } from '../../certs/judgement.ts';
import { type Checked, firstToEnd } from '../../config/cert-check/checked.ts';
import { certificatesElsewhere, checkConfigured } from '../../config/cert-check/configured.ts';
import type { Config } from '../../config/model.ts';
import type { CertificatesState } from '../facts/network.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { askDaemon } from './admin-call.ts';
import { appliedConfig, diskConfig } from './applied-config.ts';

type CertificateFact = CertificatesState['certificates'][number];
type ProblemFact = CertificateFact['problems'][number];

const dayMs = 86_400_000;

export const certificatesProbe: Probe<'certificates'> = {
  name: 'certificates',
  title: 'certificates: every file that the configuration names, and what is served',
  class: 'passive',
  mandatory: true,
  timeoutMs: 6_000,
  async find(context): Promise<CertificatesState> {
    const daemon = await context.of('daemon');
    const loaded = daemon.state === 'known' ? daemon.value.certs.certificates : null;
    const config = context.local
      ? ((await diskConfig(context)) ?? (await appliedConfig(context))?.config ?? null)
      : null;
    if (config === null && loaded === null) {
      throw new ProbeFault('neither a configuration nor a daemon says which certificates there are', [
        'GET /admin/certs',
        ...(context.configPath === null ? [] : [context.configPath]),
      ]);
    }
    const rows = config === null ? [] : checkConfigured(config, await courtOf(config, context));
    return {
      certificates: merged(rows, loaded ?? [], context.clock.wallMs()),
      failed_handshakes: loaded === null ? [] : await failedHandshakes(context),
    };
  },
};

async function courtOf(config: Config, { clock, run }: ProbeContext): Promise<Court> {
  // Heavy, and asked for by those alone who judge.
  const { readExtensions, readRevocationList } = await import('../../certs/x509-extensions.ts');
  const { certWarnDays, certCriticalDays } = config.alerts;
  return {
    nowMs: clock.wallMs(),
    thresholds: { warnDays: certWarnDays, criticalDays: certCriticalDays },
    authorities: systemAuthorities(),
    extensions: readExtensions,
    revocationList: readRevocationList,
    uid: run.uid,
    elsewhere: certificatesElsewhere(config),
  };
}

/** One for each file, with all its uses; then what is loaded and stands in no file of the configuration any more. */
function merged(rows: readonly Checked[], loaded: readonly CertState[], nowMs: number): readonly CertificateFact[] {
  const byFile = Map.groupBy(rows, ({ certFile }) => certFile ?? '');
  const taken = new Set<CertState>();
  const onDisk = [...byFile].map(([file, same]) => {
    const states = same.flatMap(({ name, source }) => {
      const state = loaded.find((one) => one.name === name && one.source === source);
      if (state !== undefined) taken.add(state);
      return state ?? [];
    });
    return ofFile(file, same, states, nowMs);
  });
  const gone = Map.groupBy(
    loaded.filter((state) => !taken.has(state)),
    ({ files }) => files.certificate,
  );
  return [...onDisk, ...[...gone].map(([file, states]) => ofDaemon(file, states))];
}

function ofFile(file: string, rows: readonly Checked[], states: readonly CertState[], nowMs: number): CertificateFact {
  const leaf = rows.flatMap((row) => (row.members.length > 0 ? (firstToEnd(row.members) ?? []) : (row.leaf ?? [])))[0];
  const judged = rows.find((row) => row.judged !== null)?.judged ?? null;
  const ended = leaf === undefined ? null : Math.floor((leaf.validToDate.getTime() - nowMs) / dayMs);
  return {
    file,
    uses: rows.map(({ source, name }) => useWords(source, name)),
    subject: leaf === undefined ? null : oneLine(leaf.subject),
    not_before: leaf?.validFromDate.toISOString() ?? null,
    not_after: leaf?.validToDate.toISOString() ?? null,
    days_left: judged?.lifetime.daysLeft ?? ended,
    problems: problemsOf(rows.flatMap(({ findings }) => findings)),
    ...served(states),
  };
}

/** Where the configuration could not be read, or names it no longer: as the daemon tells. */
function ofDaemon(file: string, states: readonly CertState[]): CertificateFact {
  const [{ subject, not_before, not_after, days_left, standing, name, source }] = states as [CertState];
  const problem = standingProblem(standing, `the certificate of ${useWords(source, name)}`, not_after);
  return {
    file,
    uses: states.map((one) => useWords(one.source, one.name)),
    subject,
    not_before,
    not_after,
    days_left,
    problems: problem === null ? [] : [problem],
    ...served(states),
  };
}

/** The first that ends is what clients would meet first. */
function served(states: readonly CertState[]): Pick<CertificateFact, 'in_use' | 'served_not_after'> {
  const same = states.map((state) => state.same_as_disk);
  const [first] = states.map(({ not_after }) => not_after).sort();
  const in_use = same.includes(false) ? false : same.length > 0 && same.every((one) => one === true) ? true : null;
  return { in_use, served_not_after: first ?? null };
}

function problemsOf(findings: readonly CertFinding[]): readonly ProblemFact[] {
  const found = findings.flatMap(({ code, severity, detail }) =>
    severity === 'error' || severity === 'warning' ? [{ code, words: detail, severity }] : [],
  );
  return [...new Map(found.map((one) => [`${one.code} ${one.words}`, one])).values()];
}

function standingProblem(standing: CertState['standing'], what: string, notAfter: string): ProblemFact | null {
  switch (standing) {
    case 'ok':
      return null;
    case 'expired':
      return { code: 'SNT-T010', words: `${what} ended ${notAfter}`, severity: 'error' };
    case 'not_yet_valid':
      return { code: 'SNT-T012', words: `${what} is not valid yet`, severity: 'error' };
    default:
      return {
        code: 'SNT-T011',
        words: `${what} ends ${notAfter}`,
        severity: standing === 'critical' ? 'error' : 'warning',
      };
  }
}

function useWords(source: Checked['source'], name: string): string {
  switch (source) {
    case 'listener':
    case 'sni':
      return `listener ${name}`;
    case 'client_ca':
      return `listener ${name} (authorities of clients)`;
    case 'client_crl':
      return `listener ${name} (revoked clients)`;
    case 'upstream_client':
      return `upstream ${name} (shown to targets)`;
    case 'upstream_ca':
      return `upstream ${name} (authorities)`;
    default:
      return name;
  }
}

/** Lines of the last minutes: refused client certificates, and other failures while the level of the log lets them be told. */
async function failedHandshakes({ client }: ProbeContext): Promise<CertificatesState['failed_handshakes']> {
  try {
    const { lines } = await askDaemon(client, 'logs', {
      query: { since: '5m', level: 'debug', filter: failureFilter, limit: '1000' },
    });
    const counts = new Map<string, number>();
    for (const { reason, result, unsaid_before: unsaid } of lines) {
      const said = [reason, result].find((word) => typeof word === 'string' && word !== '');
      const words = typeof said === 'string' ? said : 'unknown';
      counts.set(words, (counts.get(words) ?? 0) + 1 + (typeof unsaid === 'number' ? unsaid : 0));
    }
    return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
  } catch (error) {
    if (error instanceof ProbeFault) return [];
    throw error;
  }
}

const failureFilter = 'message="TLS handshake failed" or message="Client certificate refused"';
