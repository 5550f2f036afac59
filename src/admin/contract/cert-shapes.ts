/** Shapes of the admin API for certificates. Names and units as in `shapes.ts`. No reply holds a key. Types only. */

/** `listener`, `sni`: shown to clients. `client_ca`: judges clients. `client_crl`: revokes what they show; in changes and problems alone, as it holds no certificate. `upstream_ca`: judges targets. `upstream_client`: shown to targets. */
export type CertSource = 'listener' | 'sni' | 'client_ca' | 'client_crl' | 'upstream_ca' | 'upstream_client';

/** By `alerts { cert-warn-days … cert-critical-days … }` and the share of its lifetime that is left. */
export type CertStanding = 'ok' | 'warning' | 'critical' | 'expired' | 'not_yet_valid';

/** What a certificate says of itself. */
export interface CertFacts {
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Hex. */
  readonly serial: string;
  readonly subject: string;
  readonly issuer: string;
  readonly not_before: string;
  readonly not_after: string;
}

/** One loaded certificate, in one place where it is used. */
export interface CertState extends CertFacts {
  /** Id of the listener, `listener/first hostname` of an `sni` block, or name of the upstream. */
  readonly name: string;
  readonly source: CertSource;
  /** Absolute paths as configured. `key`: null for authorities. */
  readonly files: { readonly certificate: string; readonly key: string | null };
  /** Names and addresses that it is good for. */
  readonly names: readonly string[];
  /** `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly key_type: string;
  /** The certificates that are sent along, in their order in the file; of authorities none. */
  readonly chain: readonly CertFacts[];
  /** Whole days until it, or an intermediate that is sent along, ends; negative when it has. */
  readonly days_left: number;
  readonly standing: CertStanding;
  /** Ids of the listeners that show this certificate, or judge their clients by it. */
  readonly served_by: readonly string[];
  /** When these bytes were first read. */
  readonly loaded_at: string;
  /** Whether the files hold now what was loaded; null = they cannot be read or used, `disk_why` says why. */
  readonly same_as_disk: boolean | null;
  readonly disk_why: string | null;
}

/** The same in short, for the status. */
export type CertSummary = Pick<CertState, 'name' | 'source' | 'standing' | 'days_left' | 'not_after' | 'same_as_disk'>;

export interface CertsReply {
  /** In the order of the configuration: listeners, their `sni` blocks and authorities, then upstreams. */
  readonly certificates: readonly CertState[];
  /** What on disk could not be used at the last try, a sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

/** A file pair or bundle that was read anew. */
export interface CertChange {
  readonly name: string;
  readonly source: CertSource;
  readonly files: { readonly certificate: string; readonly key: string | null };
  /** The first certificate before; of authorities the first that is gone, or null. */
  readonly from: Pick<CertFacts, 'fingerprint' | 'not_after'> | null;
  readonly to: Pick<CertFacts, 'fingerprint' | 'not_after'> | null;
}

export interface CertsReloadReply {
  readonly result: 'completed';
  readonly changed: readonly CertChange[];
  /** Names of those of which the files hold what was loaded already. */
  readonly unchanged: readonly string[];
  /** Neither changes by this. */
  readonly generation: number;
  readonly digest: string;
  readonly duration_ms: number;
}
