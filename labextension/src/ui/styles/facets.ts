/** The counts beside the table. */
export const facets = `
.rn-beside { display: flex; align-items: flex-start; gap: 16px; }
.rn-beside > .rn-table-box { flex: 1; min-width: 0; }
.rn-facets { flex: none; width: 200px; max-height: 430px; overflow: auto; overscroll-behavior: contain; padding: 2px 8px 2px 2px; }
.rn-facet { padding-bottom: 12px; }
.rn-facet header { display: flex; align-items: center; gap: 4px; height: 24px; }
.rn-facet h3 { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-facet:hover .rn-quiet { opacity: 1; }
.rn-facet label { display: flex; align-items: center; gap: 8px; padding: 2px 4px; border-radius: 4px; cursor: pointer; }
.rn-facet label:hover { background: var(--rn-hover); }
.rn-facet label span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-facet .rn-link, .rn-facet p { font-size: 12px; margin-left: 4px !important; }
@media (max-width: 760px) { .rn-beside { display: block; } .rn-facets { width: auto; } }
`;
