/** What the command line names: files, sorted by what they hold, and servers that are asked. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { sortFiles } from '../../certs/file-kinds.ts';
import { finding } from '../../certs/finding.ts';
import { factsOf, judgeFile, judgeText } from '../../certs/hygiene.ts';
import { type Court, judgeShown } from '../../certs/judgement.ts';
import { namesOf } from '../../certs/names.ts';
import { issuersOf } from '../../certs/order.ts';
import { isUsable } from '../../certs/parts.ts';
import { NothingServed, type ServedChain, servedChain } from '../../web/served-chain.ts';
import { type Checked, notInUse } from '../../config/cert-check/checked.ts';
import { checkBundle, checkPair, checkRevocationFile, faultFinding } from '../../config/cert-check/configured.ts';

/** How long a server may take. */
export const remoteTimeoutMs = 5_000;

export interface NamedTargets {
  readonly files: readonly string[];
  readonly remotes: readonly Remote[];
}

export interface Remote {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/** What exists is a file; of the rest, what looks like HOST:PORT is a server, and anything else a file that is missing. */
export function sortTargets(targets: readonly string[], exists: (path: string) => boolean = existsSync): NamedTargets {
  const remotes = targets.flatMap((text) => {
    const remote = exists(text) ? null : remoteOf(text);
    return remote === null ? [] : [remote];
  });
  const taken = new Set(remotes.map(({ text }) => text));
  return { files: targets.filter((text) => !taken.has(text)), remotes };
}

function remoteOf(text: string): Remote | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port < 1 || port > 65535) return null;
  return { text, host: found[1] ?? (found[2] as string), port };
}

export type NamedUse = 'server' | 'client' | 'authority' | null;

/** @param use null = by what the certificate says that it is for */
export function checkFiles(
  files: readonly string[],
  use: NamedUse,
  name: string | null,
  court: Court,
): readonly Checked[] {
  const wanted = name === null ? [] : [{ host: name.toLowerCase(), why: '--name' }];
  return sortFiles(files).map((thing): Checked => {
    switch (thing.kind) {
      case 'pair': {
        const { certFile, keyFile, certificates } = thing;
        const used = use === 'authority' ? null : use;
        const meant = used ?? (name === null ? meantFor(leafAmong(certificates)) : 'server');
        const pair = { certFile, keyFile };
        return checkPair({ name: certFile, source: 'file', use: meant, pair, wanted, asked: null }, court);
      }
      case 'certificates': {
        const { file, certificates } = thing;
        if ((use ?? (name === null && isBundle(certificates) ? 'authority' : null)) === 'authority')
          return checkBundle(file, 'file', file, court);
        const leaf = leafAmong(certificates);
        const meant = use === 'client' || use === 'server' ? use : name === null ? meantFor(leaf) : 'server';
        const judged = judgeShown({ leaf, certificates, use: meant, file, wanted }, court);
        const facts = factsOf(file);
        return {
          name: file,
          source: 'file',
          use: meant,
          certFile: file,
          keyFile: null,
          leaf,
          judged,
          members: [],
          findings: [
            ...judged.findings,
            ...judgeText(file),
            ...(facts === null ? [] : judgeFile(facts, 'cert', court.uid)),
          ],
          asked: null,
          inUse: notInUse,
        };
      }
      case 'revocations':
        return checkRevocationFile(thing.file, 'file', thing.file, court);
      case 'fault':
        return {
          ...nothing(thing.file, 'file'),
          certFile: thing.file,
          findings: thing.faults.map(faultFinding),
        };
    }
  });
}

/** @param name what the certificate must be good for, and is asked for; null = the host */
export async function checkRemote(remote: Remote, name: string | null, court: Court, clock: Clock): Promise<Checked> {
  const { text, host, port } = remote;
  const wanted = name ?? host;
  let served: ServedChain;
  try {
    served = await servedChain(
      {
        to: { kind: 'tcp', host, port },
        servername: isIP(wanted) === 0 ? wanted : null,
        timeoutMs: remoteTimeoutMs,
      },
      clock,
    );
  } catch (error) {
    if (!(error instanceof NothingServed)) throw error;
    const detail = `${text}: ${error.message}`;
    return {
      ...nothing(text, 'remote'),
      findings: [{ ...finding('error', 'SNT-T062', null, detail), unknown: true }],
    };
  }
  const certificates = served.certificates.filter(isUsable);
  const [leaf] = certificates;
  if (leaf === undefined || leaf !== served.certificates[0]) {
    const detail = `the certificate that ${text} sends has a key or dates that cannot be parsed`;
    return { ...nothing(text, 'remote'), findings: [finding('error', 'SNT-T003', null, detail)] };
  }
  const judged = judgeShown(
    {
      leaf,
      certificates,
      use: 'server',
      file: null,
      called: name === null ? text : `${text} --name ${name}`,
      wanted: [{ host: wanted.toLowerCase(), why: name === null ? 'the host that was asked' : '--name' }],
    },
    court,
  );
  return { ...nothing(text, 'remote'), leaf, judged, findings: judged.findings };
}

function nothing(name: string, source: Checked['source']): Checked {
  return {
    name,
    source,
    use: 'server',
    certFile: null,
    keyFile: null,
    leaf: null,
    judged: null,
    members: [],
    findings: [],
    asked: null,
    inUse: notInUse,
  };
}

/** The first, unless it has issued another one of the file: then the first that has issued none, rather one that could not. */
function leafAmong(certificates: readonly X509Certificate[]): X509Certificate {
  const [first] = certificates as [X509Certificate];
  const hasIssued = (one: X509Certificate): boolean =>
    certificates.some((other) => other !== one && issuersOf(other, [one]).length > 0);
  if (!hasIssued(first)) return first;
  const last = certificates.filter((one) => !hasIssued(one));
  return last.find(({ ca }) => !ca) ?? last[0] ?? first;
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

function meantFor(leaf: X509Certificate): 'server' | 'client' {
  const usage = (leaf.keyUsage as readonly string[] | undefined) ?? [];
  return usage.includes(clientAuth) && !usage.includes(serverAuth) ? 'client' : 'server';
}

/** Authorities only, and none that is for a host. */
function isBundle(certificates: readonly X509Certificate[]): boolean {
  return certificates.every(
    (one) =>
      one.ca &&
      namesOf(one).length === 0 &&
      !((one.keyUsage as readonly string[] | undefined) ?? []).includes(serverAuth),
  );
}
