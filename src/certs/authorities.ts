/** Whom clients trust: the authorities that the operator names, or those of this system and of Node. Asked by `chain.ts`; fetches nothing. */
import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { isUsable } from './parts.ts';

export interface Authorities {
  /** True where the operator said whom clients trust: an issuer that is not among them is then wrong, not only unknown. */
  readonly named: boolean;
  /** Those whose subject is `name`, as `X509Certificate.subject` gives it. */
  bySubject(name: string): readonly X509Certificate[];
  has(certificate: X509Certificate): boolean;
}

export function authoritiesOf(certificates: readonly X509Certificate[]): Authorities {
  return { named: true, ...indexed(() => certificates) };
}

/** Parsed only when somebody asks: several hundred. */
export function systemAuthorities(): Authorities {
  return {
    named: false,
    ...indexed(() => {
      const pems = new Set([...getCACertificates('system'), ...getCACertificates('bundled')]);
      return [...pems].map((pem) => new X509Certificate(pem));
    }),
  };
}

function indexed(load: () => readonly X509Certificate[]): Pick<Authorities, 'bySubject' | 'has'> {
  let subjects: Map<string, X509Certificate[]> | null = null;
  const all = (): Map<string, X509Certificate[]> => {
    if (subjects !== null) return subjects;
    subjects = new Map();
    for (const one of load()) {
      const same = subjects.get(one.subject);
      if (same === undefined) subjects.set(one.subject, [one]);
      else same.push(one);
    }
    return subjects;
  };
  return {
    bySubject: (name) => (all().get(name) ?? []).filter(isUsable),
    has: ({ subject, fingerprint256 }) =>
      (all().get(subject) ?? []).some((one) => one.fingerprint256 === fingerprint256),
  };
}
