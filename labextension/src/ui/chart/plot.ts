import uPlot from 'uplot';
import { Signal } from '../observable';
import type { Series } from '../series';
import { type XAxis, metricOf } from '../view';
import { axes } from './axes';
import { type IFrame, drawDot, drawLine } from './draw';
import { colorToken, dash, token } from './palette';
import { type Range, nearest, spacing, xRange, yRange } from './range';
import { drawStages } from './stages';
import { type ILine, Trace, carried } from './trace';

/** How all lines of a plot are shown. */
export interface ILook {
  readonly smoothing: number;
  readonly logY: boolean;
  readonly xAxis: XAxis;
  readonly stages: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly highlight: string | null;
}

/** What lies under the pointer. */
export interface IHover {
  readonly x: number;
  /** Pointer position inside the plotting area, in CSS pixels; null when another chart is pointed at. */
  readonly at: { left: number; top: number; width: number } | null;
  readonly values: readonly { line: ILine; y: number; shown: number }[];
}

/** Every plot there is; those of one group share the pointer and the zoom. */
const plots = new Set<Plot>();

/** What a trace was derived from: with the same parts it is kept. */
const KEPT = ['series', 'clock', 'origin', 'by', 'color', 'live', 'stages'] as const;

/** From so many lines on, and while dragging, a line is one device pixel wide: that keeps 60 frames a second. */
const THIN_FROM = 10;

/**
 * One chart on a canvas. uPlot owns axes, pointer and zoom; the lines are ours, drawn in its hook, so that lines
 * come and go, and points arrive, without a remount.
 */
export class Plot {
  readonly hovered = new Signal<IHover | null>();
  /** Told with the new window of x after a drag, with null after a double click. */
  readonly zoomed = new Signal<Range | null>();
  zoom: Range | null = null;
  private _traces: Trace[] = [];
  private _exact: ReadonlyMap<string, Series> = new Map();
  private _plot: uPlot | null = null;
  /** The zoom on another axis, until it is carried over. */
  private _kept: { zoom: Range; axis: XAxis } | null = null;
  private _frame = 0;
  private _dragging = false;
  private _size = { width: 0, height: 0 };
  private readonly _observer: ResizeObserver;

  constructor(
    private readonly _host: HTMLElement,
    private readonly _group: string,
    private _look: ILook
  ) {
    plots.add(this);
    this._observer = new ResizeObserver(() => this._resize());
    this._observer.observe(_host);
  }

  /** Show these lines; a line with a known key keeps what was derived from it. */
  setLines(lines: readonly ILine[]): void {
    const known = new Map(this._traces.map(trace => [trace.line.key, trace]));
    this._traces = lines.map(line => {
      const trace = known.get(line.key);
      const same = trace && KEPT.every(part => trace.line[part] === line[part]);
      return same ? trace : new Trace(line);
    });
    this._carry();
    this.redraw();
  }

  /** Show exact points instead of a line's own, by key, while zoomed. */
  setExact(exact: ReadonlyMap<string, Series>): void {
    this._exact = exact;
    this.redraw();
  }

  setLook(look: ILook): void {
    const { logY, xAxis } = this._look;
    const rebuild =
      look.logY !== logY || (look.xAxis !== xAxis && [look.xAxis, xAxis].includes('wall'));
    if (look.xAxis !== xAxis) {
      this._kept = this.zoom ? { zoom: this.zoom, axis: xAxis } : this._kept;
      this.zoom = null;
      this._exact = new Map();
      this.zoomed.emit(null);
    }
    this._look = look;
    this._carry();
    if (rebuild) {
      this._destroy();
      this._create();
    }
    this.redraw();
  }

  /** Show a window of x; for null everything, in all charts of the group, as a drag zooms them all. */
  setZoom(zoom: Range | null): void {
    const peers = zoom === null ? plots : [this];
    for (const plot of peers) {
      if (plot._group === this._group && (plot === this || plot.zoom !== null)) {
        plot.zoom = zoom;
        plot._kept = null;
        plot._exact = new Map();
        plot.redraw();
        plot.zoomed.emit(zoom);
      }
    }
  }

