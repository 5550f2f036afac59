/**
 * The chart wall on the terminal: the one door to blessed and blessed-contrib. Widgets are made once and given new data, because these
 * libraries keep what is made anew. Decides nothing about what is shown; never loaded where Ink is.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { bytesOf, isSingleBinary, packagePath } from '../../base/package-files.ts';
import type { Look, Size } from '../draw/line.ts';
import type { ChartLine, ChartModel } from './chart-model.ts';
import { causesTitle, colourOf, eventLines, lineColours, targetLines, titleOf } from './chart-words.ts';
import type { Element, Libraries, LineChart, Screen, StackedBar } from './drawing-libraries.ts';
import { type ChartName, chartNames, placesOf, smallest } from './places.ts';

export interface WallPicture {
  readonly model: ChartModel;
  /** Header and verdict, painted. */
  readonly head: readonly [string, string];
  /** The last line. */
  readonly foot: string;
}

export interface Wall {
  size(): Size;
  draw(picture: WallPicture): void;
  /** Every cell anew, whatever the terminal has become. */
  redraw(): void;
  /** Leaves the terminal as it was; once is enough, more does nothing. */
  close(): void;
}

export interface WallEvents {
  /** `q`, `C-c`, as blessed names keys. */
  readonly onKey: (key: string) => void;
}

/** @throws SNT-P110 where the libraries are not installed */
export function openWall(look: Look, { onKey }: WallEvents): Wall {
  const libraries = loaded();
  const { blessed } = libraries;
  const screen = blessed.screen({ smartCSR: true, forceUnicode: true, resizeTimeout: 100 });
  const widgets = widgetsOn(screen, libraries, look);
  let closed = false;
  let drawn: WallPicture | null = null;
  const sizeOf = (): Size => ({ columns: screen.width, rows: screen.height });
  arrange(widgets, sizeOf());
  screen.on('keypress', (_text, key) => onKey(key.full));
  screen.on('resize', () => {
    if (closed) return;
    arrange(widgets, sizeOf());
    if (drawn !== null) fill(widgets, drawn, sizeOf(), look);
    screen.render();
  });
  return {
    size: sizeOf,
    draw(picture) {
      if (closed) return;
      drawn = picture;
      fill(widgets, picture, sizeOf(), look);
      screen.render();
    },
    redraw() {
      if (closed) return;
      screen.realloc();
      screen.render();
    },
    close() {
      if (closed) return;
      closed = true;
      screen.destroy();
    },
  };
}

/** They are CommonJS, and where they are not is known only when somebody asks. */
function loaded(): Libraries {
  if (isSingleBinary) throw notInstalled('npm install --global sentinel');
  const load = createRequire(import.meta.url);
  try {
    return {
      blessed: load('blessed') as Libraries['blessed'],
      contrib: load('blessed-contrib') as Libraries['contrib'],
    };
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    throw notInstalled(installCommand(), error);
  }
}

function notInstalled(hint: string, cause?: unknown): SentinelError {
  return new SentinelError(
    'SNT-P110',
    'the chart wall is drawn with blessed-contrib, which is not installed here; everything else of `sentinel top` works without it',
    { hint, cause },
  );
}

