/**
 * Reading objects whose keys a user chose: `__proto__` and `constructor` are names like any other.
 */

/** Return the own value at `key`, or undefined. */
export function own<T>(
  object: Readonly<Record<string, T>> | null | undefined,
  key: string
): T | undefined {
  return object && Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

/** Return the own entries; nothing for null, undefined and what is no object. */
export function entries<T>(object: Readonly<Record<string, T>> | null | undefined): [string, T][] {
  return object && typeof object === 'object' ? Object.entries(object) : [];
}

/** Flatten nested plain objects to dotted names; arrays stay values. */
export function flatten(
  object: Readonly<Record<string, unknown>> | null | undefined
): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  const visit = (value: Readonly<Record<string, unknown>>, prefix: string, depth: number): void => {
    for (const [key, inner] of Object.entries(value)) {
      const name = prefix ? `${prefix}.${key}` : key;
      const nested = inner !== null && typeof inner === 'object' && !Array.isArray(inner);
      if (nested && depth < 6 && Object.keys(inner).length > 0) {
        visit(inner as Record<string, unknown>, name, depth + 1);
      } else {
        flat.set(name, inner);
      }
    }
  };
  if (object && typeof object === 'object') {
    visit(object, '', 0);
  }
  return flat;
}
