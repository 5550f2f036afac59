/**
 * The chain that a file or a server gives: built from what is there and nothing else, so that what is missing is missed even
 * where this machine happens to have it. Judges order, completeness, strangers and who may issue; nothing is fetched.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Authorities } from './authorities.ts';
import { commonNameOf, oneLine } from './distinguished-name.ts';
import { type CertFinding, finding } from './finding.ts';
import { namesOf } from './names.ts';
import { isSelfIssued, isSelfSigned, issuersOf, pathsFrom, sameAs } from './order.ts';
import type { Extensions, ReadExtensions } from './x509-extensions.ts';

export interface Chain {
  readonly leaf: X509Certificate;
  /** Issuers of the leaf that are there, in order, without a root. */
  readonly intermediates: readonly X509Certificate[];
  /** The root that ends it, from the file or from the authorities; null = none is known. */
  readonly root: X509Certificate | null;
  readonly findings: readonly CertFinding[];
}

export interface ChainCase {
  readonly leaf: X509Certificate;
  /** All that the file holds, in its order, the leaf among them. */
  readonly certificates: readonly X509Certificate[];
  readonly file: string | null;
  /** What the command line calls it, where that is no file: to say the next command. */
  readonly called?: string | null;
  /** Who knows the issuers of client certificates are the targets: what is not known here is no fault. */
  readonly use: 'server' | 'client';
  readonly authorities: Authorities;
  readonly read: ReadExtensions;
  /** Certificates of other files of the configuration: they may have what is missing here. */
  readonly elsewhere?: readonly { readonly certificate: X509Certificate; readonly file: string }[];
}

export function buildChain(given: ChainCase): Chain {
  const path = bestPath(given);
  const top = path.at(-1) ?? given.leaf;
  const sentRoot = path.length > 0 && isSelfSigned(top) ? top : null;
  const intermediates = sentRoot === null ? path : path.slice(0, -1);
  const end = endOf(given, top, sentRoot);
  const issuers = end.root === null || end.root === given.leaf ? intermediates : [...intermediates, end.root];
  return {
    leaf: given.leaf,
    intermediates,
    root: end.root,
    findings: [
      ...end.findings,
      ...judgeIssuers(given, issuers),
      ...judgeOrder(given, path),
      ...judgeStrangers(given, path, sentRoot),
    ],
  };
}

/** The one that leads to a root that is believed; a cross-signed authority makes several. */
function bestPath({ leaf, certificates, authorities }: ChainCase): readonly X509Certificate[] {
  const paths = pathsFrom(leaf, certificates);
  const [first = []] = paths;
  if (paths.length < 2) return first;
  const isBelieved = (path: readonly X509Certificate[]): boolean => {
    const top = path.at(-1) ?? leaf;
    return authorities.has(top) || issuersOf(top, authorities.bySubject(top.issuer).filter(isSelfIssued)).length > 0;
  };
  return paths.find(isBelieved) ?? first;
}

/** `--emit-fixed`: the leaf and its intermediates; a self-signed leaf alone. */
export function fixedChain({ leaf, intermediates }: Chain): readonly X509Certificate[] {
  return [leaf, ...intermediates];
}

interface End {
  readonly root: X509Certificate | null;
  readonly findings: readonly CertFinding[];
}

/** Where the path leads: to a root that is known, to one that is not, or nowhere. */
function endOf(given: ChainCase, top: X509Certificate, sentRoot: X509Certificate | null): End {
  const { leaf, file, authorities, called } = given;
  const severity = severityOfUnknown(given);
  if (top === leaf && isSelfSigned(leaf)) {
    if (authorities.has(leaf)) return { root: leaf, findings: [] };
    return {
      root: leaf,
      findings: [finding(severity, 'SNT-T024', file, `${titleOf(leaf, leaf)} is signed by itself`)],
    };
  }
  if (sentRoot !== null) {
    const detail = `the file ends with the root ${nameOf(sentRoot.subject)}, which clients do not need`;
    const sent = finding('hint', 'SNT-T023', file, detail, emitFixed(file));
    if (authorities.has(sentRoot)) return { root: sentRoot, findings: [sent] };
    const unknown = `the chain ends at the root ${nameOf(sentRoot.subject)}, which is not among the ${whose(authorities)}`;
    return {
      root: sentRoot,
      findings: [sent, finding(severity, 'SNT-T025', file, unknown, sayWhom(authorities, file ?? called ?? null))],
    };
  }
  const named = authorities.bySubject(top.issuer);
  const roots = issuersOf(top, named.filter(isSelfIssued));
  if (roots[0] !== undefined) return { root: roots[0], findings: [] };
  return { root: null, findings: [missingIssuer(given, top, named)] };
}

