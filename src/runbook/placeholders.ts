/**
 * The gaps in commands of runbooks that are filled from facts or by hand: their names, and where they stand in an argument.
 * Knows no values.
 */

/** Every placeholder, with what it stands for. */
export const placeholders = {
  config: 'path of the configuration file',
  pid: 'process id of the daemon',
  upstream: 'name of the upstream in question',
  target: 'address of the target in question, HOST:PORT',
  address: 'address that the proxy listens on, HOST:PORT',
  port: 'port that the proxy listens on',
  incident: 'id of the incident that is open',
  commander: 'name of the incident commander',
  severity: 'how bad it is: 1, 2, 3 or 4',
  unit: 'name of the systemd unit',
} as const;

export type Placeholder = keyof typeof placeholders;

/** Names between braces in an argument, known or not, in order. */
export function placeholdersIn(argument: string): readonly string[] {
  return [...argument.matchAll(/\{([a-z][a-z0-9-]*)\}/gi)].map(([, name = '']) => name);
}

export function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(placeholders, name);
}
