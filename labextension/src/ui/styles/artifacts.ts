/** Artifacts: their list, their versions, files, differences and lineage. */
export const artifacts = `
.rn-root a.rn-link:not(:hover) { text-decoration: none; }
.rn-artifacts .rn-tools .rn-filter { max-width: 360px; }
.rn-tags { display: inline-flex; flex-wrap: wrap; gap: 4px; }
.rn-root .rn-more { padding: 8px 12px; }
.rn-artifact-parts { display: grid; grid-template-columns: 208px minmax(0, 1fr); gap: 24px; align-items: start; padding-top: 12px; }
.rn-versions { display: grid; gap: 2px; max-height: 75vh; overflow: auto; padding: 2px; }
.rn-root .rn-versions button { display: grid; gap: 2px; padding: 6px 10px; border-radius: 6px; }
.rn-root .rn-versions button:hover { background: var(--rn-hover); }
.rn-root .rn-versions button[aria-current] { background: color-mix(in srgb, var(--rn-accent) 13%, transparent); }
.rn-version { min-height: 340px; }
.rn-version-name { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; }
.rn-versions small { font-size: 11px; }
.rn-deleted { text-decoration: line-through; color: var(--rn-muted); }
.rn-version > .rn-figures { padding-top: 0 !important; padding-bottom: 12px !important; }
.rn-version .rn-notes { padding-bottom: 12px !important; }
.rn-version .rn-toolbar { padding: 12px 0; }
.rn-root .rn-files td:first-child { width: 100%; max-width: 0; }
.rn-root .rn-file { display: flex; align-items: center; gap: 4px; max-width: 100%; }
.rn-file span { overflow: hidden; text-overflow: ellipsis; }
.rn-file .rn-icon { width: 14px; height: 14px; color: var(--rn-muted); }
.rn-open-icon { transform: rotate(90deg); }
.rn-root .rn-table .rn-file-open > td { height: auto; padding: 8px 12px 12px; white-space: normal; background: var(--rn-sunk); max-width: 0; }
.rn-file-open pre { font: 12px/1.55 var(--rn-mono); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 420px; overflow: auto; }
.rn-file-open p { padding-top: 8px !important; font-size: 12px; }
.rn-file-table { max-height: 420px; overflow: auto; border: 1px solid var(--rn-line); border-radius: 6px; background: var(--rn-bg); }
.rn-root .rn-file-table .rn-table td, .rn-root .rn-file-table .rn-table th { height: 26px; font-size: 12px; width: auto; max-width: 280px; }
.rn-file-image { max-width: 100%; max-height: 420px; display: block; border-radius: 4px; }
.rn-diff { padding-top: 12px; }
.rn-root .rn-diff ul { list-style: none; margin: 4px 0 0; padding: 0; }
.rn-diff li { display: flex; align-items: baseline; gap: 8px; padding: 3px 8px; border-radius: 4px; }
.rn-diff li:hover { background: var(--rn-hover); }
.rn-diff b { width: 1ch; font-family: var(--rn-mono); }
.rn-diff-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 0 1 auto; }
.rn-diff-added b { color: var(--rn-green); }
.rn-diff-removed b { color: var(--rn-red); }
.rn-diff-changed b { color: var(--rn-amber); }
.rn-diff-removed .rn-diff-name { text-decoration: line-through; color: var(--rn-muted); }
.rn-lineage { overflow: auto; max-height: 70vh; border: 1px solid var(--rn-line); border-radius: 8px; background: var(--rn-sunk); padding: 8px; }
.rn-lineage svg { display: block; }
.rn-edge path { fill: none; stroke: var(--rn-muted); stroke-opacity: 0.55; stroke-width: 1.5; }
.rn-node { cursor: pointer; }
.rn-node rect { fill: var(--rn-bg); stroke: var(--rn-line); stroke-width: 1; }
.rn-node:hover rect { stroke: var(--rn-muted); }
.rn-node-root rect { stroke: var(--rn-accent); stroke-width: 2; }
.rn-root .rn-node:focus-visible { outline: none; }
.rn-node:focus-visible rect { stroke: var(--rn-accent); stroke-width: 3; }
.rn-node text { font: 12px var(--rn-font); fill: var(--rn-text); pointer-events: none; }
.rn-node .rn-node-kind { font-size: 10px; fill: var(--rn-muted); }
.rn-root .rn-lineage-note { padding-top: 8px; font-size: 12px; }
.rn-run-artifacts { margin-top: 24px; }
.rn-root .rn-run-artifacts dl { display: flex; flex-wrap: wrap; gap: 4px 16px; padding-top: 6px; }
.rn-run-artifacts dt { width: 48px; font-size: 12px; }
.rn-run-artifacts dd { display: inline-flex; gap: 6px; align-items: baseline; }
.rn-run-artifacts dd span { font-size: 12px; }
.rn-root .rn-actions summary .rn-icon { width: 12px; height: 12px; transform: rotate(90deg); }
.rn-actions .rn-menu-body { width: max-content; min-width: 184px; padding: 4px; }
.rn-root .rn-actions .rn-menu-body button { padding: 5px 12px; border-radius: 4px; white-space: nowrap; }
.rn-root .rn-actions .rn-menu-body button:hover:not(:disabled) { background: var(--rn-hover); }
.rn-root .rn-actions hr { width: 100%; margin: 4px 0; border: 0; border-top: 1px solid var(--rn-line); }
.rn-verify { display: flex; gap: 8px; align-items: flex-start; padding: 8px 8px 8px 12px; margin-bottom: 12px; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-sunk); }
.rn-verify > .rn-icon { margin-top: 1px; }
.rn-verify > div { flex: 1; min-width: 0; }
.rn-verify > .rn-icon-button { margin: -3px 0; }
.rn-verify-ok > .rn-icon { color: var(--rn-green); }
.rn-verify-wrong > .rn-icon { color: var(--rn-red); }
.rn-verify-working > .rn-icon { color: var(--rn-blue); animation: rn-turn 1.6s linear infinite; }
.rn-verify progress { display: block; width: 100%; height: 6px; margin: 8px 0 4px; accent-color: var(--rn-accent); }
.rn-root .rn-verify ul { list-style: none; margin: 0; padding: 0; font-size: 12px; overflow-wrap: anywhere; }
.rn-root .rn-verify ul:not(:empty) { padding: 4px 0; }
.rn-root .rn-unchecked summary { cursor: pointer; color: var(--rn-muted); width: max-content; }
.rn-root .rn-primary:not(:disabled) { border-color: var(--rn-accent); color: var(--rn-accent); }
.rn-choices { display: grid; gap: 6px; }
.rn-root .rn-choices input { accent-color: var(--rn-accent); margin: 0; }
.rn-choices small { font-size: 12px; }
.rn-root .rn-alias { display: flex; align-items: center; justify-content: space-between; }
@media (max-width: 760px) { .rn-artifact-parts { grid-template-columns: minmax(0, 1fr); } }
`;
