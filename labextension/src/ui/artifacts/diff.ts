import type { IFile } from '../../transport/artifacts';
import { flatten } from '../object';

/** One file or one value that two versions do not share. */
export interface IDifference<T> {
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before?: T;
  readonly after?: T;
}

/** Return what differs between the files of two versions, by path. */
export function diffFiles(before: readonly IFile[], after: readonly IFile[]): IDifference<IFile>[] {
  const byPath = (files: readonly IFile[]): Map<string, IFile> =>
    new Map(files.map(file => [file.path, file]));
  return differences(byPath(before), byPath(after), (a, b) => a.digest === b.digest);
}

/** Return what differs between two objects, nested ones by dotted names. */
export function diffValues(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>
): IDifference<unknown>[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return differences(flatten(before), flatten(after), same);
}

function differences<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  same: (a: T, b: T) => boolean
): IDifference<T>[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): IDifference<T>[] => {
    if (!before.has(name)) {
      return [{ name, kind: 'added', after: after.get(name) }];
    }
    if (!after.has(name)) {
      return [{ name, kind: 'removed', before: before.get(name) }];
    }
    const pair = { before: before.get(name)!, after: after.get(name)! };
    return same(pair.before, pair.after) ? [] : [{ name, kind: 'changed', ...pair }];
  });
}
