/**
 * Pairs of a listener tried in handshakes with its settings, in every version that it allows: what no reading of files shows,
 * such as a key that none of its cipher suites fits, or a chain that OpenSSL refuses for reasons of its own.
 */
import { type CertFinding, finding } from '../../certs/finding.ts';
import { type Material, isFaulty, loadBundle, loadPair } from '../../certs/material.ts';
import { namesOf } from '../../certs/names.ts';
import { type Rehearsal, rehearse } from '../../certs/rehearsal.ts';
import type { Config, ListenerTlsConfig } from '../../config/model.ts';
import type { Checked } from '../../config/cert-check/checked.ts';

/** Names tried in handshakes; each is tried in every version. */
const mostNames = 4;

/** @param sni Index of the block that the pair is for; null = it is the listener's own. */
export async function rehearsePair(
  tls: ListenerTlsConfig,
  sni: number | null,
  material: Material,
  row: Checked,
): Promise<{ readonly rehearsals: readonly Rehearsal[]; readonly findings: readonly CertFinding[] }> {
  const { cert, key } = material;
  const root = row.judged?.chain.root ?? null;
  const rehearsals = await rehearse({ ...settingsOf(tls), cert, key }, namesToTry(tls, sni, material), root);
  return { rehearsals, findings: rehearsalFindings(rehearsals, row) };
}

/** Rows of a configuration, those of listeners tried; one in which an error was found already is left as it is. */
export async function rehearseConfigured(config: Config, rows: readonly Checked[]): Promise<readonly Checked[]> {
  const done: Checked[] = [];
  for (const row of rows) {
    const slot = row.asked === null ? null : slotOf(config, row);
    const pair = slot === null || row.findings.some(({ severity }) => severity === 'error') ? null : slot.pair;
    const material = pair === null ? null : loadPair(pair);
    if (slot === null || material === null || isFaulty(material)) {
      done.push(row);
      continue;
    }
    const { findings } = await rehearsePair(slot.tls, slot.sni, material, row);
    done.push({ ...row, findings: [...row.findings, ...findings] });
  }
  return done;
}

function slotOf({ listeners }: Config, { asked, certFile, keyFile, source }: Checked) {
  const tls = listeners.find(({ id }) => id === asked?.listener)?.tls ?? null;
  if (tls === null) return null;
  if (source === 'listener') return tls.pair === null ? null : { tls, sni: null, pair: tls.pair };
  const sni = tls.sni.findIndex(({ pair }) => pair.certFile === certFile && pair.keyFile === keyFile);
  const block = tls.sni[sni];
  return block === undefined ? null : { tls, sni, pair: block.pair };
}

function settingsOf({ minVersion, maxVersion, cipherSuites, clientAuth, caFile }: ListenerTlsConfig) {
  const bundle = clientAuth === 'none' || caFile === null ? null : loadBundle(caFile, 'authorities');
  const clientAuthorities = bundle === null || isFaulty(bundle) ? null : bundle.pem;
  return { minVersion, maxVersion, cipherSuites, clientAuthorities };
}

/** Without a name where the pair is for those who send none; then concrete names that it is for. */
function namesToTry(tls: ListenerTlsConfig, sni: number | null, { leaf }: Material): readonly (string | null)[] {
  const wanted = sni === null ? namesOf(leaf) : (tls.sni[sni]?.hostnames ?? []);
  const concrete = wanted
    .filter((name) => /[a-z]/.test(name) && !name.includes(':'))
    .map((name) => name.replace(/^\*/, 'sentinel-cert-check'))
    .slice(0, mostNames);
  return sni === null ? [null, ...concrete] : concrete;
}

/** Errors of the chain and the dates were said already, in better words than those of OpenSSL. */
function rehearsalFindings(rehearsals: readonly Rehearsal[], row: Checked): readonly CertFinding[] {
  const known = row.findings.some(({ severity }) => severity === 'error');
  const words = new Map<string, CertFinding>();
  for (const { version, name, failure, distrust } of rehearsals) {
    if (failure === null) {
      if (known || distrust === null) continue;
      const reason =
        distrust === 'UNSPECIFIED' ? 'an issuer may not vouch for these names, or by this policy' : distrust;
      words.set(distrust, finding('error', 'SNT-T063', row.certFile, `OpenSSL does not accept the chain: ${reason}`));
      continue;
    }
    if (words.has(`${version} ${failure}`)) continue;
    const asked = name === null ? 'without a name' : `for ${name}`;
    words.set(
      `${version} ${failure}`,
      finding('error', 'SNT-T063', row.certFile, `handshake with ${version} ${asked}: ${failure}`),
    );
  }
  return [...words.values()];
}
