/**
 * Charts, their grid and toolbar; the few rules that uPlot's own elements need stand at the end. Four charts are two
 * rows of two where four in a row find no room: the factor 999 makes a switch of a difference in width.
 */
export const chart = `
.rn-charts { margin-top: 8px; }
.rn-toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 8px 0; }
.rn-control { display: inline-flex; align-items: center; gap: 8px; font-size: 12px; color: var(--rn-muted); }
.rn-control input { width: 104px; }
.rn-root select { font: inherit; height: 24px; padding: 0 4px; border: 1px solid var(--rn-line); border-radius: 4px; background: var(--rn-bg); color: var(--rn-text); max-width: 180px; }
.rn-root .rn-lacking { font-size: 12px; padding-bottom: 8px; }
.rn-smoothing { width: 4ch; color: var(--rn-text); }
.rn-switches { display: flex; flex-wrap: wrap; gap: 4px; }
.rn-switches .rn-toggle[aria-pressed='false'] { text-decoration: line-through; opacity: 0.75; }
.rn-legend { display: flex; flex-wrap: wrap; gap: 2px 4px; padding: 0 0 8px; max-height: 84px; overflow-y: auto; }
.rn-root .rn-legend-item { display: inline-flex; align-items: center; gap: 6px; font-size: 12px; line-height: 22px; padding: 0 8px 0 6px; border-radius: 4px; max-width: 260px; }
.rn-legend-item span { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.rn-root .rn-legend-item:hover { background: var(--rn-hover); }
.rn-root .rn-legend-item[aria-pressed='false'] { color: var(--rn-muted); text-decoration: line-through; }
.rn-legend-item[aria-pressed='false'] .rn-swatch { opacity: 0.3; }
.rn-grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 12px; }
.rn-grid:has(> :nth-child(4):last-child) { grid-template-columns: repeat(auto-fit, minmax(max(min(100%, 300px), min(34%, (1236px - 100%) * 999)), 1fr)); }
.rn-root .rn-chart { position: relative; border: 1px solid var(--rn-line); border-radius: 8px; padding: 4px 8px; min-width: 0; max-width: 720px; background: var(--rn-bg); }
.rn-root .rn-wide { grid-column: 1 / -1; max-width: none; }
.rn-chart-head { display: flex; align-items: center; gap: 4px; height: 24px; }
.rn-chart-name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 0 1 auto; }
.rn-chart-value { white-space: nowrap; padding-left: 4px; }
.rn-chart-value :first-child { padding-right: 4px; }
.rn-root .rn-quiet { opacity: 0; }
.rn-chart:hover .rn-quiet, .rn-branch:hover .rn-quiet, .rn-root .rn-quiet:focus-visible { opacity: 1; }
.rn-plot { position: relative; height: 184px; }
.rn-wide .rn-plot { height: 360px; }
.rn-plot-empty { position: absolute; inset: 0; display: grid; place-items: center; color: var(--rn-muted); pointer-events: none; }
.rn-chart-note { font-size: 11px; color: var(--rn-muted); overflow: hidden; white-space: nowrap; text-overflow: ellipsis; flex: 1 10 auto; min-width: 0; text-align: right; }
.rn-tooltip { position: absolute; top: 10px; z-index: 10; pointer-events: none; max-width: min(260px, 70%); padding: 6px 8px; border-radius: var(--rn-radius); background: var(--rn-bg); border: 1px solid var(--rn-line); box-shadow: var(--rn-shadow); font-size: 12px; line-height: 18px; }
.rn-tooltip-x { color: var(--rn-muted); font-size: 11px; }
.rn-tooltip-row { display: flex; align-items: center; gap: 6px; }
.rn-tooltip-row.rn-first { font-weight: 600; }
.rn-tooltip-row .rn-swatch { width: 8px; height: 8px; border-radius: 2px; }
.rn-tooltip-name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.uplot { position: absolute; inset: 0; line-height: 1.5; }
.uplot *, .uplot { box-sizing: border-box; }
.u-wrap { position: relative; user-select: none; }
.u-over, .u-under { position: absolute; }
.u-over { cursor: crosshair; }
.u-under { overflow: hidden; }
.uplot canvas { display: block; position: relative; width: 100%; height: 100%; }
.u-axis { position: absolute; }
.u-select { position: absolute; pointer-events: none; background: color-mix(in srgb, var(--rn-accent) 16%, transparent); border-inline: 1px solid var(--rn-accent); }
.u-select[style*='width: 0px'] { border: 0; }
.u-cursor-x { position: absolute; left: 0; top: 0; height: 100%; pointer-events: none; will-change: transform; border-right: 1px solid color-mix(in srgb, var(--rn-muted) 60%, transparent); }
.u-cursor-y, .u-cursor-x.u-off, .u-select.u-off, .u-axis.u-off { display: none; }
`;
