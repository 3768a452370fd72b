/** What a file looks like on the screen. */
export type Preview =
  | { readonly kind: 'image'; readonly type: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly cut: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'none' };

/** Bytes read of a text or a table. */
export const HEAD = 256 * 1024;
/** The largest picture that is shown. */
export const LARGEST_IMAGE = 10 * 1024 * 1024;
/** Rows and columns shown of a table. */
const ROWS = 200;
const COLUMNS = 50;

const IMAGES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  svg: 'image/svg+xml'
};

/** Return the media type of a picture by its name, null when it is none. */
export function imageType(path: string): string | null {
  return IMAGES[extension(path)] ?? null;
}

/** Return what the first bytes of a file can be shown as; `size` is that of the whole file. */
export function preview(path: string, head: Uint8Array, size: number): Preview {
  const text = decoded(head, size > head.length);
  if (text === null) {
    return { kind: 'none' };
  }
  const cut = size > head.length;
  const kind = extension(path);
  const rows =
    kind === 'csv' || kind === 'tsv'
      ? separated(text, kind === 'csv' ? ',' : '\t')
      : kind === 'jsonl' || kind === 'ndjson'
        ? objects(text)
        : null;
  return rows && rows.length > 1
    ? { kind: 'table', rows: rows.slice(0, ROWS + 1), cut: cut || rows.length > ROWS + 1 }
    : { kind: 'text', text, cut };
}

function extension(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1].toLowerCase() ?? '';
}

/** Return bytes as text, null when they are none; a character that the end cuts is left out. */
function decoded(bytes: Uint8Array, cut: boolean): string | null {
  if (bytes.includes(0)) {
    return null;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return null;
  }
}

/** Read separated values; quoted ones may hold separators, quotes and line ends. */
function separated(text: string, mark: string): string[][] {
  const rows: string[][] = [];
  const stop = mark === ',' ? /[,\r\n]/g : /[\t\r\n]/g;
  let row: string[] = [];
  let at = 0;
  while (at < text.length && rows.length <= ROWS + 1) {
    let value = '';
    if (text[at] === '"') {
      const [inner, end] = quoted(text, at + 1);
      value = inner;
      at = end;
    } else {
      stop.lastIndex = at;
      const end = stop.exec(text)?.index ?? text.length;
      value = text.slice(at, end);
      at = end;
    }
    row.push(value);
    if (text[at] !== mark) {
      rows.push(row.slice(0, COLUMNS));
      row = [];
      at += text.startsWith('\r\n', at) ? 1 : 0;
    }
    at += 1;
  }
  return rows;
}

function quoted(text: string, from: number): [string, number] {
  let value = '';
  for (let at = from; at < text.length; at++) {
    if (text[at] !== '"') {
      value += text[at];
    } else if (text[at + 1] === '"') {
      value += '"';
      at += 1;
    } else {
      return [value, at + 1];
    }
  }
  return [value, text.length];
}

/** Read one JSON object a line; a line that is none ends the reading. */
function objects(text: string): string[][] | null {
  const found: Record<string, unknown>[] = [];
  for (const line of text.split('\n').slice(0, ROWS + 2)) {
    try {
      const value: unknown = JSON.parse(line);
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        return null;
      }
      found.push(value as Record<string, unknown>);
    } catch {
      break;
    }
  }
  const names = [...new Set(found.flatMap(Object.keys))].slice(0, COLUMNS);
  const word = (value: unknown): string =>
    typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  return found.length
    ? [
        names,
        ...found.map(item =>
          names.map(name => word(Object.getOwnPropertyDescriptor(item, name)?.value))
        )
      ]
    : null;
}
