/** How many colours there are before dashes begin. */
export const COLORS = 10;

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3]];

/** Read a token of ours at the element, in the form the canvas takes. */
export function token(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** The CSS variable of the n-th curve's colour. */
export function colorToken(index: number): string {
  return `--rn-c${index % COLORS}`;
}

/** The same as a CSS value. */
export function colorValue(index: number): string {
  return `var(${colorToken(index)})`;
}

/** The dash of the n-th curve in CSS pixels; solid for the first ten. */
export function dash(index: number): readonly number[] {
  return DASHES[Math.floor(index / COLORS) % DASHES.length];
}
