/**
 * Numbers, durations and times as a person reads them.
 */

/** A number in four significant digits; an exponent only where it is shorter than zeros. */
export function number(value: unknown): string {
  if (typeof value !== 'number') {
    return value === null || value === undefined ? '–' : String(value);
  }
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return minus(trimExponent(value.toExponential(3)));
  }
  if (Number.isInteger(value)) {
    return minus(value.toLocaleString('en-US'));
  }
  const digits = Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(size))));
  const text = value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return minus(text);
}

/** A whole number with thousands separated. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A tick on an axis: short, so 1,200,000 is "1.2M"; the unit is that of `size`, the largest number beside it. */
export function tick(value: number, size = Math.abs(value)): string {
  if (size >= 1e4 && size < 1e15) {
    const power = Math.min(4, Math.floor(Math.log10(size) / 3 + 1e-9));
    return minus(
      `${Number((value / 1000 ** power).toPrecision(10))}${value ? ' kMGT'[power] : ''}`.trim()
    );
  }
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) {
    return minus(trimExponent(Number(value.toPrecision(10)).toExponential()));
  }
  return minus(String(Number(value.toPrecision(10))));
}

/** Seconds as "2 m 14 s", with the two largest units. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) {
    return '–';
  }
  if (seconds < 10) {
    return `${Number(seconds.toFixed(1))} s`;
  }
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's']
  ];
  const first = units.findIndex(([amount]) => amount > 0);
  return units
    .slice(first, first + 2)
    .filter(([amount], i) => i === 0 || amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** A moment as "just now", "5 m ago", "3 d ago", then the date. */
export function ago(seconds: number | null | undefined, now = Date.now() / 1000): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  const age = now - seconds;
  if (age < 45) {
    return 'just now';
  }
  if (age < 3600) {
    return `${Math.max(1, Math.round(age / 60))} m ago`;
  }
  if (age < 86400) {
    return `${Math.round(age / 3600)} h ago`;
  }
  return age < 30 * 86400 ? `${Math.round(age / 86400)} d ago` : moment(seconds).slice(0, 10);
}

/** A moment in local time, "2026-11-21 01:48:02". */
export function moment(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  const date = new Date(seconds * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Any logged value in one line. */
export function value(any: unknown): string {
  if (typeof any === 'number') {
    return number(any);
  }
  if (any !== null && typeof any === 'object') {
    return JSON.stringify(any);
  }
  return any === null || any === undefined ? '–' : String(any);
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

function minus(text: string): string {
  return text.replace('-', '−').replace('e-', 'e−');
}

/** Bytes as "3.2 MB". */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) {
    return '–';
  }
  const power = Math.min(5, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const short = size / 1000 ** power;
  return `${Number(short.toPrecision(power ? 3 : 15))} ${['B', 'kB', 'MB', 'GB', 'TB', 'PB'][power]}`;
}
