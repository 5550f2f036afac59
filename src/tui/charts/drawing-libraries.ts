/**
 * What the chart wall uses of blessed 0.1 and blessed-contrib 4.11, which come without types that hold. Types only; `wall.ts` loads
 * the libraries.
 */

export interface Libraries {
  readonly blessed: Blessed;
  readonly contrib: Contrib;
}

interface Blessed {
  screen(options: ScreenOptions): Screen;
  box(options: BoxOptions): Element;
}

interface Contrib {
  line(options: LineOptions): LineChart;
  stackedBar(options: StackedBarOptions): StackedBar;
}

interface ScreenOptions {
  readonly smartCSR?: boolean;
  readonly forceUnicode?: boolean;
  /** ms from a change of size to the drawing. */
  readonly resizeTimeout?: number;
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  append(element: Element): void;
  on(event: 'keypress', listener: (text: string | undefined, key: Key) => void): void;
  on(event: 'resize', listener: () => void): void;
  render(): void;
  /** Draws every cell anew. */
  realloc(): void;
  /** Leaves the alternate screen, shows the cursor, gives the modes of the terminal back. */
  destroy(): void;
}

interface Key {
  /** `q`, `C-c`. */
  readonly full: string;
}

interface Style {
  readonly fg?: string;
  readonly bg?: string;
  readonly border?: { readonly fg: string };
}

interface BoxOptions {
  readonly top?: number | string;
  readonly left?: number | string;
  readonly width?: number | string;
  readonly height?: number | string;
  readonly label?: string;
  readonly tags?: boolean;
  readonly border?: { readonly type: 'line' };
  readonly style?: Style;
  readonly wrap?: boolean;
  readonly hidden?: boolean;
}

/** Anything that lies on the screen. */
export interface Element {
  /** In columns and rows of the terminal. */
  width: number | string;
  height: number | string;
  top: number | string;
  left: number | string;
  setContent(text: string): void;
  setLabel(text: string): void;
  show(): void;
  hide(): void;
  emit(event: 'attach'): void;
}

/** The canvas below a chart; there once it is on a screen. */
interface Context {
  lineTo(x: number, y: number): void;
  moveTo(x: number, y: number): void;
}

interface LineOptions extends BoxOptions {
  readonly showLegend: false;
  readonly wholeNumbersOnly?: boolean;
  readonly style?: Style & { readonly line?: string; readonly text?: string; readonly baseline?: string };
}

export interface LineChart extends Element {
  readonly ctx: Context;
  /** Read at each `setData`. */
  readonly options: { maxY?: number; numYLabels?: number };
  setData(
    lines: readonly {
      readonly title: string;
      readonly x: readonly string[];
      readonly y: readonly number[];
      readonly style: { readonly line: string };
    }[],
  ): void;
}

interface StackedBarOptions extends BoxOptions {
  readonly showLegend: false;
  readonly barWidth?: number;
  readonly barSpacing?: number;
  readonly xOffset?: number;
  readonly barBgColor: readonly string[];
  readonly barFgColor?: string;
  readonly labelColor?: string;
}

export interface StackedBar extends Element {
  /** Read at each `setData`. */
  readonly options: { maxValue?: number };
  setData(bars: {
    readonly barCategory: readonly string[];
    readonly stackedCategory: readonly string[];
    readonly data: readonly (readonly number[])[];
  }): void;
}
