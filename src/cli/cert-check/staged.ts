/**
 * `cert-check --staged`: a pair that is to replace another is judged in its place, tried in handshakes with the settings of its
 * listener, and held against the present one. Nothing is written and nothing leaves the process.
 */
import { SentinelError } from '../../base/errors.ts';
import { type CertFinding, finding } from '../../certs/finding.ts';
import type { Court } from '../../certs/judgement.ts';
import { kindOf } from '../../certs/key-kind.ts';
import { spanText } from '../../certs/lifetime.ts';
import { fingerprintOf, isFaulty, loadPair, type Material } from '../../certs/material.ts';
import { coversHost, namesOf } from '../../certs/names.ts';
import { nameOf } from '../../certs/chain.ts';
import type { Rehearsal } from '../../certs/rehearsal.ts';
import type { CertificatePair, Config, ListenerConfig, ListenerTlsConfig } from '../../config/model.ts';
import { type Checked, shortFingerprint } from '../../config/cert-check/checked.ts';
import { checkConfigured } from '../../config/cert-check/configured.ts';
import { rehearsePair } from './rehearsed.ts';

export interface StagedReport {
  readonly row: Checked;
  /** Where the present pair is. */
  readonly present: CertificatePair;
  readonly rehearsals: readonly Rehearsal[];
  /** What would be other than now, a sentence each. */
  readonly changes: readonly string[];
}

/**
 * @param place `LISTENER`, or `LISTENER/HOSTNAME` for a pair of an `sni` block
 * @throws SNT-P040 when there is no such place, or it speaks no TLS
 */
export async function checkStaged(
  config: Config,
  staged: CertificatePair,
  place: string,
  court: Court,
): Promise<StagedReport> {
  const slot = slotOf(config, place);
  const rows = checkConfigured(withPair(config, slot, staged), court);
  const row = rows.find(
    ({ certFile, keyFile, name }) => certFile === staged.certFile && keyFile === staged.keyFile && name === slot.name,
  ) as Checked;
  const loaded = loadPair(staged);
  if (isFaulty(loaded) || row.judged === null) {
    return { row, present: slot.pair, rehearsals: [], changes: [] };
  }
  const { rehearsals, findings: failed } = await rehearsePair(slot.tls, slot.sni, loaded, row);
  const changes = changesOf(slot.pair, loaded, staged.certFile);
  const findings = [...row.findings, ...failed, ...changes.findings];
  return { row: { ...row, findings }, present: slot.pair, rehearsals, changes: changes.words };
}

interface Slot {
  /** As rows are named. */
  readonly name: string;
  readonly listener: ListenerConfig;
  readonly tls: ListenerTlsConfig;
  /** Index into `sni`; null = the listener's own. */
  readonly sni: number | null;
  readonly pair: CertificatePair;
}

function slotOf({ listeners }: Config, place: string): Slot {
  const slash = place.indexOf('/');
  const id = slash === -1 ? place : place.slice(0, slash);
  const host = slash === -1 ? null : place.slice(slash + 1).toLowerCase();
  const secured = listeners.filter(({ tls }) => tls !== null);
  const listener = listeners.find((one) => one.id === id) ?? listeners.find((one) => one.id === place);
  const tls = listener?.tls ?? null;
  if (listener === undefined || tls === null) {
    const what = listener === undefined ? 'there is no such listener' : 'it speaks no TLS';
    const others = secured.map((one) => one.id).join(', ') || 'none';
    throw new SentinelError('SNT-P040', `--for ${place}: ${what}; listeners with TLS: ${others}`, {
      hint: 'sentinel cert-check --staged CRT KEY --for LISTENER',
    });
  }
  if (host === null && tls.pair !== null) return { name: id, listener, tls, sni: null, pair: tls.pair };
  const sni = tls.sni.findIndex(({ hostnames }) => host !== null && hostnames.includes(host));
  const block = tls.sni[sni];
  if (block === undefined) {
    const names = tls.sni.map(({ hostnames }) => `${id}/${hostnames[0]}`).join(', ') || 'none';
    const what = host === null ? 'the listener has no pair of its own' : `no sni block has the name ${host}`;
    throw new SentinelError('SNT-P040', `--for ${place}: ${what}; places with a name: ${names}`, {
      hint: 'sentinel cert-check --staged CRT KEY --for LISTENER/HOSTNAME',
    });
  }
  return { name: `${id}/${block.hostnames[0]}`, listener, tls, sni, pair: block.pair };
}

/** The configuration as it would be. */
function withPair(config: Config, { listener, tls, sni }: Slot, pair: CertificatePair): Config {
  const changed: ListenerTlsConfig =
    sni === null
      ? { ...tls, pair }
      : { ...tls, sni: tls.sni.map((block, index) => (index === sni ? { ...block, pair } : block)) };
  return {
    ...config,
    listeners: config.listeners.map((one) => (one === listener ? { ...one, tls: changed } : one)),
  };
}

function changesOf(
  present: CertificatePair,
  staged: Material,
  file: string,
): { readonly words: readonly string[]; readonly findings: readonly CertFinding[] } {
  const loaded = loadPair(present);
  if (isFaulty(loaded)) return { words: [`the present pair cannot be used: ${loaded[0]?.message}`], findings: [] };
  const [before, after] = [loaded.leaf, staged.leaf];
  if (loaded.fingerprint === staged.fingerprint) {
    return { words: [`the same certificate as now, ${shortFingerprint(staged.fingerprint)}`], findings: [] };
  }
  const lost = namesOf(before).filter((name) => !coversHost(after, name));
  const gained = namesOf(after).filter((name) => !coversHost(before, name));
  const longer = after.validToDate.getTime() - before.validToDate.getTime();
  const kinds = [kindOf(before.publicKey), kindOf(after.publicKey)] as const;
  const issuers = [nameOf(before.issuer), nameOf(after.issuer)] as const;
  const words = [
    `certificate ${shortFingerprint(fingerprintOf(before))} → ${shortFingerprint(fingerprintOf(after))}`,
    `ends ${after.validToDate.toISOString().slice(0, 10)}, ${spanText(Math.abs(longer))} ${longer < 0 ? 'earlier' : 'later'}`,
    ...(gained.length > 0 ? [`names gained: ${gained.join(', ')}`] : []),
    ...(lost.length > 0 ? [`names lost: ${lost.join(', ')}`] : []),
    ...(kinds[0] === kinds[1] ? [] : [`key ${kinds[0]} → ${kinds[1]}`]),
    ...(issuers[0] === issuers[1] ? [] : [`issuer ${issuers[0]} → ${issuers[1]}`]),
    ...(loaded.chain.length === staged.chain.length
      ? []
      : [`certificates sent along: ${loaded.chain.length} → ${staged.chain.length}`]),
  ];
  const findings = [
    ...(lost.length === 0
      ? []
      : [finding('warning', 'SNT-T065', file, `names of the present certificate are missing: ${lost.join(', ')}`)]),
    ...(longer >= 0
      ? []
      : [finding('warning', 'SNT-T065', file, `it ends ${spanText(-longer)} earlier than the present certificate`)]),
  ];
  return { words, findings };
}
