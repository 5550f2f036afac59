/** Everything that a configuration names, judged: listeners with their SNI pairs and authorities, client certificates and authorities of upstreams. */
import type { X509Certificate } from 'node:crypto';
import { systemAuthorities } from '../../certs/authorities.ts';
import { type CertFinding, finding } from '../../certs/finding.ts';
import { type Court, judgeAuthorities, judgePairFiles, judgeRevocations, judgeShown } from '../../certs/judgement.ts';
import { type MaterialFault, isFaulty, loadBundle, loadPair } from '../../certs/material.ts';
import { type WantedHost, coversHost, coversSome } from '../../certs/names.ts';
import { certificatesOf, readPart } from '../../certs/parts.ts';
import { ServerNames } from '../../certs/server-names.ts';
import type { CertificatePair, Config, ListenerConfig, ListenerTlsConfig, SocketAddress } from '../model.ts';
import type { ServedAddress } from '../../web/served-chain.ts';
import { type AskedListener, type Checked, firstToEnd, notInUse } from './checked.ts';

const none: readonly string[] = [];

/** Rows in the order of the configuration. */
export function checkConfigured(config: Config, court: Court): readonly Checked[] {
  const hosts = hostsByPair(config);
  const listeners = config.listeners.flatMap((listener) => {
    const { tls, id } = listener;
    if (tls === null) return [];
    const own = tls.pair === null ? [] : [{ name: id, source: 'listener' as const, pair: tls.pair, hostnames: none }];
    const named = tls.sni.map(({ hostnames, pair }) => ({
      name: `${id}/${hostnames[0]}`,
      source: 'sni' as const,
      pair,
      hostnames,
    }));
    return [
      ...[...own, ...named].map(({ name, source, pair, hostnames }) => {
        const wanted = [
          ...hostnames.map((host): WantedHost => ({ host, why: `sni of listener ${id}` })),
          ...(hosts.get(pair) ?? []).filter(({ host }) => !hostnames.includes(host)),
        ];
        return checkPair({ name, source, use: 'server', pair, wanted, asked: askedOf(listener, hostnames) }, court);
      }),
      ...(tls.caFile === null ? [] : [checkBundle(id, 'client_ca', tls.caFile, court)]),
      ...(tls.crlFile === null ? [] : [checkRevocationFile(id, 'client_crl', tls.crlFile, court)]),
    ];
  });
  const upstreams = config.upstreams.flatMap(({ name, tls }) => [
    ...(tls === null || tls.clientPair === null
      ? []
      : [
          checkPair(
            { name, source: 'upstream_client', use: 'client', pair: tls.clientPair, wanted: [], asked: null },
            outward(court),
          ),
        ]),
    ...(tls === null || tls.caFile === null ? [] : [checkBundle(name, 'upstream_ca', tls.caFile, court)]),
  ]);
  return withSerials([...listeners, ...upstreams].map(withRenewal));
}

const endings: ReadonlySet<string> = new Set(['SNT-T010', 'SNT-T011']);

/** What ends is told how it is renewed here; authorities and lists are renewed by others. */
function withRenewal(row: Checked): Checked {
  const { name, source, use, findings } = row;
  if (use !== 'server' && use !== 'client') return row;
  const hint =
    source === 'upstream_client'
      ? 'put a renewed pair in its place, then sentinel reload --certs'
      : `renew it, and try the new pair first: sentinel cert-check --staged NEW.crt NEW.key --for ${name}`;
  return { ...row, findings: findings.map((one) => (endings.has(one.code) ? { hint, ...one } : one)) };
}

/** Whom targets trust nobody has said: `--ca` is about clients. */
function outward(court: Court): Court {
  return court.authorities.named ? { ...court, authorities: systemAuthorities() } : court;
}

/** Certificates that stand in any file of the configuration, to find what is missing elsewhere. */
export function certificatesElsewhere(
  config: Config,
): readonly { readonly certificate: X509Certificate; readonly file: string }[] {
  const files = new Set([
    ...config.listeners.flatMap(({ tls }) =>
      tls === null ? [] : [tls.pair, ...tls.sni.map(({ pair }) => pair)].flatMap((pair) => pair?.certFile ?? []),
    ),
    ...config.upstreams.flatMap(({ tls }) => [tls?.clientPair?.certFile ?? [], tls?.caFile ?? []].flat()),
  ]);
  return [...files].flatMap((file) => {
    const part = readPart(file, 'cert');
    if ('code' in part) return [];
    return certificatesOf(part, 'cert').flatMap((one) => ('code' in one ? [] : [{ certificate: one, file }]));
  });
}

export interface PairCase extends Pick<Checked, 'name' | 'source' | 'asked'> {
  readonly use: 'server' | 'client';
  readonly pair: CertificatePair;
  readonly wanted: readonly WantedHost[];
}

export function checkPair({ name, source, use, pair, wanted, asked }: PairCase, court: Court): Checked {
  const { certFile, keyFile } = pair;
  const base = { name, source, use, certFile, keyFile, members: [], asked, inUse: notInUse };
  const loaded = loadPair(pair);
  if (isFaulty(loaded)) {
    return {
      ...base,
      leaf: null,
      judged: null,
      findings: [...loaded.map(faultFinding), ...judgePairFiles(pair, null, court.uid)],
    };
  }
  const judged = judgeShown(
    { leaf: loaded.leaf, certificates: inFile(certFile, loaded), use, file: certFile, wanted },
    court,
  );
  const findings = [...judged.findings, ...judgePairFiles(pair, loaded.leaf, court.uid)];
  return { ...base, leaf: loaded.leaf, judged, findings };
}