function missingIssuer(given: ChainCase, top: X509Certificate, named: readonly X509Certificate[]): CertFinding {
  const { leaf, file, authorities, certificates } = given;
  const issuer = nameOf(top.issuer);
  const issued = `${titleOf(top, leaf)} was issued by ${issuer}`;
  const same = certificates.filter((one) => one !== top && one.subject === top.issuer);
  if (same.length > 0) {
    const detail = `${issued}, and the file holds a certificate of that name, but with another key than signed`;
    return finding('error', 'SNT-T028', file, detail, 'use the intermediate that came with this certificate');
  }
  const found = (given.elsewhere ?? []).find(({ certificate }) => issuersOf(top, [certificate]).length > 0);
  if (found !== undefined && !isSelfIssued(found.certificate)) {
    return finding('error', 'SNT-T020', file, `${issued}, which is missing in the file; it is in ${found.file}`);
  }
  if (issuersOf(top, named).length > 0) {
    const detail = `${issued}, which is missing in the file; this machine has it among its authorities, clients need not`;
    return finding('error', 'SNT-T020', file, detail, `append the certificate of ${issuer} to the file`);
  }
  if (named.some(isSelfIssued)) {
    return finding('error', 'SNT-T028', file, `${issued}, and ${whose(authorities)} of that name have another key`);
  }
  if (authorities.named) {
    const detail = `${issued}, which is neither in the file nor among the ${whose(authorities)}`;
    return finding('error', 'SNT-T020', file, detail, `append the certificate of ${issuer} to the file`);
  }
  if (given.read(top)?.publiclyTrusted === true || given.read(leaf)?.publiclyTrusted === true) {
    const detail = `${issued}, which is missing in the file; it is of a public authority, and no public root issues servers' certificates itself`;
    return finding('error', 'SNT-T020', file, detail, `append the certificate of ${issuer} to the file`);
  }
  const detail = `${issued}, which is neither in the file nor among the ${whose(authorities)}: a private root, or an intermediate that is missing`;
  return finding(
    severityOfUnknown(given),
    'SNT-T025',
    file,
    detail,
    sayWhom(authorities, file ?? given.called ?? null),
  );
}

function severityOfUnknown({ authorities, use }: ChainCase): 'error' | 'warning' | 'info' {
  if (authorities.named) return 'error';
  return use === 'client' ? 'info' : 'warning';
}

function judgeIssuers({ leaf, file, read }: ChainCase, issuers: readonly X509Certificate[]): readonly CertFinding[] {
  return issuers.flatMap((issuer, index) => {
    const title = titleOf(issuer, leaf);
    const facts = read(issuer);
    if (facts === null) return [finding('error', 'SNT-T046', file, `an extension of ${title} cannot be parsed`)];
    // Roots of version 1 have no extensions; clients that were given one believe it.
    if (facts.authority !== true && !(facts.authority === null && isSelfSigned(issuer))) {
      return [
        finding(
          'error',
          'SNT-T026',
          file,
          `${title} has issued a certificate without being an authority (CA:TRUE is missing)`,
        ),
      ];
    }
    const below = issuers.slice(0, index).filter((one) => !isSelfIssued(one)).length;
    const deep =
      facts.pathLength !== null && below > facts.pathLength
        ? [
            finding(
              'error',
              'SNT-T026',
              file,
              `${title} may have ${facts.pathLength} authorities below it (pathlen) and has ${below}`,
            ),
          ]
        : [];
    const forbidden =
      facts.keyUsage?.keyCertSign === false
        ? [finding('error', 'SNT-T026', file, `${title} may not sign certificates (keyUsage without keyCertSign)`)]
        : [];
    return [...deep, ...forbidden, ...judgeConstraints(leaf, title, facts.domains, file)];
  });
}