/** Puts both beside this program, wherever that is, in the versions that it was made with. */
function installCommand(): string {
  const { optionalDependencies: versions } = JSON.parse(bytesOf(packagePath('package.json')).toString('utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const names = ['blessed', 'blessed-contrib'].map((name) => `${name}@${versions[name]}`);
  return `npm install --prefix ${dirname(packagePath('package.json'))} --no-save --omit=dev ${names.join(' ')}`;
}

interface Widgets {
  readonly head: readonly [Element, Element];
  readonly foot: Element;
  readonly tooSmall: Element;
  readonly lines: Readonly<Record<'rate' | 'latency' | 'errors' | 'connections', LineChart>>;
  readonly causes: StackedBar;
  readonly targets: Element;
  readonly events: Element;
}

function widgetsOn(screen: Screen, { blessed, contrib }: Libraries, look: Look): Widgets {
  const on = <T extends Element>(element: T): T => {
    screen.append(element);
    return element;
  };
  const framed = { border: { type: 'line' }, tags: true, label: ' ', style: { border: { fg: 'default' } } } as const;
  const row = () => on(blessed.box({ left: 0, width: '100%', height: 1, top: 0 }));
  const line = (wholeNumbersOnly: boolean) => {
    const style = { ...framed.style, line: 'normal', text: 'normal', baseline: 'normal' };
    const chart = on(contrib.line({ ...framed, style, showLegend: false, wholeNumbersOnly }));
    return chart;
  };
  const text = () => on(blessed.box({ ...framed, wrap: false }));
  return {
    head: [row(), row()],
    foot: row(),
    lines: { rate: line(false), latency: line(true), errors: line(false), connections: line(true) },
    causes: on(
      contrib.stackedBar({
        ...framed,
        showLegend: false,
        barWidth: 8,
        barSpacing: 12,
        xOffset: 3,
        barBgColor: look.colour === 'none' ? lineColours.map(() => 'white') : lineColours,
        barFgColor: 'black',
        labelColor: 'normal',
      }),
    ),
    targets: text(),
    events: text(),
    tooSmall: on(blessed.box({ top: 0, left: 0, width: '100%', height: '100%', hidden: true })),
  };
}

function chartOf(widgets: Widgets, name: ChartName): Element {
  return name === 'causes' || name === 'targets' || name === 'events' ? widgets[name] : widgets.lines[name];
}

/** Everything to its place; a canvas is as large as its chart was when it was put on the screen, so it is put there again. */
function arrange(widgets: Widgets, size: Size): void {
  const places = placesOf(size);
  const { head, foot, tooSmall, lines, causes } = widgets;
  head[1].top = 1;
  foot.top = size.rows - 1;
  for (const name of chartNames) {
    const chart = chartOf(widgets, name);
    if (places === null) chart.hide();
    else {
      Object.assign(chart, places[name]);
      chart.show();
    }
  }
  if (places === null) {
    tooSmall.setContent(
      `The charts need ${smallest.columns}x${smallest.rows}, and this is ${size.columns}x${size.rows}: make it larger, or use \`sentinel top\`, which fits any size.   q quit`,
    );
    tooSmall.show();
    return;
  }
  tooSmall.hide();
  for (const chart of [...Object.values(lines), causes]) chart.emit('attach');
  for (const { ctx } of Object.values(lines)) leaveGaps(ctx);
}

/** What is not known is no line: the path goes on behind it. */
function leaveGaps(ctx: LineChart['ctx']): void {
  const draw = ctx.lineTo.bind(ctx);
  let apart = true;
  ctx.lineTo = (x, y) => {
    if (Number.isNaN(y)) apart = true;
    else if (apart) {
      ctx.moveTo(x, y);
      // A single value between two gaps is a point.
      draw(x, y);
      apart = false;
    } else draw(x, y);
  };
}

function fill(widgets: Widgets, { model, head, foot }: WallPicture, size: Size, look: Look): void {
  const places = placesOf(size);
  if (places === null) return;
  widgets.head[0].setContent(head[0]);
  widgets.head[1].setContent(head[1]);
  widgets.foot.setContent(foot);
  for (const name of ['rate', 'latency', 'errors', 'connections'] as const) {
    const chart = widgets.lines[name];
    chart.setLabel(titleOf(name, model, places[name].width - 2, look));
    chart.options.numYLabels = places[name].height < HIGH_CHART ? 2 : 5;
    fillLines(chart, model[name], model.labels, look);
  }
  widgets.causes.setLabel(causesTitle(model.causes, places.causes.width - 2, look));
  fillBars(widgets.causes, model.causes);
  const inside = ({ width, height }: { readonly width: number; readonly height: number }) =>
    [width - 2, height - 2] as const;
  widgets.targets.setLabel(' availability, 15m ');
  widgets.targets.setContent(targetLines(model.targets, ...inside(places.targets), look).join('\n'));
  widgets.events.setLabel(' events ');
  widgets.events.setContent(eventLines(model.events, ...inside(places.events), look).join('\n'));
}

function fillLines(chart: LineChart, lines: readonly ChartLine[], labels: readonly string[], look: Look): void {
  const highest = lines.reduce((most, { values }) => Math.max(most, ...values.map((value) => value ?? 0)), 0);
  chart.options.maxY = niceAbove(highest);
  chart.setData(
    lines.map(({ name, values }, index) => ({
      title: name,
      x: labels,
      y: values.map((value) => value ?? Number.NaN),
      style: { line: look.colour === 'none' ? 'normal' : colourOf(index) },
    })),
  );
}

function fillBars(chart: StackedBar, { windows, names, shares }: ChartModel['causes']): void {
  const highest = shares.reduce(
    (most, share) =>
      Math.max(
        most,
        share.reduce((sum, value) => sum + value, 0),
      ),
    0,
  );
  chart.options.maxValue = niceAbove(highest);
  chart.setData({
    barCategory: windows,
    stackedCategory: names,
    data: shares.map((share) => (share.length === 0 ? [0] : share.map((value) => Math.round(value * 10) / 10))),
  });
}

/** From here on there is room for more than two numbers beside it. */
const HIGH_CHART = 13;

/** 1, 2 or 4 times a power of ten, so that the scale stays while values move a little, and halves and fifths are whole numbers. */
function niceAbove(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 10].find((step) => step * power >= value) ?? 10) * power;
}
