/** The card of one run. */
export const card = `
.rn-card { min-width: 0; }
.rn-back { display: inline-flex !important; align-items: center; gap: 2px; margin-bottom: 8px !important; }
.rn-card-head { padding-bottom: 12px; }
.rn-card-title { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; }
.rn-card-title h2 { overflow-wrap: anywhere; }
.rn-card-title h2 .rn-muted { font-weight: 400; }
.rn-figures { display: flex; flex-wrap: wrap; gap: 8px 32px; padding-top: 8px !important; }
.rn-figures dt { font-size: 11px; line-height: 16px; color: var(--rn-muted); }
.rn-figures dd { font-size: 14px; line-height: 20px; overflow-wrap: anywhere; }
.rn-figures small { font-size: 12px; }
.rn-reason { font-size: 12px; }
.rn-reason::first-letter { text-transform: uppercase; }
.rn-notes { padding-top: 8px !important; white-space: pre-wrap; }
.rn-card-facts:not(:empty) { display: grid; gap: 12px; padding: 12px 0; border-top: 1px solid var(--rn-line); border-bottom: 1px solid var(--rn-line); }
.rn-facts dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--rn-fact)), 1fr)); gap: 0 24px; padding-top: 4px !important; }
.rn-fact { display: flex; gap: 8px; line-height: 24px; min-width: 0; }
.rn-fact dt { color: var(--rn-muted); flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-fact dd { flex: 0 8 auto; min-width: 4ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-section-head { display: flex; align-items: center; gap: 8px; padding-bottom: 8px; }
.rn-section-head .rn-muted { font-size: 12px; flex: 1; }
.rn-images, .rn-logs { margin-top: 24px; }
.rn-image-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 200px), 1fr)); gap: 12px; padding-top: 8px; }
.rn-image-box { height: 176px; display: grid; place-items: center; border: 1px solid var(--rn-line); border-radius: 8px; overflow: hidden; background: var(--rn-sunk); padding: 4px; font-size: 12px; text-align: center; }
.rn-image-box img { max-width: 100%; max-height: 166px; object-fit: contain; min-width: 48px; image-rendering: auto; }
.rn-image figcaption { display: flex; gap: 8px; padding: 4px 2px; font-size: 12px; }
.rn-image-name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-image input { width: 100%; }
.rn-log-box { max-height: 300px; overflow: auto; overscroll-behavior: contain; overflow-anchor: none; font: 12px/1.55 var(--rn-mono); padding: 8px 12px; border: 1px solid var(--rn-line); border-radius: 8px; background: var(--rn-sunk); }
.rn-log-line { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.55em; }
.rn-sgr-bold { font-weight: 700; }
.rn-sgr-dim { opacity: 0.7; }
.rn-sgr-italic { font-style: italic; }
.rn-sgr-underline { text-decoration: underline; }
.rn-sgr-1, .rn-sgr-9 { color: var(--rn-red); }
.rn-sgr-2, .rn-sgr-10 { color: var(--rn-green); }
.rn-sgr-3, .rn-sgr-11 { color: var(--rn-amber); }
.rn-sgr-4, .rn-sgr-12 { color: var(--rn-blue); }
.rn-sgr-5, .rn-sgr-13 { color: var(--rn-c3); }
.rn-sgr-6, .rn-sgr-14 { color: var(--rn-c4); }
.rn-sgr-0, .rn-sgr-8 { color: var(--rn-grey); }
`;
