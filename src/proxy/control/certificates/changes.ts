/** What is different between two readings of certificate files, use by use. Pure. */
import type { CertChange } from '../../../admin/contract/cert-shapes.ts';
import { fingerprintOf } from '../../../certs/material.ts';
import { type Held, leafFingerprint, type Reading, useKey } from './reading.ts';
import type { CertUse } from './uses.ts';

/** A use that holds something else than before. Both null: a revocation list. */
export interface HeldChange {
  readonly use: CertUse;
  readonly from: Held | null;
  readonly to: Held | null;
}

export interface Difference {
  readonly changes: readonly HeldChange[];
  readonly unchanged: readonly CertUse[];
}

/** Uses that only one of both has are changes as well. */
export function differenceBetween(before: Reading, after: Reading): Difference {
  const old = new Map(before.held.map((held) => [useKey(held.use), held]));
  const oldLists = new Map(before.lists.map(({ use, digest }) => [useKey(use), digest]));
  const kept = new Set([...after.held, ...after.lists].map(({ use }) => useKey(use)));
  const changes: HeldChange[] = [];
  const unchanged: CertUse[] = [];
  for (const held of after.held) {
    const from = old.get(useKey(held.use)) ?? null;
    if (from?.digest === held.digest) unchanged.push(held.use);
    else changes.push({ use: held.use, from, to: held });
  }
  for (const { use, digest } of after.lists) {
    if (oldLists.get(useKey(use)) !== digest) changes.push({ use, from: null, to: null });
  }
  for (const held of before.held) {
    if (!kept.has(useKey(held.use))) changes.push({ use: held.use, from: held, to: null });
  }
  return { changes, unchanged };
}

/** The certificate that tells the two sides of a change apart: of authorities the first that only one side has. */
function telling({ from, to }: HeldChange): {
  readonly from: Held['certificates'][number] | null;
  readonly to: Held['certificates'][number] | null;
} {
  if (from === null || to === null || leafFingerprint(from) !== leafFingerprint(to)) {
    return { from: from?.certificates[0] ?? null, to: to?.certificates[0] ?? null };
  }
  const missing = (one: Held, other: Held) =>
    one.certificates.find(
      ({ fingerprint256 }) => !other.certificates.some((known) => known.fingerprint256 === fingerprint256),
    );
  return {
    from: missing(from, to) ?? from.certificates[0],
    to: missing(to, from) ?? to.certificates[0],
  };
}

/** A change as the log and the admin API tell it. */
export function changeFacts(change: HeldChange): CertChange {
  const { name, source, files } = change.use;
  const { from, to } = telling(change);
  return { name, source, files, from: from === null ? null : endFacts(from), to: to === null ? null : endFacts(to) };
}

function endFacts(certificate: Held['certificates'][number]): NonNullable<CertChange['from']> {
  return { fingerprint: fingerprintOf(certificate), not_after: certificate.validToDate.toISOString() };
}
