/** What the next bytes of a client are to its connection, which alone moves from one state to another. */
export const states = {
  /** Between requests, or inside a head. */
  head: 0,
  /** Inside a request body. */
  body: 1,
  /** The request is complete, its response is not. */
  waiting: 2,
  /** Nothing more is answered: what still comes is read and dropped, so that the last answer is not lost to a reset. */
  lingering: 3,
  dead: 4,
} as const;
