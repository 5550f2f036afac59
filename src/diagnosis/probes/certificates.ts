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
import { appliedConfig, diskConfig } from './applied-config.ts';
import {
  type CertificateFact,
  failedHandshakes,
  loadedCertificates,
  type ProblemFact,
  served,
  useWords,
} from './loaded-certificates.ts';

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
      failed_handshakes: loaded === null ? [] : await failedHandshakes(context.client),
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
  return [...onDisk, ...loadedCertificates(loaded.filter((state) => !taken.has(state)))];
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

function problemsOf(findings: readonly CertFinding[]): readonly ProblemFact[] {
  const found = findings.flatMap(({ code, severity, detail }) =>
    severity === 'error' || severity === 'warning' ? [{ code, words: detail, severity }] : [],
  );
  return [...new Map(found.map((one) => [`${one.code} ${one.words}`, one])).values()];
}
