/** What `launch.js` offers to the setup script and the tests. */
declare const launcher: {
  launch(name: 'sentinel' | 'sentinel-proxy', args: readonly string[]): void;
  /** Runs `node args` in place of this process. */
  become(node: string, args: readonly string[]): void;
  /** Flags of Node under which the daemon runs. */
  readonly daemonFlags: readonly string[];
  findNode(): string | null;
  needed(): string;
};
export = launcher;
