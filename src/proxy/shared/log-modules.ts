/** What log lines are about: the closed list that levels are set by and that the field `module` names. Read by both kinds of thread and the contract's docs. */

/** By name: what its lines tell. */
export const logModules = {
  admin: 'the admin API, and the audit log',
  certificates: 'certificate files and their dates',
  daemon: 'start, stop, signals, standing warnings',
  data: 'traffic: connections, TLS, requests',
  discovery: 'addresses behind names',
  drains: 'targets that operators take out of traffic',
  health: 'checks, verdicts, breakers',
  incidents: 'incidents that alerts open',
  limits: 'memory and other bounds',
  logs: 'log files and levels',
  overrides: 'what operators have set at run time: values, targets, maintenance',
  reload: 'configurations and plans',
  security: 'block lists',
  tracing: 'the export of traces',
  workers: 'worker threads',
} as const;

export type LogModule = keyof typeof logModules;

export function isLogModule(name: string): name is LogModule {
  return Object.hasOwn(logModules, name);
}
