/**
 * Log lines with ANSI colours: SGR is understood, every other escape is dropped, nothing is ever markup.
 */

/** A stretch of text in one style; `className` holds only names of ours. */
export interface ISpan {
  readonly text: string;
  readonly className: string;
}

// An escape sequence: CSI … final byte, OSC … BEL or ST, or a two-byte escape.
const ESCAPE =
  /\x1b(?:\[([0-?]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|\x9b([0-?]*)([ -/]*[@-~])/g;
// What is left of control characters, tab excepted.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

interface IStyle {
  color: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const NONE: IStyle = { color: '', bold: false, dim: false, italic: false, underline: false };

/** Split a line into styled stretches. What a progress bar wrote over (`\r`) is dropped. */
export function parse(line: string): ISpan[] {
  const shown = line.replace(/\r+$/, '');
  const text = shown.slice(shown.lastIndexOf('\r') + 1);
  const spans: ISpan[] = [];
  let style = NONE;
  let at = 0;
  const push = (part: string): void => {
    const clean = part.replace(CONTROL, '');
    if (clean) {
      spans.push({ text: clean, className: classOf(style) });
    }
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const parameters = match[1] ?? match[3] ?? '';
    if ((match[2] ?? match[4]) === 'm' && /^[\d;:]*$/.test(parameters)) {
      style = apply(style, parameters);
    }
  }
  push(text.slice(at));
  return spans;
}

function apply(style: IStyle, parameters: string): IStyle {
  const codes = parameters.split(/[;:]/).map(code => Number(code || 0));
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) {
      next = { ...NONE };
    } else if (code === 1 || code === 2) {
      next[code === 1 ? 'bold' : 'dim'] = true;
    } else if (code === 22) {
      next.bold = next.dim = false;
    } else if (code === 3 || code === 23) {
      next.italic = code === 3;
    } else if (code === 4 || code === 24) {
      next.underline = code === 4;
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      next.color = `rn-sgr-${code >= 90 ? code - 82 : code - 30}`;
    } else if (code === 39) {
      next.color = '';
    } else if (code === 38 || code === 48) {
      const [color, used] = extended(codes, i + 1);
      next.color = code === 38 ? color : next.color;
      i += used;
    }
  }
  return next;
}

/** Read `5;n` or `2;r;g;b`; only the sixteen named colours are kept. */
function extended(codes: readonly number[], at: number): [string, number] {
  if (codes[at] === 5) {
    return [codes[at + 1] < 16 ? `rn-sgr-${codes[at + 1]}` : '', 2];
  }
  return ['', codes[at] === 2 ? 4 : 0];
}

function classOf(style: IStyle): string {
  const flags = ['bold', 'dim', 'italic', 'underline'] as const;
  return [style.color, ...flags.filter(flag => style[flag]).map(flag => `rn-sgr-${flag}`)]
    .filter(Boolean)
    .join(' ');
}
