/** Series that the contract names and that nothing can move yet, with what they wait for. The docs show them; the exposition does not. */

export const pendingMetrics = {
  sentinel_config_rollbacks_total: 'configurations that are applied on trial',
} as const satisfies Readonly<Record<string, string>>;
