/** What the chart wall uses of blessed and blessed-contrib, which come without types of their own that hold. Declarations only. */
declare module 'blessed' {
  export interface Style {
    readonly fg?: string;
    readonly bg?: string;
    readonly border?: { readonly fg: string };
  }

  export interface BoxOptions {
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

  export interface Key {
    /** `q`, `C-c`. */
    readonly full: string;
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

  export interface ScreenOptions {
    readonly smartCSR?: boolean;
    readonly fullUnicode?: boolean;
    readonly forceUnicode?: boolean;
    /** Name in terminfo, instead of `TERM`. */
    readonly terminal?: string;
    /** ms from a change of size to the drawing. */
    readonly resizeTimeout?: number;
  }

  const blessed: {
    screen(options: ScreenOptions): Screen;
    box(options: BoxOptions): Element;
  };
  export default blessed;
}

declare module 'blessed-contrib' {
  import type { BoxOptions, Element } from 'blessed';

  /** The canvas below a chart; there once it is on a screen. */
  export interface Context {
    lineTo(x: number, y: number): void;
    moveTo(x: number, y: number): void;
  }

  export interface LineOptions extends BoxOptions {
    readonly showLegend: false;
    readonly xPadding?: number;
    readonly xLabelPadding?: number;
    readonly wholeNumbersOnly?: boolean;
    readonly style?: BoxOptions['style'] & {
      readonly line?: string;
      readonly text?: string;
      readonly baseline?: string;
    };
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

  export interface StackedBarOptions extends BoxOptions {
    readonly showLegend: false;
    readonly barWidth?: number;
    readonly barSpacing?: number;
    readonly xOffset?: number;
    readonly barBgColor: readonly string[];
    readonly barFgColor?: string;
    readonly labelColor?: string;
  }

  export interface StackedBar extends Element {
    readonly options: { maxValue?: number };
    setData(bars: {
      readonly barCategory: readonly string[];
      readonly stackedCategory: readonly string[];
      readonly data: readonly (readonly number[])[];
    }): void;
  }

  const contrib: {
    line(options: LineOptions): LineChart;
    stackedBar(options: StackedBarOptions): StackedBar;
  };
  export default contrib;
}
