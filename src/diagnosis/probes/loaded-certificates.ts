/**
 * Certificates as the daemon has them loaded, and why handshakes of clients failed: what is known of them where no file can be read.
 * Called by the probe of certificates, and by whoever judges from the admin API alone. Reads no file.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { CertState } from '../../admin/contract/cert-shapes.ts';
import type { CheckedSource } from '../../config/cert-check/checked.ts';
import type { CertificatesState } from '../facts/network.ts';
import { ProbeFault } from '../probe.ts';
import { askDaemon } from './admin-call.ts';

export type CertificateFact = CertificatesState['certificates'][number];
export type ProblemFact = CertificateFact['problems'][number];

/** One for each file that they came from. */
export function loadedCertificates(loaded: readonly CertState[]): readonly CertificateFact[] {
  const byFile = Map.groupBy(loaded, ({ files }) => files.certificate);
  return [...byFile].map(([file, states]) => ofDaemon(file, states));
}

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
export function served(states: readonly CertState[]): Pick<CertificateFact, 'in_use' | 'served_not_after'> {
  const same = states.map((state) => state.same_as_disk);
  const [first] = states.map(({ not_after }) => not_after).sort();
  const in_use = same.includes(false) ? false : same.length > 0 && same.every((one) => one === true) ? true : null;
  return { in_use, served_not_after: first ?? null };
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

export function useWords(source: CheckedSource, name: string): string {
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
export async function failedHandshakes(client: AdminClient): Promise<CertificatesState['failed_handshakes']> {
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
