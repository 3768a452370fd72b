/** The search above a log. */
export const logsearch = `
.rn-log-search { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding-bottom: 8px; font-size: 12px; }
.rn-log-search .rn-filter { width: 260px; height: 26px; }
.rn-log-search .rn-filter input::-webkit-search-cancel-button { cursor: pointer; }
.rn-log-search .rn-toggle { font-family: var(--rn-mono); }
.rn-root .rn-log-search a.rn-link { text-decoration: none; }
.rn-log-found { position: relative; max-height: 420px; }
.rn-log-hit { background: color-mix(in srgb, var(--rn-amber) 10%, transparent); border-radius: 3px; }
.rn-log-hit[aria-current] { background: color-mix(in srgb, var(--rn-amber) 24%, transparent); }
.rn-log-hit mark { color: inherit; background: color-mix(in srgb, var(--rn-amber) 42%, transparent); border-radius: 2px; }
`;
