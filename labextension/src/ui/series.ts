import type { ICurve } from './model';

/**
 * The points of one curve in arrays that grow in place, so that appending costs only the new points.
 */
export class Series {
  total = 0;
  exact = true;
  /** Raised by every change; lets a drawing cache what it derived. */
  version = 0;
  private _x = new Float64Array(0);
  private _y = new Float64Array(0);
  private _length = 0;

  /** How many points are here. */
  get length(): number {
    return this._length;
  }

  /** The x of every point; valid until the next change. */
  get x(): Float64Array {
    return this._x.subarray(0, this._length);
  }

  /** The y of every point, NaN for a gap; valid until the next change. */
  get y(): Float64Array {
    return this._y.subarray(0, this._length);
  }

  /** Put points at index `from`, dropping what stood there and after; false when that would leave a hole. */
  write(from: number, x: ArrayLike<number>, y: ArrayLike<number>): boolean {
    if (from > this._length || x.length !== y.length) {
      return false;
    }
    this._reserve(from + x.length, from);
    this._x.set(x, from);
    this._y.set(y, from);
    this._length = from + x.length;
    this.version += 1;
    return true;
  }

  /** Replace everything by the points of a curve. */
  replace(curve: ICurve): void {
    this.write(0, curve.x, curve.y);
    this.total = curve.total;
    this.exact = curve.exact;
  }

  /** Return the index of the first point with x >= value. */
  indexOf(value: number): number {
    return lowerBound(this._x, value, this._length);
  }

  private _reserve(size: number, keep: number): void {
    if (size <= this._x.length) {
      return;
    }
    const capacity = Math.max(size, this._x.length * 2, 64);
    const grow = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(capacity);
      grown.set(old.subarray(0, keep));
      return grown;
    };
    this._x = grow(this._x);
    this._y = grow(this._y);
  }
}

/** Return the index of the first of `length` ascending values that is >= `value`. */
export function lowerBound(
  values: ArrayLike<number>,
  value: number,
  length = values.length
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
