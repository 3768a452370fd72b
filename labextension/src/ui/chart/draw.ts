import { lowerBound } from '../series';

/** How one polyline is put on the canvas; all lengths in canvas pixels. */
export interface IStroke {
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
}

/** Where values land on the canvas. */
export interface IFrame {
  readonly left: number;
  readonly width: number;
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
  /** Maps a y value to a pixel. */
  readonly toY: (value: number) => number;
}

type Context2D = CanvasRenderingContext2D;

/** Draw y over x inside the frame. Gaps are left open, single points become dots, crowds become one bar a pixel. */
export function drawLine(
  context: Context2D,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  frame: IFrame,
  stroke: IStroke
): void {
  const from = Math.max(0, lowerBound(x, frame.min) - 1);
  const to = Math.min(x.length, lowerBound(x, frame.max) + 2);
  context.globalAlpha = stroke.alpha;
  context.strokeStyle = context.fillStyle = stroke.color;
  context.lineWidth = stroke.width;
  context.lineJoin = 'round';
  context.setLineDash([...stroke.dash]);
  context.beginPath();
  if (to - from > frame.width * 3) {
    traceColumns(context, x, y, from, to, frame);
  } else {
    tracePoints(context, x, y, from, to, frame, stroke.width);
  }
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawable(value: number, log: boolean): boolean {
  return Number.isFinite(value) && (!log || value > 0);
}

function tracePoints(
  context: Context2D,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  from: number,
  to: number,
  frame: IFrame,
  width: number
): void {
  const scale = frame.width / (frame.max - frame.min);
  const toX = (value: number): number => frame.left + (value - frame.min) * scale;
  const here = (i: number): boolean => i >= 0 && i < y.length && drawable(y[i], frame.log);
  for (let i = from; i < to; i++) {
    if (!here(i) || Number.isNaN(x[i])) {
      continue;
    }
    const px = toX(x[i]);
    const py = frame.toY(y[i]);
    if (here(i - 1) && i > from) {
      context.lineTo(px, py);
    } else {
      context.moveTo(px, py);
      if (!here(i + 1)) {
        drawDot(context, px, py, Math.max(1.5 * width, 2));
      }
    }
  }
}

/** Fill a dot without disturbing the path under construction. */
export function drawDot(context: Context2D, x: number, y: number, radius: number): void {
  const dot = new Path2D();
  dot.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill(dot);
}

/** One vertical bar from the smallest to the largest value of each pixel column. */
function traceColumns(
  context: Context2D,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  from: number,
  to: number,
  frame: IFrame
): void {
  const scale = frame.width / (frame.max - frame.min);
  let column = -1;
  let low = Infinity;
  let high = -Infinity;
  let last = NaN;
  let joined = false;
  const flush = (): void => {
    if (low <= high) {
      const px = frame.left + column + 0.5;
      joined ? context.lineTo(px, frame.toY(high)) : context.moveTo(px, frame.toY(high));
      context.lineTo(px, frame.toY(low));
      context.lineTo(px, frame.toY(last));
      joined = true;
    }
    low = Infinity;
    high = -Infinity;
  };
  for (let i = from; i < to; i++) {
    const at = Math.floor((x[i] - frame.min) * scale);
    if (at !== column) {
      flush();
      column = at;
    }
    if (drawable(y[i], frame.log)) {
      low = Math.min(low, y[i]);
      high = Math.max(high, y[i]);
      last = y[i];
    } else {
      flush();
      joined = false;
    }
  }
  flush();
}
