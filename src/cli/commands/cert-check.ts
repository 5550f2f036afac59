/** `sentinel cert-check`: certificates of the configuration, of files or of servers, judged before clients do. Changes nothing. */
import { type Authorities, authoritiesOf, systemAuthorities } from '../../certs/authorities.ts';
import { fixedChain } from '../../certs/chain.ts';
import { finding } from '../../certs/finding.ts';
import type { Court } from '../../certs/judgement.ts';
import { isFaulty, loadBundle } from '../../certs/material.ts';
import { pemOf } from '../../certs/pem.ts';
import { SentinelError } from '../../base/errors.ts';
import { type LoadedConfig, embeddedConfig } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import type { Invocation, Outcome } from '../command.ts';
import { type Checked, rowData } from '../../config/cert-check/checked.ts';
import { certificatesElsewhere, checkConfigured } from '../../config/cert-check/configured.ts';
import { type DaemonView, type Running, compareWithDaemon, otherConfig, viewDaemon } from '../cert-check/in-use.ts';
import { type NamedUse, checkFiles, checkRemote, sortTargets } from '../cert-check/named.ts';
import { type CertReport, type RowFinding, reportOf } from '../cert-check/report.ts';
import { rehearseConfigured } from '../cert-check/rehearsed.ts';
import { checkStaged } from '../cert-check/staged.ts';
import { certTable } from '../cert-check/table.ts';
import { chooseConfig, loadChoice, usualPlaces } from '../config-choice.ts';
import type { Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const targets = invocation.arguments('targets');
  holdOptions(invocation, targets);
  if (invocation.flag('staged')) return staged(invocation, targets);
  if (invocation.flag('emit-fixed')) return emitFixed(invocation, targets);
  return targets.length > 0 ? named(invocation, targets) : configured(invocation);
}

/** Options that mean nothing together are refused: a check that was not made must not look like one that passed. */
function holdOptions(invocation: Invocation, targets: readonly string[]): void {
  const usage = (message: string, hint: string): never => {
    throw new SentinelError('SNT-P040', message, { hint });
  };
  const place = invocation.option('for');
  if (invocation.flag('staged')) {
    if (targets.length !== 2 || place === undefined) {
      usage(
        '--staged takes two files, certificate and key, and --for the listener',
        'sentinel cert-check --staged new.crt new.key --for LISTENER',
      );
    }
    if (invocation.flag('emit-fixed'))
      usage('--staged and --emit-fixed do different things', 'sentinel cert-check --help');
  } else if (place !== undefined) {
    usage('--for belongs to --staged', 'sentinel cert-check --staged new.crt new.key --for LISTENER');
  }
  if (invocation.flag('emit-fixed') && targets.length === 0) {
    usage('--emit-fixed needs the file to put in order', 'sentinel cert-check --emit-fixed server.crt');
  }
  if (targets.length === 0 || invocation.flag('staged')) {
    const [given] = ['name', 'use'].filter((option) => invocation.option(option) !== undefined);
    if (given !== undefined)
      usage(`--${given} is for files and servers that are named`, `sentinel cert-check --${given} … FILE`);
  }
}

/** Everything that the configuration names. */
async function configured(invocation: Invocation): Promise<Outcome> {
  const view = await viewDaemon(invocation);
  const { config, path, digest } = configOf(invocation, view);
  const court = await courtOf(invocation, config);
  const notes: string[] = [];
  const loose: RowFinding[] = [];
  let rows = await rehearseConfigured(config, checkConfigured(config, court));
  let running: Running | null = null;
  if (view.kind === 'absent') {
    notes.push(`loaded and served: ? ${view.why}; only the files were judged`);
    if (view.finding !== null) loose.push({ row: 'daemon', finding: view.finding });
  } else {
    const other = otherConfig(view.running, path, invocation.directory);
    if (other !== null) {
      notes.push(`loaded and served: – ${other}`);
    } else {
      running = view.running;
      if (digest !== null && digest !== running.status.config.digest_running) {
        notes.push(`${path} is not in force as it is on disk: sentinel reload`);
      }
      rows = await compareWithDaemon(rows, running, invocation);
    }
  }
  if (rows.length === 0) {
    loose.push({ row: path, finding: finding('info', 'SNT-T064', path, `${path} names no certificate`) });
  }
  return reportRows(invocation, court, {
    rows,
    loose,
    notes,
    data: { config: path, certificates: rows.map(rowData) },
    ...(running === null ? {} : { daemon: running.daemon, generation: running.generation }),
  });
}

/** The configuration that was chosen, or else that of the daemon; where only its certificates are at fault, all the same. */
function configOf(
  invocation: Invocation,
  view: DaemonView,
): { readonly config: Config; readonly path: string; readonly digest: string | null } {
  const chosen = chooseConfig(invocation);
  const path = chosen.path ?? (view.kind === 'running' ? view.running.status.config.path : null);
  if (path === null) {
    throw new SentinelError('SNT-C001', `no configuration to check: neither ${usualPlaces.join(' nor ')} exists`, {
      hint: 'sentinel cert-check FILE, or sentinel cert-check -c sentinel.kdl',
    });
  }
  return { ...loadForJudgement(invocation, path), path };
}

function loadForJudgement(
  invocation: Invocation,
  path: string,
): { readonly config: Config; readonly digest: string | null } {
  const result = loadChoice(invocation, { path, source: { kind: 'flag', name: '--config' } });
  if (result.kind === 'unreadable') throw result.error;
  if (result.kind === 'ok') return { config: result.config, digest: result.digest };
  if (result.unservable !== null) return { config: result.unservable, digest: null };
  const count = result.diagnostics.filter(({ level }) => level === 'error').length;
  throw new SentinelError('SNT-P045', `${path} has ${count} ${count === 1 ? 'mistake' : 'mistakes'}`, {
    hint: `sentinel validate ${path}`,
  });
}

