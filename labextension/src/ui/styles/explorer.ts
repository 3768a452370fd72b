/** The tree of projects, experiments and runs. */
export const explorer = `
.rn-explorer { display: flex; flex-direction: column; height: 100%; min-height: 0; padding: 8px 0 0; }
.rn-brief, .rn-tree .rn-calm { padding: 12px 16px !important; }
.rn-explorer .rn-filter { margin: 0 8px 8px; flex: none; }
.rn-tree { flex: 1; min-height: 0; overflow: auto; padding: 0 4px 8px; }
.rn-explorer footer { flex: none; font-size: 11px; padding: 6px 12px; border-top: 1px solid var(--rn-line); }
.rn-branch { display: flex; align-items: center; gap: 6px; padding-right: 8px; border-radius: 4px; height: 28px; }
.rn-branch:hover, .rn-root .rn-leaf:hover { background: var(--rn-hover); }
.rn-branch > .rn-muted { font-size: 12px; }
.rn-branch .rn-quiet { width: 20px; order: -0; }
.rn-root .rn-branch-name { display: flex; align-items: center; gap: 2px; flex: 1; min-width: 0; height: 100%; }
.rn-branch-name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-branch-name .rn-icon { color: var(--rn-muted); transition: transform 0.12s; }
.rn-open-icon { transform: rotate(90deg); }
.rn-level-0 { font-weight: 600; }
.rn-level-0 > .rn-muted { font-weight: 400; }
.rn-level-1 { padding-left: 12px; }
.rn-live-count { font-size: 11px; line-height: 16px; padding: 0 5px; border-radius: 8px; color: var(--rn-blue); background: color-mix(in srgb, var(--rn-blue) 14%, transparent); font-weight: 600; }
.rn-root .rn-leaf { display: flex; align-items: center; gap: 6px; width: 100%; height: 26px; padding: 0 8px 0 30px; border-radius: 4px; font-size: 12px; }
.rn-root .rn-leaf[aria-current='true'] { background: color-mix(in srgb, var(--rn-accent) 15%, transparent); }
.rn-leaf .rn-chip { padding: 0; width: 16px; height: 16px; justify-content: center; border-radius: 8px; }
.rn-leaf .rn-chip .rn-icon { width: 12px; height: 12px; }
.rn-leaf-best { color: var(--rn-muted); }
.rn-leaf-age { color: var(--rn-muted); min-width: 58px; text-align: right; }
.rn-leaf-name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-root .rn-leaf-more { padding: 4px 8px 4px 52px; font-size: 12px; }
.rn-side { height: 100%; overflow: hidden; display: flex; flex-direction: column; }
.rn-side > :first-child { flex: 1; min-height: 0; }
.rn-panel { height: 100%; overflow: auto; padding: 12px 20px 32px; background: var(--rn-bg); }
`;
