/**
 * What an edit of a configuration comes to: one file, its text before and after, the lines that differ. Made by the edits of
 * this room, written by whoever asked for it. Data only.
 */

export interface FileEdit {
  /** Absolute. */
  readonly path: string;
  /** As people should see it. */
  readonly file: string;
  readonly before: string;
  /** Equal to `before` where the file says so already. */
  readonly after: string;
  /** The lines that go, each with `-` before it, and those that come, each with `+`; empty where nothing changes. */
  readonly diff: readonly string[];
}