/** Files and servers that the command line names. */
async function named(invocation: Invocation, targets: readonly string[]): Promise<Outcome> {
  const { files, remotes } = sortTargets(targets);
  const explicit = invocation.option('config') !== undefined;
  const config = explicit ? configOf(invocation, absentView).config : (embeddedConfig() as LoadedConfig).config;
  const court = await courtOf(invocation, config);
  const name = invocation.option('name') ?? null;
  const use = (invocation.option('use') ?? null) as NamedUse;
  const rows = [
    ...checkFiles(files, use, name, court),
    ...(await Promise.all(remotes.map((remote) => checkRemote(remote, name, court, invocation.clock)))),
  ];
  return reportRows(invocation, court, {
    rows,
    loose: [],
    notes: [],
    data: { config: null, certificates: rows.map(rowData) },
  });
}

const absentView: DaemonView = { kind: 'absent', why: '', finding: null };

/** A pair that is to take the place of another. */
async function staged(invocation: Invocation, [certFile = '', keyFile = '']: readonly string[]): Promise<Outcome> {
  const chosen = chooseConfig(invocation);
  const { config, path } = configOf(invocation, chosen.path === null ? await viewDaemon(invocation) : absentView);
  const court = await courtOf(invocation, config);
  const place = invocation.option('for') as string;
  const { row, present, rehearsals, changes } = await checkStaged(config, { certFile, keyFile }, place, court);
  const good = rehearsals.filter(({ failure }) => failure === null);
  const tried = [...new Set(good.map(({ version }) => version))];
  return reportRows(invocation, court, {
    rows: [row],
    loose: [],
    notes: [
      ...changes.map((change) => `would change: ${change}`),
      ...(tried.length === 0
        ? []
        : [`${good.length} of ${rehearsals.length} handshakes in this process came about (${tried.join(', ')})`]),
      ...(row.findings.some(({ severity }) => severity === 'error')
        ? []
        : [`next: cp ${certFile} ${present.certFile} && cp ${keyFile} ${present.keyFile} && sentinel reload --certs`]),
    ],
    data: {
      config: path,
      for: place,
      present: { certificate: present.certFile, key: present.keyFile },
      staged: rowData(row),
      changes,
      handshakes: rehearsals,
    },
  });
}

/** The chain in order, on standard output: what is wrong with it besides goes to standard error. */
async function emitFixed(invocation: Invocation, targets: readonly string[]): Promise<Outcome> {
  const court = await courtOf(invocation, embeddedConfig().config);
  const rows = checkFiles(targets, 'server', null, court);
  const chains = rows.flatMap(({ judged }) => (judged === null ? [] : [judged.chain]));
  const pem = chains
    .flatMap((chain) => fixedChain(chain))
    .map(({ raw }) => pemOf('CERTIFICATE', raw))
    .join('');
  // What the new order mends is no problem any more, and what it does not touch is asked for otherwise.
  const unmended = rows.map((row) => ({ ...row, findings: row.findings.filter(({ code }) => breaksChain.has(code)) }));
  const outcome = reportOf(
    {
      data: { pem, certificates: rows.map(rowData) },
      findings: findingsOf(unmended),
      notes: [],
      table: () => '',
    },
    invocation,
  );
  if (outcome.kind !== 'report') return outcome;
  const { text } = outcome;
  if (!invocation.json && (outcome.findings ?? []).length > 0) {
    invocation.stderr.write(text(invocation.stderr.style));
  }
  return { ...outcome, text: () => pem };
}

const breaksChain = new Set([
  ...['SNT-T001', 'SNT-T002', 'SNT-T003', 'SNT-T004', 'SNT-T005', 'SNT-T006', 'SNT-T007', 'SNT-T008'],
  ...['SNT-T020', 'SNT-T026', 'SNT-T028'],
]);

async function courtOf(invocation: Invocation, config: Config): Promise<Court> {
  // The library behind it is the heaviest of this command: only who judges needs it.
  const { readExtensions, readRevocationList } = await import('../../certs/x509-extensions.ts');
  const { certWarnDays, certCriticalDays } = config.alerts;
  return {
    nowMs: invocation.clock.wallMs(),
    thresholds: { warnDays: certWarnDays, criticalDays: certCriticalDays },
    authorities: authorities(invocation.option('ca')),
    extensions: readExtensions,
    revocationList: readRevocationList,
    uid: invocation.context.uid,
    elsewhere: certificatesElsewhere(config),
  };
}

function authorities(file: string | undefined): Authorities {
  if (file === undefined) return systemAuthorities();
  const loaded = loadBundle(file, 'authorities');
  if (!isFaulty(loaded)) return authoritiesOf(loaded.certificates);
  const [{ code, message, hint } = { code: 'SNT-T009' as const, message: `--ca ${file} cannot be used` }] = loaded;
  throw new SentinelError(code, `--ca: ${message}`, hint === undefined ? {} : { hint });
}

interface Reported extends Omit<CertReport, 'findings' | 'table'> {
  readonly rows: readonly Checked[];
  /** Findings that belong to no row. */
  readonly loose: readonly RowFinding[];
}

function reportRows(invocation: Invocation, { nowMs }: Court, { rows, loose, ...rest }: Reported): Outcome {
  const table = (style: Style): string => certTable(rows, nowMs, style, invocation.stdout);
  return reportOf({ ...rest, findings: [...findingsOf(rows), ...loose], table }, invocation);
}

function findingsOf(rows: readonly Checked[]): readonly RowFinding[] {
  return rows.flatMap(({ name, findings }) => findings.map((one) => ({ row: name, finding: one })));
}
