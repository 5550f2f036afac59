/**
 * What is to be seen, before anybody asks how wide the screen is: the same for the live screen, `--once`, `--json`, `--stream` and
 * `--plain`. Made from the state by pure functions; drawn by `draw/`. Types only.
 */
import type { HelpGroup } from '../keys/help.ts';
import type { PaletteEntry } from '../keys/palette.ts';
import type { Column, Row, Standing, Tone, ViewName } from '../rows/row.ts';
import type { Overlay } from '../store/state.ts';

export interface View {
  readonly header: HeaderView;
  readonly verdict: VerdictLine;
  /** Requests, errors, p99, connections, memory, loop delay. */
  readonly gauges: readonly Gauge[];
  readonly tabs: readonly {
    readonly view: ViewName;
    readonly title: string;
    readonly chosen: boolean;
    readonly faults: number;
  }[];
  readonly table: TableView;
  /** Below the table: why the selected row stands as it does; null = nothing to say. */
  readonly why: string | null;
  readonly footer: FooterView;
  readonly overlay: Overlay | null;
  /** What the overlay offers that is not in itself (`offered.ts`); null where there is nothing of that kind. */
  readonly offered: Offered | null;
}

export type Offered =
  | { readonly kind: 'help'; readonly groups: readonly HelpGroup[] }
  | {
      readonly kind: 'palette';
      readonly entries: readonly PaletteEntry[];
      /** The command at a shell that shows the selected row; null = none does. */
      readonly rowCommand: string | null;
    }
  /** Null = worst first. */
  | { readonly kind: 'sort'; readonly choices: readonly (Column | null)[] };

export interface HeaderView {
  /** The name of the daemon, or `3 daemons`. */
  readonly name: string;
  readonly role: string | null;
  readonly uptimeMs: number | null;
  readonly generation: number | null;
  /** Whether the file on disk is what runs; null = unknown. */
  readonly diskMatches: boolean | null;
  readonly intervalMs: number;
  /** Age of what is shown, ms; null = nothing was read yet. */
  readonly ageMs: number | null;
  /** `live`: fresh. `stale`: the daemon has not answered in time. `lost`: it does not answer. `held`, `frozen`, `past`: as was asked for. */
  readonly mode: 'live' | 'stale' | 'lost' | 'held' | 'frozen' | 'past' | 'waiting';
  /** Said in words beside the mode: why it is lost and when it is tried again, how far back. */
  readonly modeWords: string | null;
  /** Clock of the daemon, RFC 3339; null = unknown. */
  readonly at: string | null;
  /** Of several: those that do not answer, with why. */
  readonly lost: readonly { readonly node: string; readonly why: string }[];
}

export interface VerdictLine {
  readonly standing: Standing;
  /** `SEV3`; null = clean or unknown. */
  readonly sev: string | null;
  /** Most important first; the drawing leaves out from the end. `all clear for 3h12m` is one. */
  readonly parts: readonly { readonly text: string; readonly tone?: Tone }[];
}

export interface Gauge {
  readonly id: 'rps' | 'err' | 'p99' | 'conn' | 'rss' | 'loop';
  readonly title: string;
  readonly text: string;
  readonly tone: Tone;
  /** `▲` rising, `▼` falling, as it matters; null = steady or unknown. */
  readonly trend: 'up' | 'down' | null;
  /** Oldest first, the last is now; null = nothing was measured. Empty = no line. */
  readonly series: readonly (number | null)[];
  /** Indices of `series` at which something happened: a reload, a breaker, a drain. */
  readonly events: readonly number[];
}

export interface TableView {
  readonly title: string;
  /** What was drilled into, outermost first; empty at the top. */
  readonly path: readonly string[];
  readonly columns: readonly Column[];
  /** All that match, in order. */
  readonly rows: readonly Row[];
  /** How many there are without the filter. */
  readonly total: number;
  readonly sort: string;
  readonly filter: string;
  readonly cursor: number;
  readonly scroll: number;
  readonly marks: readonly string[];
  /** Instead of rows, where there are none: why, and what to do. */
  readonly empty: string | null;
}

export interface FooterView {
  readonly keys: readonly { readonly key: string; readonly words: string; readonly disabled: boolean }[];
  /** `READ-WRITE`, `READ-ONLY`. */
  readonly access: string;
  readonly notice: { readonly words: string; readonly tone: Tone } | null;
}
