/** What the endpoints of certificates do, and what status shows of them. Nothing here gives a key away. */
import { rfc3339 } from '../../../base/units.ts';
import type { X509Certificate } from 'node:crypto';
import type { CertFacts, CertsReloadReply, CertsReply, CertState } from '../../../admin/contract/cert-shapes.ts';
import type { StatusReply } from '../../../admin/contract/shapes.ts';
import { oneLine } from '../../../certs/distinguished-name.ts';
import { kindOf } from '../../../certs/key-kind.ts';
import { fingerprintOf } from '../../../certs/material.ts';
import { namesOf } from '../../../certs/names.ts';
import type { Certificates } from '../certificates/certificates.ts';
import { changeFacts } from '../certificates/changes.ts';
import type { DiskCompare } from '../certificates/disk-compare.ts';
import { CertificateFaults } from '../certificates/faults.ts';
import { type Held, leafFingerprint } from '../certificates/reading.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Reloader } from '../reload.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface CertContext {
  readonly certificates: Certificates;
  readonly certDisk: DiskCompare;
  readonly reloader: Reloader;
  readonly state: DaemonState;
}

export interface CertHandlers extends Pick<Handlers, 'certs' | 'certs-reload'> {
  /** The part of the status. */
  readonly summary: () => Promise<StatusReply['certificates']>;
}

export function makeCertHandlers(context: CertContext): CertHandlers {
  const { certificates, certDisk: disk, state } = context;
  return {
    certs: async (): Promise<CertsReply> => {
      const compare = await disk.look(state.applied.config);
      return {
        certificates: certificates.held.flatMap((held) => statesOf(context, held, compare(held))),
        problems: certificates.problems,
      };
    },
    'certs-reload': (call) => reload(context, call),
    summary: async () => {
      const compare = await disk.look(state.applied.config);
      return {
        loaded: certificates.held.map((held) => {
          const { standing, daysLeft, notAfter } = certificates.lifetime(held);
          const { name, source } = held.use;
          return {
            name,
            source,
            standing,
            days_left: daysLeft,
            not_after: notAfter.toISOString(),
            same_as_disk: compare(held).same,
          };
        }),
        problems: certificates.ended,
      };
    },
  };
}

async function reload({ reloader, state }: CertContext, { actor, reason, note }: Call): Promise<CertsReloadReply> {
  const outcome = await reloader.certificates(actor, reason);
  if (outcome.kind === 'failed') {
    const { error } = outcome;
    const problems = error instanceof CertificateFaults ? error.problems : [error.message];
    throw new AdminProblem(422, error.code, `${error.message}; nothing was changed`, { hint: error.hint, problems });
  }
  const changed = outcome.changes.map(changeFacts);
  for (const { name, source, from, to } of changed) {
    note({ [`${source} ${name}`]: `${from?.fingerprint ?? 'none'} -> ${to?.fingerprint ?? 'none'}` });
  }
  const { generation, digest } = state.applied;
  const unchanged = outcome.unchanged.map(({ name }) => name);
  return { result: 'completed', changed, unchanged, generation, digest, duration_ms: outcome.durationMs };
}

/** One state of a pair; of a bundle one for each authority. */
function statesOf(
  { certificates }: CertContext,
  held: Held,
  { same, why }: { readonly same: boolean | null; readonly why: string | null },
): readonly CertState[] {
  const { use, loadedAtMs } = held;
  const servedBy = servers(certificates.held, held);
  const authorities = use.files.key === null;
  const [leaf, ...chain] = held.certificates;
  return (authorities ? held.certificates : [leaf]).map((certificate): CertState => {
    const { standing, daysLeft } = certificates.lifetime(authorities ? { ...held, members: [certificate] } : held);
    return {
      name: use.name,
      source: use.source,
      files: use.files,
      ...factsOf(certificate),
      names: namesOf(certificate),
      key_type: kindOf(certificate.publicKey),
      chain: authorities ? [] : chain.map(factsOf),
      days_left: daysLeft,
      standing,
      served_by: servedBy,
      loaded_at: rfc3339(loadedAtMs),
      same_as_disk: same,
      disk_why: why,
    };
  });
}

/** Listeners that show the same certificate, or judge their clients by the same authorities. */
function servers(all: readonly Held[], held: Held): readonly string[] {
  const judges = held.use.source === 'client_ca';
  const same = all.filter(
    (one) =>
      (one.use.source === 'client_ca') === judges &&
      (judges ? one.digest === held.digest : leafFingerprint(one) === leafFingerprint(held)),
  );
  return [...new Set(same.flatMap(({ use }) => use.listener ?? []))];
}

function factsOf(certificate: X509Certificate): CertFacts {
  return {
    fingerprint: fingerprintOf(certificate),
    serial: certificate.serialNumber.toLowerCase(),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    not_before: certificate.validFromDate.toISOString(),
    not_after: certificate.validToDate.toISOString(),
  };
}
