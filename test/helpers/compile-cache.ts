/** Where processes that tests start keep what they compile, so that the next one need not: daemons start in half the time. */

/** For the environment of a child process; empty where the run keeps nothing. */
export function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
