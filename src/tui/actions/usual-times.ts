/** How long what has to end by itself lasts where nobody says otherwise. */

/** As long as the commands at a shell give; for a block, which has no end there, an hour. */
export const usualTimes = { maintenance: '1h', 'block-client': '1h', 'log-level': '15m' } as const;
