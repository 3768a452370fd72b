/**
 * Every word on the screen goes through `t`, so that a host with translations can bring its own.
 */
type Translate = (text: string, ...args: (string | number)[]) => string;

const plain: Translate = (text, ...args) =>
  text.replace(/%(\d)/g, (_, digit: string) => String(args[Number(digit) - 1] ?? ''));

let translate: Translate = plain;

/** Use the host's translations from now on. */
export function setTranslator(translator: Translate): void {
  translate = translator;
}

/** Return a whole sentence in the reader's language; `%1` is the first argument. */
export function t(text: string, ...args: (string | number)[]): string {
  return translate(text, ...args);
}
