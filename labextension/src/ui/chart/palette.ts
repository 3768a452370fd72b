/** The colours of curves on a light page, in order; `runicorn_jupyter/display/palette.py` holds the same list. */
export const LIGHT: readonly string[] = [
  '#3b62d9',
  '#d2690e',
  '#218a55',
  '#c23f94',
  '#0e8299',
  '#7d55d4',
  '#c93c4c',
  '#857409',
  '#93593b',
  '#54647d'
];

/** The same on a dark page. */
export const DARK: readonly string[] = [
  '#86a6ff',
  '#ffa75a',
  '#5ccf93',
  '#f28ccb',
  '#4fcbe0',
  '#b7a0ff',
  '#ff8590',
  '#d8c755',
  '#d9a583',
  '#a7b4c8'
];

/** How many colours there are before dashes begin. */
const COLORS = LIGHT.length;

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3]];

/** Write a palette as declarations of the tokens that `colorToken` names. */
export function declared(colors: readonly string[]): string {
  return colors.map((color, i) => `${colorToken(i)}:${color}`).join(';');
}

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
