/** Commands that a verdict tells people to type, with real names in them. Words only; nothing here is run. */
import type { Case } from './case.ts';

/** A name as a shell takes it for one word. */
export function word(text: string): string {
  return /^[\w.:@%/+=,[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What starts the daemon: by its unit where systemd has one. */
export function startCommand(of: Case): string {
  const unit = of.process?.systemd?.unit;
  if (unit !== undefined) return `systemctl start ${word(unit)}`;
  return `sentinel run${of.configPath === null ? '' : ` -c ${word(of.configPath)}`}`;
}

export function validateCommand(of: Case): string {
  return `sentinel validate${of.configPath === null ? '' : ` ${word(of.configPath)}`}`;
}

/** `api-backend/10.1.1.12:8080` */
export function targetName(upstream: string, address: string): string {
  return `${upstream}/${address}`;
}
