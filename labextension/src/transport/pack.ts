import type { ICurve, IPacked, IPackedSeries, IRange } from '../ui/model';

/** The name of the only encoding there is. */
export const ENCODING = 'u16-delta-zlib-1';
const STEPS = 65534;
const GAP = 65535;

/** A decoded curve; `clock` marks the one that maps steps to seconds. */
export interface IUnpacked extends ICurve {
  readonly clock: boolean;
}

/** Decode the curves of a document; rejects with a sentence when the blob is not what it says. */
export async function unpack(packed: IPacked | undefined): Promise<IUnpacked[]> {
  if (!packed || packed.series.length === 0) {
    return [];
  }
  if (packed.encoding !== ENCODING) {
    throw new Error('This output was made by a newer version of runicorn-jupyter.');
  }
  const bytes = await pipe(fromBase64(packed.data), new DecompressionStream('deflate'));
  return decodePlanes(bytes, packed.series);
}

/** Encode curves the same way, for a page that has to keep the last picture itself. */
export async function pack(
  curves: readonly ICurve[],
  clocks: readonly ICurve[] = []
): Promise<IPacked> {
  const quantum = "1/65534 of each curve's range";
  const series: IPackedSeries[] = [];
  const words: number[] = [];
  for (const [list, clock] of [
    [curves, false],
    [clocks, true]
  ] as const) {
    for (const curve of list) {
      const { run, metric, total, exact } = curve;
      const x = regular(curve.x) ?? quantise(curve.x, words);
      const y = quantise(curve.y, words);
      series.push({ run, metric, n: curve.x.length, total, exact, ...(clock && { clock }), x, y });
    }
  }
  const planes = new Uint8Array(words.length * 2);
  words.forEach((word, i) => {
    planes[i] = word & 0xff;
    planes[words.length + i] = word >> 8;
  });
  const data = words.length ? toBase64(await pipe(planes, new CompressionStream('deflate'))) : '';
  return { encoding: ENCODING, data, quantum, series } as IPacked;
}

function decodePlanes(bytes: Uint8Array, described: readonly IPackedSeries[]): IUnpacked[] {
  const count = bytes.length >> 1;
  let at = 0;
  const read = (n: number, range: IRange): Float64Array => {
    if (at + n > count) {
      throw new Error('The curves in this output are cut short.');
    }
    const values = new Float64Array(n);
    const min = range.min ?? 0;
    const span = (range.max ?? 0) - min;
    let word = 0;
    for (let i = 0; i < n; i++, at++) {
      const zigzag = bytes[at] | (bytes[count + at] << 8);
      word = (word + ((zigzag >> 1) ^ -(zigzag & 1))) & 0xffff;
      values[i] = word === GAP ? NaN : min + (word / STEPS) * span;
    }
    return values;
  };
  return described.map(one => {
    const x = 'step' in one.x ? ramp(one.n, one.x.start, one.x.step) : read(one.n, one.x);
    const { run, metric, total, exact } = one;
    return { run, metric, total, exact, clock: one.clock === true, x, y: read(one.n, one.y) };
  });
}

function ramp(n: number, start: number, step: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => start + i * step);
}

function regular(x: ArrayLike<number>): { start: number; step: number } | null {
  const start = x.length > 0 ? x[0] : 0;
  const step = x.length > 1 ? x[1] - x[0] : 1;
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== start + i * step) {
      return null;
    }
  }
  return { start, step };
}

function quantise(values: ArrayLike<number>, words: number[]): IRange {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
  }
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    const share = max > min ? (values[i] - min) / (max - min) : 0;
    const word = Number.isFinite(values[i]) ? Math.round(share * STEPS) : GAP;
    const delta = ((word - before) << 16) >> 16;
    words.push(((delta << 1) ^ (delta >> 15)) & 0xffff);
    before = word;
  }
  return max >= min ? { min, max } : { min: null, max: null };
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: ReadableWritablePair<Uint8Array, BufferSource>
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}