export function checkBundle(name: string, source: Checked['source'], file: string, court: Court): Checked {
  const base = { name, source, use: 'authority' as const, certFile: file, keyFile: null, judged: null };
  const loaded = loadBundle(file, 'authorities');
  if (isFaulty(loaded)) {
    const findings = loaded.map(faultFinding);
    return { ...base, leaf: null, members: [], findings, asked: null, inUse: notInUse };
  }
  const { certificates } = loaded;
  const findings = judgeAuthorities(loaded, file, court);
  return { ...base, leaf: firstToEnd(certificates), members: certificates, findings, asked: null, inUse: notInUse };
}

export function checkRevocationFile(name: string, source: Checked['source'], file: string, court: Court): Checked {
  const loaded = loadBundle(file, 'revocations');
  const findings = isFaulty(loaded) ? loaded.map(faultFinding) : judgeRevocations(loaded, file, court);
  const base = { name, source, use: 'revocations' as const, certFile: file, keyFile: null, judged: null };
  return { ...base, leaf: null, members: [], findings, asked: null, inUse: notInUse };
}

/** What could not be read was not judged; what was read and cannot be used was. */
export function faultFinding({ code, message, file, hint }: MaterialFault): CertFinding {
  const one = finding('error', code, file, message, hint);
  return code === 'SNT-T001' ? { ...one, unknown: true } : one;
}

/** As they stand in the file; the objects of the loaded pair where they are the same. */
function inFile(
  certFile: string,
  { leaf, chain }: { readonly leaf: X509Certificate; readonly chain: readonly X509Certificate[] },
): readonly X509Certificate[] {
  const part = readPart(certFile, 'cert');
  if ('code' in part) return [leaf, ...chain];
  return certificatesOf(part, 'cert').flatMap((one) => {
    if ('code' in one) return [];
    return [[leaf, ...chain].find(({ fingerprint256 }) => fingerprint256 === one.fingerprint256) ?? one];
  });
}

function askedOf({ id, address, tls, proxyProtocol }: ListenerConfig, hostnames: readonly string[]): AskedListener {
  const [first] = hostnames;
  return {
    listener: id,
    // Any name that the wildcard takes.
    servername: first === undefined ? null : first.replace(/^\*/, 'sentinel-cert-check'),
    address: reachable(address),
    tls13Only: tls?.minVersion === 'TLSv1.3',
    proxyProtocol,
  };
}

function reachable(address: SocketAddress): ServedAddress {
  if (address.kind === 'unix') return address;
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  return { kind: 'tcp', host, port: address.port };
}

/**
 * Hosts of routes by the pair that their clients get, where no listener has a good one. A host that only a plain listener
 * may serve is a warning: nobody may ask for it over TLS.
 */
function hostsByPair(config: Config): ReadonlyMap<CertificatePair, readonly WantedHost[]> {
  const found = new Map<CertificatePair, WantedHost[]>();
  const secured = config.listeners.flatMap(({ tls }) => (tls === null ? [] : [tls]));
  const severity = secured.length === config.listeners.length ? 'error' : 'warning';
  const leaves = new Map<CertificatePair, X509Certificate | null>();
  const leafOf = (pair: CertificatePair): X509Certificate | null => {
    const known = leaves.get(pair);
    if (known !== undefined) return known;
    const loaded = loadPair(pair);
    const leaf = isFaulty(loaded) ? null : loaded.leaf;
    leaves.set(pair, leaf);
    return leaf;
  };
  for (const { id, enabled, matches } of config.routes) {
    if (!enabled) continue;
    for (const host of matches.hosts) {
      const pairs = secured.flatMap((tls) => shownFor(tls, host) ?? []);
      if (pairs.some((pair) => isGood(leafOf(pair), host))) continue;
      const why = `host of route ${id}`;
      for (const pair of pairs) found.set(pair, [...(found.get(pair) ?? []), { host, why, severity }]);
    }
  }
  return found;
}

/** A file that cannot be read says nothing of names; of a wildcard some names are enough. */
function isGood(leaf: X509Certificate | null, host: string): boolean {
  if (leaf === null) return true;
  return host.startsWith('*.') ? coversSome(leaf, host) : coversHost(leaf, host);
}

/** Pairs that clients may get that ask for `host`, by SNI: the exact name, its wildcard, the listener's own. */
function shownFor({ pair, sni }: ListenerTlsConfig, host: string): readonly CertificatePair[] {
  if (host.startsWith('*.')) {
    const inside = sni.filter(({ hostnames }) => hostnames.some((name) => name.endsWith(host.slice(1))));
    if (inside.length > 0) return inside.map((one) => one.pair);
    return pair === null ? [] : [pair];
  }
  const names = new ServerNames(sni.map(({ hostnames }) => hostnames));
  const chosen = sni[names.find(host)]?.pair ?? pair;
  return chosen === null ? [] : [chosen];
}

/** Two different certificates of one issuer with one serial number. */
function withSerials(rows: readonly Checked[]): readonly Checked[] {
  const seen = new Map<string, Checked>();
  return rows.map((row) => {
    const { leaf } = row;
    if (leaf === null || row.use === 'authority') return row;
    const key = `${leaf.serialNumber} ${leaf.issuer}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, row);
    if (other === undefined || other.leaf?.fingerprint256 === leaf.fingerprint256) return row;
    const detail = `the serial number ${leaf.serialNumber} is also that of the certificate in ${other.certFile}, of the same issuer`;
    return { ...row, findings: [...row.findings, finding('warning', 'SNT-T029', row.certFile, detail)] };
  });
}
