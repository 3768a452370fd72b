const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/;

/** The first second of a stretch of time and the one after its last; a point in time has both the same. */
export type Span = readonly [number, number];

/** Return what an ISO date or time means, in this machine's zone unless one is written; undefined when it is none. */
export function spanOf(text: string): Span | undefined {
  const found = ISO.exec(text);
  const [, year, month, day, hour, minute, second] = (found ?? []).map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const fits = year > 0 && month > 0 && month < 13 && day > 0 && day <= last;
  if (!found || !fits || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  if (!found[4]) {
    return [local(year, month, day), local(year, month, day + 1)];
  }
  const seconds = second || 0;
  const from = found[7]
    ? Date.parse(`${text.slice(0, 10)}T${text.slice(11, 16)}${found[7]}`) / 1000 + seconds
    : local(year, month, day, hour, minute, seconds);
  return [from, from + (found[6] ? 1 : 60)];
}

/** Return the day that `now` falls on, moved by `shift` seconds. */
export function today(now: number, shift: number): Span {
  const date = new Date(now * 1000);
  const day = (more: number): number =>
    local(date.getFullYear(), date.getMonth() + 1, date.getDate() + more) + shift;
  return [day(0), day(1)];
}

function local(year: number, month: number, ...rest: number[]): number {
  return (
    new Date(year, month - 1, rest[0], rest[1] ?? 0, rest[2] ?? 0, rest[3] ?? 0).getTime() / 1000
  );
}