  /** Draw in the next frame, however often it is asked for until then. */
  redraw(): void {
    if (!this._frame) {
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        this._draw();
      });
    }
  }

  dispose(): void {
    plots.delete(this);
    cancelAnimationFrame(this._frame);
    this._observer.disconnect();
    this._destroy();
  }

  /** Zoom to the same stretch as on the last axis, as soon as it is known where that lies on this one. */
  private _carry(): void {
    const { zoom, axis } = this._kept ?? {};
    const carry = zoom && carried(this._visible(), zoom, axis!, this._look.xAxis);
    if (carry) {
      this._kept = null;
      this.zoom = carry;
      this.zoomed.emit(carry);
    }
  }

  private _visible(): Trace[] {
    return this._traces.filter(trace => !this._look.hidden.has(trace.line.key));
  }

  private _draw(): void {
    if (!this._plot) {
      return;
    }
    const { xAxis, smoothing } = this._look;
    const traces = this._visible();
    traces.forEach(trace => trace.update(xAxis, smoothing, this._exact.get(trace.line.key)));
    const x = this.zoom ?? xRange(traces);
    const y = yRange(traces, x, this._look.logY);
    this._plot.batch((plot: uPlot) => {
      plot.setScale('x', { min: x[0], max: x[1] });
      plot.setScale('y', { min: y[0], max: y[1] });
      plot.redraw(false, true);
    });
  }

  private _resize(): void {
    const { clientWidth: width, clientHeight: height } = this._host;
    if (width < 20 || height < 20) {
      return; // a hidden panel
    }
    this._size = { width, height };
    if (this._plot) {
      this._plot.setSize(this._size);
      this.redraw();
    } else {
      this._create();
      this._draw();
    }
  }

  private _create(): void {
    if (!this._size.width) {
      return;
    }
    // Before the first drawing there are no ends yet, and a log axis has no zero.
    const positive = (_: uPlot, min: number | null, max: number | null): Range => [
      min || 0.1,
      max || 1
    ];
    const linear = (_: uPlot, min: number | null, max: number | null): Range => [
      min ?? 0,
      max ?? 1
    ];
    const { logY } = this._look;
    const options: uPlot.Options = {
      ...this._size,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      scales: {
        x: { time: false, auto: false, range: linear },
        y: { auto: false, range: logY ? positive : linear, distr: logY ? 3 : 1 }
      },
      // One invisible series: uPlot wants data, the lines are drawn by us.
      series: [{}, { paths: () => null, points: { show: false } }],
      axes: axes(this._host, () => this._look.xAxis, this._look.xAxis === 'wall', logY),
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        sync: { key: this._group },
        bind: { dblclick: () => () => (this.setZoom(null), null) }
      },
      hooks: {
        drawClear: [plot => this._drawStages(plot)],
        draw: [plot => this._drawLines(plot)],
        setSelect: [plot => this._onSelect(plot)],
        setCursor: [plot => this._onCursor(plot)]
      }
    };
    this._plot = new uPlot(
      options,
      [
        [0.1, 1],
        [0.1, 1]
      ],
      this._host
    );
    this._plot.over.addEventListener('mousedown', () => (this._dragging = true));
    this._plot.over.addEventListener('mouseup', () => ((this._dragging = false), this.redraw()));
  }

  private _destroy(): void {
    this._plot?.destroy();
    this._plot = null;
  }

  /** Stages are those of the run under the pointer, or of the only one. */
  private _drawStages(plot: uPlot): void {
    const { highlight, stages } = this._look;
    const shown = this._visible();
    const one = shown.length === 1 ? shown[0] : shown.find(({ line }) => line.key === highlight);
    if (stages && one) {
      drawStages(plot, this._host, one.line, this._look.xAxis);
    }
  }

  private _drawLines(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const traces = this._visible();
    const { highlight, smoothing, logY, xAxis } = this._look;
    const ratio = devicePixelRatio;
    const thin = traces.length >= THIN_FROM || this._dragging;
    const { min = 0, max = 1 } = plot.scales.x as { min?: number; max?: number };
    const frame: IFrame = {
      left: bbox.left,
      width: bbox.width,
      min,
      max,
      log: logY,
      toY: value => plot.valToPos(value, 'y', true)
    };
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top - 2 * ratio, bbox.width + 2 * ratio, bbox.height + 4 * ratio);
    ctx.clip();
    const ordered = [...traces].sort(
      (a, b) => Number(a.line.key === highlight) - Number(b.line.key === highlight)
    );
    for (const trace of ordered) {
      const { key, color: index, live } = trace.line;
      const color = token(this._host, colorToken(index));
      const strong = key === highlight;
      const faded = highlight !== null && !strong && traces.length > 1;
      const width = strong ? 2 * ratio : thin ? 1 : 1.5 * ratio;
      const pattern = dash(index).map(length => length * ratio);
      if (smoothing > 0) {
        drawLine(ctx, trace.x, trace.raw, frame, {
          color,
          width: thin ? 1 : ratio,
          alpha: faded ? 0.08 : 0.25,
          dash: []
        });
      }
      drawLine(ctx, trace.x, trace.y, frame, {
        color,
        width,
        alpha: faded ? 0.25 : 1,
        dash: pattern
      });
      const end = trace.x.length - 1;
      if (live && metricOf(xAxis) === null && Number.isFinite(trace.y[end])) {
        drawDot(ctx, plot.valToPos(trace.x[end], 'x', true), frame.toY(trace.y[end]), 2.5 * ratio);
      }
    }
    ctx.restore();
  }

  private _onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width > 3) {
      const zoom: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      this.setZoom(zoom);
    }
  }

  private _onCursor(plot: uPlot): void {
    const { left, top, event } = plot.cursor;
    if (left === undefined || left < 0) {
      this.hovered.emit(null);
      return;
    }
    const x = plot.posToVal(left, 'x');
    // A line that ended before the pointer has no value there, except for a few pixels.
    const reach = Math.max(
      plot.posToVal(12, 'x') - plot.posToVal(0, 'x'),
      spacing(this._visible())
    );
    const values = this._visible().flatMap(trace => {
      const at = nearest(trace.x, x);
      return at < 0 || Number.isNaN(trace.raw[at]) || Math.abs(trace.x[at] - x) > reach
        ? []
        : [{ line: trace.line, y: trace.raw[at], shown: trace.y[at] }];
    });
    const pointer = plot.posToVal(top ?? 0, 'y');
    values.sort((a, b) => Math.abs(a.shown - pointer) - Math.abs(b.shown - pointer));
    const here =
      event && plot.over === event.target
        ? { left, top: top ?? 0, width: plot.over.clientWidth }
        : null;
    const [first] = this._visible();
    const at = first ? nearest(first.x, x) : -1;
    this.hovered.emit({ x: at >= 0 && values.length === 1 ? first.x[at] : x, at: here, values });
  }
}
