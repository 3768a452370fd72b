/** The viewer page around it all. */
export const page = `
.rn-page { display: grid; grid-template: 48px minmax(0, 1fr) / 264px minmax(0, 1fr); height: 100vh; height: 100dvh; background: var(--rn-bg); }
.rn-page > header { grid-column: 1 / -1; display: flex; align-items: center; gap: 12px; padding: 0 16px; border-bottom: 1px solid var(--rn-line); }
.rn-brand { display: inline-flex; align-items: center; gap: 8px; font-weight: 650; font-size: 15px; color: inherit; text-decoration: none; letter-spacing: -0.01em; }
.rn-brand svg { width: 24px; height: 24px; }
.rn-crumb { color: var(--rn-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-page > aside { border-right: 1px solid var(--rn-line); min-height: 0; overflow: hidden; background: var(--rn-sunk); }
.rn-page > main { min-height: 0; overflow: auto; padding: 16px 24px 48px; }
.rn-page > main > * { max-width: 1600px; }
.rn-theme .rn-icon { width: 14px; height: 14px; vertical-align: -2px; }
@media (max-width: 760px) {
  .rn-page { grid-template: 48px minmax(0, 1fr) / minmax(0, 1fr); }
  .rn-page > aside { display: none; }
  .rn-page > main { padding: 12px; }
}
`;
