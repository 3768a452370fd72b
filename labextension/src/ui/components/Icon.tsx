import type { JSX } from 'preact';

/** Small line icons, drawn for a 16 × 16 field. */
const PATHS = {
  running: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  idle: 'M6 4.5v7M10 4.5v7',
  finished: 'M3.5 8.5l3 3 6-7',
  failed: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  interrupted: 'M5 5h6v6H5z',
  lost: 'M8 4v5M8 11.5v.5',
  unknown: 'M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M8 11.8v.2',
  stale: 'M8 4.5V8l2.5 1.5',
  reset: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.8v2.5h2.5',
  grow: 'M9.5 3H13v3.5M6.5 13H3V9.5M13 3L9 7M3 13l4-4',
  shrink: 'M9 3.5V7h3.5M7 12.5V9H3.5M9 7l4-4M7 9l-4 4',
  chevron: 'M6 4l4 4-4 4',
  back: 'M10 3.5L5.5 8l4.5 4.5',
  search: 'M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M10.2 10.2l3 3',
  close: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.8v2.5h-2.5',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  columns: 'M3 3.5h10v9H3zM6.3 3.5v9M9.7 3.5v9',
  sun: 'M8 5.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z',
  system: 'M2.5 3.5h11v7h-11zM6 13h4M8 10.5V13',
  box: 'M2.5 5L8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5L8 7.5 13.5 5M8 7.5v6',
  facets: 'M2.5 4h11M4.5 8h7M6.5 12h3',
  down: 'M8 3v9M4.5 8.5L8 12l3.5-3.5',
  up: 'M8 13V4M4.5 7.5L8 4l3.5 3.5',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4'
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra = '' }: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={`rn-icon ${extra}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
