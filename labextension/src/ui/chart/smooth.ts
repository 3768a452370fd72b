/**
 * Return the debiased exponential moving average of `y`; a gap stays a gap and does not move the average.
 *
 * `weight` is in 0..1, where 0 is no smoothing. Dividing by 1 − weight^n lets the curve start at its first value.
 */
export function smooth(y: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(y.length);
  let average = 0;
  let bias = 1;
  for (let i = 0; i < y.length; i++) {
    if (Number.isFinite(y[i])) {
      average = average * weight + (1 - weight) * y[i];
      bias *= weight;
      out[i] = average / (1 - bias);
    } else {
      out[i] = NaN;
    }
  }
  return out;
}
