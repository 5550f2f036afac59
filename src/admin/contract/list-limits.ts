/** How many things the lists of the admin API give at once: the daemon keeps to it, commands refuse what it would refuse. */

/** By endpoint: how many without `limit`, and the most that `limit` may ask for. */
export const listLimits = {
  clients: { usual: 20, most: 256 },
  events: { usual: 200, most: 2_000 },
  inflight: { usual: 1_000, most: 10_000 },
  logs: { usual: 500, most: 5_000 },
  requests: { usual: 100, most: 2_000 },
} as const;

export type LimitedList = keyof typeof listLimits;
