/** Type, buttons and what every component shares. */
export const base = `
.rn-root, .rn-root *, .rn-root *::before, .rn-root *::after { box-sizing: border-box; }
.rn-root {
  font: 13px/1.45 var(--rn-font);
  color: var(--rn-text);
  background: transparent;
  text-align: left;
  -webkit-font-smoothing: antialiased;
  width: 100%;
  height: 100%;
}
.rn-app { padding: 8px 2px; }
.rn-root h2, .rn-root h3, .rn-root p, .rn-root dl, .rn-root dd, .rn-root figure, .rn-root pre { margin: 0; padding: 0; }
.rn-root h2 { font-size: 16px; font-weight: 600; line-height: 24px; letter-spacing: -0.005em; }
.rn-root h3 { font-size: 12px; font-weight: 600; line-height: 16px; color: var(--rn-muted); }
.rn-muted { color: var(--rn-muted); }
.rn-num { font-variant-numeric: tabular-nums; }
.rn-space { flex: 1; }
.rn-sr-only { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; }
.rn-root button, .rn-root summary, .rn-root input { font: inherit; color: inherit; }
.rn-root button { background: none; border: 0; padding: 0; margin: 0; cursor: pointer; text-align: inherit; }
.rn-root button:disabled { cursor: not-allowed; color: var(--rn-muted); opacity: 0.6; }
.rn-root :focus { outline: none; }
.rn-root :focus-visible { outline: 2px solid var(--rn-accent); outline-offset: 1px; border-radius: 4px; }
.rn-icon { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.rn-root .rn-icon-button { display: inline-flex; align-items: center; justify-content: center; width: 24px; height: 24px; border-radius: 4px; color: var(--rn-muted); flex: none; }
.rn-root .rn-icon-button:hover { background: var(--rn-hover); color: var(--rn-text); }
.rn-root .rn-link { color: var(--rn-accent); border-radius: 3px; }
.rn-root .rn-link:hover { text-decoration: underline; text-underline-offset: 2px; }
.rn-root .rn-button { border: 1px solid var(--rn-line); border-radius: var(--rn-radius); padding: 4px 12px; }
.rn-root .rn-button:hover { background: var(--rn-hover); }
.rn-root .rn-toggle { display: inline-flex; align-items: center; gap: 4px; height: 24px; padding: 0 8px; border-radius: 4px; border: 1px solid var(--rn-line); color: var(--rn-muted); font-size: 12px; white-space: nowrap; cursor: pointer; }
.rn-root .rn-toggle:hover { background: var(--rn-hover); color: var(--rn-text); }
.rn-root .rn-toggle[aria-pressed='true'] { color: var(--rn-text); background: var(--rn-hover); }
.rn-segments { display: inline-flex; border: 1px solid var(--rn-line); border-radius: 4px; height: 24px; padding: 1px; }
.rn-root .rn-segments button { padding: 0 8px; border-radius: 3px; font-size: 12px; line-height: 20px; color: var(--rn-muted); }
.rn-root .rn-segments button:hover:not(:disabled) { color: var(--rn-text); }
.rn-root .rn-segments button[aria-pressed='true'] { background: var(--rn-hover); color: var(--rn-text); }
.rn-chip { display: inline-flex; align-items: center; gap: 3px; height: 20px; font-size: 12px; line-height: 20px; padding: 0 7px 0 4px; border-radius: 10px; white-space: nowrap; color: var(--rn-chip); background: color-mix(in srgb, var(--rn-chip) 11%, transparent); }
.rn-chip .rn-icon { width: 14px; height: 14px; stroke-width: 1.8; }
.rn-state-running, .rn-state-idle { --rn-chip: var(--rn-blue); }
.rn-state-finished { --rn-chip: var(--rn-green); }
.rn-state-failed { --rn-chip: var(--rn-red); }
.rn-state-interrupted, .rn-state-stale, .rn-state-lost { --rn-chip: var(--rn-amber); }
.rn-state-unknown { --rn-chip: var(--rn-grey); }
.rn-state-running .rn-icon { animation: rn-turn 1.6s linear infinite; transform-origin: 50% 50%; }
@keyframes rn-turn { to { transform: rotate(360deg); } }
.rn-tag { font-size: 11px; line-height: 18px; padding: 0 6px; border: 1px solid var(--rn-line); border-radius: 9px; color: var(--rn-muted); }
.rn-swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; flex: none; }
.rn-note { display: flex; gap: 8px; padding: 8px 12px; margin: 0 0 12px; border-radius: var(--rn-radius); background: var(--rn-sunk); border: 1px solid var(--rn-line); color: var(--rn-text); }
.rn-note .rn-icon { margin-top: 1px; color: var(--rn-muted); }
.rn-note-warning .rn-icon { color: var(--rn-amber); }
.rn-calm { color: var(--rn-muted); padding: 16px 2px !important; }
.rn-empty { display: flex; flex-direction: column; align-items: center; gap: 8px; padding: 40px 16px; text-align: center; color: var(--rn-muted); }
.rn-empty h2 { color: var(--rn-text); }
.rn-empty p { max-width: 72ch; text-wrap: balance; }
.rn-root .rn-empty-icon { width: 24px; height: 24px; }
.rn-root .rn-code { font: 12px/1.6 var(--rn-mono); text-align: left; padding: 12px 16px; margin-top: 8px; max-width: 100%; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: var(--rn-radius); border: 1px solid var(--rn-line); background: var(--rn-sunk); color: var(--rn-text); user-select: all; }
.rn-loading { padding: 12px 4px; display: grid; gap: 12px; }
.rn-bone { height: 14px; border-radius: 4px; background: var(--rn-hover); animation: rn-breathe 1.6s ease-in-out infinite; }
@keyframes rn-breathe { 50% { opacity: 0.45; } }
.rn-filter { position: relative; display: flex; align-items: center; gap: 4px; height: 28px; padding: 0 2px 0 8px; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); color: var(--rn-muted); min-width: 0; }
.rn-filter:focus-within { border-color: var(--rn-accent); }
.rn-filter .rn-icon { width: 14px; height: 14px; }
.rn-query { position: relative; flex: 1; min-width: 0; }
.rn-under { position: absolute; inset: 0; overflow: hidden; white-space: pre; color: transparent; pointer-events: none; }
.rn-under u { text-decoration: underline wavy var(--rn-red) 1px; text-underline-offset: 2px; text-decoration-skip-ink: none; }
.rn-root .rn-fault, .rn-root .rn-names { position: absolute; left: -1px; top: calc(100% + 4px); z-index: 30; margin: 0; background: var(--rn-bg); border: 1px solid var(--rn-line); border-radius: var(--rn-radius); box-shadow: var(--rn-shadow); color: var(--rn-text); }
.rn-root .rn-fault { width: max-content; max-width: 100%; padding: 6px 10px; font-size: 12px; border-left: 3px solid var(--rn-red); }
.rn-root .rn-names { min-width: 200px; max-width: min(100%, 360px); padding: 4px; list-style: none; }
.rn-names li { display: flex; gap: 12px; justify-content: space-between; padding: 3px 8px; border-radius: 4px; cursor: pointer; }
.rn-names li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-names li[aria-selected='true'], .rn-names li:hover { background: var(--rn-hover); }
.rn-names li[aria-selected='true'] { box-shadow: inset 2px 0 var(--rn-accent); }
.rn-root .rn-filter input { position: relative; width: 100%; background: none; border: 0; outline: none; padding: 0; color: var(--rn-text); }
.rn-filter input::placeholder { color: var(--rn-muted); opacity: 1; }
.rn-root input[type='range'] { accent-color: var(--rn-accent); height: 16px; margin: 0; cursor: pointer; }
.rn-root input[type='checkbox'] { accent-color: var(--rn-accent); width: 14px; height: 14px; margin: 0; vertical-align: -2px; cursor: pointer; }
@media (prefers-reduced-motion: reduce) { .rn-root * { animation: none !important; } }
`;