function judgeConstraints(
  leaf: X509Certificate,
  title: string,
  domains: Extensions['domains'],
  file: string | null,
): readonly CertFinding[] {
  if (domains === null) return [];
  const { permitted, excluded } = domains;
  const within = (name: string, domain: string): boolean =>
    domain === '' || name === domain || name.endsWith(domain.startsWith('.') ? domain : `.${domain}`);
  const refused = namesOf(leaf)
    .filter((name) => isIP(name) === 0)
    .filter(
      (name) =>
        (permitted !== null && !permitted.some((domain) => within(name, domain))) ||
        excluded.some((domain) => within(name, domain)),
    );
  if (refused.length === 0) return [];
  const bound = permitted === null ? `not for ${excluded.join(', ')}` : `only for ${permitted.join(', ')}`;
  const detail = `${title} may vouch ${bound} (name constraints), and the certificate is for ${refused.join(', ')}`;
  return [finding('error', 'SNT-T026', file, detail)];
}

function judgeOrder({ leaf, certificates, file }: ChainCase, path: readonly X509Certificate[]): readonly CertFinding[] {
  const places = [leaf, ...path].map((one) => certificates.findIndex((other) => sameAs(one, other)));
  const first = places[0] as number;
  if (first > 0) {
    const detail = `the ${first === 1 ? 'second' : `${first + 1}th`} certificate of the file is the one to begin with, ${nameOf(leaf.subject)}`;
    return [finding('warning', 'SNT-T021', file, detail, emitFixed(file))];
  }
  const wrong = places.findIndex((place, index) => index > 0 && place < (places[index - 1] as number));
  if (wrong === -1) return [];
  const [one, other] = [path[wrong - 2] ?? leaf, path[wrong - 1] as X509Certificate];
  const detail = `${nameOf(other.subject)} stands before ${nameOf(one.subject)}, which it has issued`;
  return [finding('warning', 'SNT-T021', file, detail, emitFixed(file))];
}

function judgeStrangers(
  { leaf, certificates, file }: ChainCase,
  path: readonly X509Certificate[],
  sentRoot: X509Certificate | null,
): readonly CertFinding[] {
  const needed = [leaf, ...path];
  const own = [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()];
  const twice = certificates.length - own.length;
  const strangers = own
    .filter((one) => !needed.some((other) => sameAs(one, other)))
    // Another certificate for the same key of an issuer: a cross-signed one, which older clients may need.
    .filter((one) => sentRoot !== null || !path.some((other) => sameKey(one, other)))
    .map((one) => {
      const root = isSelfSigned(one) && path.some(({ issuer }) => issuer === one.subject);
      const detail = `${root ? 'the root ' : ''}${nameOf(one.subject)} does not belong to the chain of ${nameOf(leaf.subject)}`;
      return finding('warning', 'SNT-T022', file, detail, emitFixed(file));
    });
  const again =
    twice === 0
      ? []
      : [
          finding(
            'hint',
            'SNT-T027',
            file,
            `${twice} of the ${certificates.length} certificates stand in the file once more`,
            emitFixed(file),
          ),
        ];
  return [...strangers, ...again];
}

/** `the certificate`, `intermediate CN=…`: of a member of the chain of `leaf`. */
export function titleOf(certificate: X509Certificate, leaf: X509Certificate): string {
  if (certificate === leaf) return `certificate ${nameOf(leaf.subject)}`;
  return `${isSelfIssued(certificate) ? 'root' : 'intermediate'} ${nameOf(certificate.subject)}`;
}

/** The common name, else the whole subject in one line; never longer than a line. */
export function nameOf(subject: string): string {
  const name = (commonNameOf(subject) ?? (oneLine(subject) || '(no subject)')).replace(/\p{Cc}/gu, '\uFFFD');
  return `"${name.length <= 80 ? name : `${name.slice(0, 79)}…`}"`;
}

function sameKey(one: X509Certificate, other: X509Certificate): boolean {
  return one.subject === other.subject && one.publicKey.equals(other.publicKey);
}

function whose({ named }: Authorities): string {
  return named ? 'authorities of --ca' : 'authorities of this system';
}

function sayWhom({ named }: Authorities, target: string | null): string {
  if (named) return 'name the right authorities with --ca';
  return `say whom the clients trust: sentinel cert-check --ca root.pem${target === null ? '' : ` ${target}`}`;
}

function emitFixed(file: string | null): string {
  return file === null
    ? 'correct the file that the server reads'
    : `sentinel cert-check --emit-fixed ${file} > fixed.pem`;
}
