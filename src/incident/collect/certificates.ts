/**
 * The collector of certificates: what the daemon has loaded, and what the files hold, by fingerprint, hash of the public key, dates and
 * names. Of keys only who owns the file: no byte of one is read.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { CertsReply } from '../../admin/contract/cert-shapes.ts';
import { readReason } from '../../base/read-reason.ts';
import { rfc3339 } from '../../base/units.ts';
import { readPemFile } from '../../certs/bounded-file.ts';
import { scanPem } from '../../certs/pem.ts';
import type { Config } from '../../config/model.ts';
import { groupName, userName } from '../../machine/users.ts';
import type { Collector } from './collector.ts';
import { jsonText } from './daemon-state.ts';
import { sourceOf } from './lookups.ts';

/** A chain is shorter, a bundle of authorities has hundreds that say nothing here. */
const MOST_OF_A_FILE = 20;

interface Pair {
  readonly certificate: string;
  readonly key: string | null;
}

export const certificateCollector: Collector = {
  path: 'tls/certs.json',
  class: 'tls',
  kind: 'json',
  source: `${sourceOf('certs')}, and the certificate files`,
  fast: true,
  find: async ({ lookups, signal, surroundings: { local } }) => {
    let loaded: CertsReply | null = null;
    let why: string | null = null;
    try {
      loaded = (await lookups.ask('certs', undefined, undefined, signal)).data;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    const config = local ? await lookups.config().catch(() => null) : null;
    const named = [...(loaded?.certificates.map(({ files }) => files) ?? []), ...pairsOf(config)];
    const pairs = new Map(named.map((pair) => [`${pair.certificate}\0${pair.key}`, pair]));
    const files = local ? [...pairs.values()].map(fileState) : [];
    return [{ content: jsonText({ loaded, ...(why === null ? {} : { loaded_unknown: why }), files }) }];
  },
};

function pairsOf(config: Config | null): readonly Pair[] {
  if (config === null) return [];
  const pairs = [
    ...config.listeners.flatMap(({ tls }) => [tls?.pair, ...(tls?.sni ?? []).map(({ pair }) => pair)]),
    ...config.upstreams.map(({ tls }) => tls?.clientPair),
  ];
  return pairs.flatMap((pair) =>
    pair === null || pair === undefined ? [] : [{ certificate: pair.certFile, key: pair.keyFile }],
  );
}

function fileState({ certificate, key }: Pair): object {
  return {
    certificate: { ...dress(certificate), ...contents(certificate) },
    key: key === null ? null : dress(key),
  };
}

/** Who may read it, and when it was written. */
function dress(path: string): object {
  try {
    const { mode, uid, gid, mtimeMs, size } = statSync(path);
    return {
      path,
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      owner: `${userName(uid)}:${groupName(gid)}`,
      modified_at: rfc3339(mtimeMs),
      bytes: size,
    };
  } catch (error) {
    return { path, unreadable: readReason(error) };
  }
}

/** A file may hold a key too: only blocks that are certificates are looked at. */
function contents(path: string): object {
  try {
    const blocks = scanPem(readPemFile(path)).blocks.filter(({ label }) => label === 'CERTIFICATE');
    return {
      certificates: blocks.slice(0, MOST_OF_A_FILE).map(({ der }) => factsOf(der)),
      more: Math.max(0, blocks.length - MOST_OF_A_FILE),
    };
  } catch (error) {
    return { unreadable: readReason(error) };
  }
}

function factsOf(der: Buffer): object {
  try {
    const one = new X509Certificate(der);
    const spki = one.publicKey.export({ type: 'spki', format: 'der' });
    return {
      fingerprint: one.fingerprint256.replaceAll(':', '').toLowerCase(),
      spki_sha256: createHash('sha256').update(spki).digest('base64'),
      serial: one.serialNumber.toLowerCase(),
      subject: one.subject,
      issuer: one.issuer,
      not_before: new Date(one.validFrom).toISOString(),
      not_after: new Date(one.validTo).toISOString(),
      names: one.subjectAltName ?? null,
    };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}
