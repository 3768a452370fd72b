/** The table of runs. A row is 33 px high: TableBody counts on it. */
export const table = `
.rn-tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding-bottom: 8px; }
.rn-tools .rn-filter { flex: 4 1 240px; max-width: 460px; }
.rn-count { font-size: 12px; }
.rn-table-box { border: 1px solid var(--rn-line); border-radius: 8px; overflow: hidden; }
.rn-table-scroll { overflow: auto; max-height: 428px; overscroll-behavior: contain; }
.rn-root .rn-table { border-collapse: separate; border-spacing: 0; width: max-content; min-width: 100%; margin: 0; border: 0; font-size: 13px; table-layout: auto; }
.rn-root .rn-table th, .rn-root .rn-table td { height: 33px; padding: 0 12px; border: 0; border-bottom: 1px solid var(--rn-line); text-align: left; vertical-align: middle; white-space: nowrap; max-width: 320px; overflow: hidden; text-overflow: ellipsis; background: none; }
.rn-root .rn-table tbody tr:last-child td { border-bottom: 0; }
.rn-root .rn-table th { position: sticky; top: 0; z-index: 2; background: var(--rn-bg); font-weight: 600; font-size: 12px; color: var(--rn-muted); }
.rn-root .rn-table th::before { content: ''; position: absolute; inset: 0; background: var(--rn-sunk); pointer-events: none; }
.rn-root .rn-table .rn-right { text-align: right; }
.rn-root .rn-table .rn-right .rn-sort { flex-direction: row-reverse; }
.rn-root .rn-table tbody tr { background: none; }
.rn-root .rn-table tbody tr:hover td { background: var(--rn-hover); }
.rn-root .rn-table .rn-pick { width: 38px; padding: 0 0 0 12px; }
.rn-root .rn-table td.rn-name { font-weight: 500; }
.rn-root .rn-sort { display: inline-flex; gap: 4px; align-items: center; vertical-align: middle; max-width: 240px; font-weight: 600; position: relative; }
.rn-sort span { overflow: hidden; text-overflow: ellipsis; }
.rn-sort i { font-style: normal; width: 10px; flex: none; }
.rn-root .rn-sort:hover { color: var(--rn-text); }
.rn-root th[aria-sort='ascending'] .rn-sort, .rn-root th[aria-sort='descending'] .rn-sort { color: var(--rn-text); }
.rn-root .rn-open { max-width: 220px; vertical-align: middle; overflow: hidden; text-overflow: ellipsis; }
.rn-root .rn-open:hover { color: var(--rn-accent); text-decoration: underline; text-underline-offset: 2px; }
.rn-open .rn-muted { font-weight: 400; }
.rn-short-id { margin-left: 8px; font-size: 11px; font-weight: 400; color: var(--rn-muted); }
.rn-menu { position: relative; }
.rn-root .rn-menu summary { list-style: none; vertical-align: top; }
.rn-menu summary::-webkit-details-marker { display: none; }
.rn-menu-body { position: absolute; right: 0; top: 28px; z-index: 20; width: 280px; max-height: 320px; overflow: auto; padding: 8px; display: grid; gap: 2px; background: var(--rn-bg); border: 1px solid var(--rn-line); border-radius: var(--rn-radius); box-shadow: var(--rn-shadow); }
.rn-menu-body label { display: flex; align-items: center; gap: 8px; padding: 3px 6px; border-radius: 4px; cursor: pointer; }
.rn-menu-body label:hover { background: var(--rn-hover); }
.rn-menu-body label span { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
`;
