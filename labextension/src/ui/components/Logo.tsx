import type { JSX } from 'preact';

/** The mark: a head that comes down as a good loss does, and a horn. */
export function Logo(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M21.5 1.6 13 7.3l3.7 3.7z" fill="var(--rn-c1)" />
      <path
        d="M12 8.6c-1.5-.1-3 .3-4.3 1.1C4.7 11.5 3 15 3 19.2V21h2.2c3-.4 4.6-2 5.9-3.7.9-1.1 1.6-1.6 2.5-1.6.8 0 1.5.5 2.3 1.6l1.800-1.2c-.1-1.7-.7-3-1.9-4.2z"
        fill="currentColor"
      />
    </svg>
  );
}
