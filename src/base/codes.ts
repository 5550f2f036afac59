/**
 * Every error code, one table: `docs/errors.md`, `sentinel explain` and the code check of the tests read it.
 * Ranges: C configuration, U upstream, E errors and traffic, T TLS, P process and machine, A admin and access,
 * R runbooks, I incidents. A code is a fact: never reused, never renumbered.
 */
import { adminCodes } from './codes/admin.ts';
import { commandCodes } from './codes/commands.ts';
import { configCodes } from './codes/config.ts';
import { diagnosisCodes } from './codes/diagnosis.ts';
import { editingCodes } from './codes/editing.ts';
import { incidentCodes } from './codes/incidents.ts';
import { processCodes } from './codes/process.ts';
import { runbookCodes } from './codes/runbooks.ts';
import { runbookRunCodes } from './codes/runbook-runs.ts';
import { snapshotCodes } from './codes/snapshots.ts';
import { tlsCodes } from './codes/tls.ts';
import { upstreamCodes } from './codes/upstreams.ts';

export const codes = {
  ...configCodes,
  ...processCodes,
  ...commandCodes,
  ...editingCodes,
  ...adminCodes,
  ...upstreamCodes,
  ...tlsCodes,
  ...diagnosisCodes,
  ...runbookRunCodes,
  ...runbookCodes,
  ...incidentCodes,
  ...snapshotCodes,
} as const;

export type ErrorCode = keyof typeof codes;
