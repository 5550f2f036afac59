/** What is found of a certificate: one fact that somebody should act on. Made by the judges of this room; printed by others. */
import type { ErrorCode } from '../base/codes.ts';

export type CertSeverity = 'error' | 'warning' | 'info' | 'hint';

export interface CertFinding {
  readonly code: ErrorCode;
  readonly severity: CertSeverity;
  /** One sentence: what, where, expected and got. Never anything of a key. */
  readonly detail: string;
  /** The file to change; null where it came over the network. */
  readonly file: string | null;
  /** What to change, or the next command to type. */
  readonly hint?: string;
  /** True where nothing could be determined: the exit status is then 3, not 1. */
  readonly unknown?: boolean;
}

export function finding(
  severity: CertSeverity,
  code: ErrorCode,
  file: string | null,
  detail: string,
  hint?: string,
): CertFinding {
  return hint === undefined ? { code, severity, detail, file } : { code, severity, detail, file, hint };
}
