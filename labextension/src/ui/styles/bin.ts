/** The recycle bin, its questions and the line that says what was done. */
export const bin = `
.rn-dialog { width: min(440px, calc(100vw - 32px)); padding: 0; border: 1px solid var(--rn-line); border-radius: 10px; background: var(--rn-bg); color: var(--rn-text); box-shadow: var(--rn-shadow); font: 13px/1.5 var(--rn-font); }
.rn-dialog::backdrop { background: rgb(0 0 0 / 0.45); }
.rn-dialog form { display: grid; gap: 12px; padding: 20px; }
.rn-dialog ul { margin: 0; padding: 8px 12px; list-style: none; max-height: 220px; overflow: auto; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-sunk); }
.rn-dialog li { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-dialog label { display: flex; gap: 8px; align-items: baseline; }
.rn-dialog footer { display: flex; justify-content: flex-end; gap: 8px; padding-top: 4px; }
.rn-root .rn-danger:not(:disabled) { background: var(--rn-red); border-color: var(--rn-red); color: #fff; }
.rn-root[data-theme='dark'] .rn-danger:not(:disabled) { color: #14171d; }
.rn-root .rn-danger:not(:disabled):hover { filter: brightness(1.08); background: var(--rn-red); }
.rn-root .rn-typed input { flex: 1; min-width: 0; padding: 3px 8px; border: 1px solid var(--rn-line); border-radius: 4px; background: var(--rn-bg); }
.rn-toast { position: fixed; left: 50%; bottom: 20px; transform: translateX(-50%); z-index: 40; display: flex; align-items: center; gap: 12px; max-width: min(640px, calc(100% - 32px)); padding: 8px 8px 8px 16px; border: 1px solid var(--rn-line); border-radius: 8px; background: var(--rn-bg); box-shadow: var(--rn-shadow); }
.rn-toast .rn-link { font-weight: 600; }
.rn-toast p { font-size: 12px; overflow-wrap: anywhere; }
.rn-root .rn-bin-scroll { max-height: none; }
.rn-bin h2 { margin-right: 4px; }
.rn-explorer footer { display: flex; align-items: center; gap: 6px; }
.rn-explorer footer .rn-icon-button { margin: -4px -6px -4px 0; }
.rn-root a.rn-icon-button[aria-current='page'] { background: var(--rn-hover); color: var(--rn-text); }
`;
