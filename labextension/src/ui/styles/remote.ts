/** Other hosts: the way to one, and a row of one height for each session. */
export const remote = `
.rn-remote { container-type: inline-size; display: grid; gap: 12px; align-content: start; }
.rn-root .rn-primary:not(:disabled) { background: var(--rn-accent); border-color: transparent; color: var(--rn-bg); }
.rn-root .rn-primary:not(:disabled):hover { background: var(--rn-accent); filter: brightness(1.08); }
.rn-root .rn-far-empty { padding: 32px 12px; gap: 12px; }
.rn-far-empty > .rn-icon { width: 24px; height: 24px; }
.rn-step { display: grid; gap: 12px; padding: 12px; border: 1px solid var(--rn-line); border-radius: 8px; background: var(--rn-sunk); min-height: 128px; align-content: start; }
.rn-root .rn-step h3 { color: var(--rn-text); font-size: 13px; overflow-wrap: anywhere; }
.rn-step form { display: grid; gap: 12px; }
.rn-step footer { display: flex; justify-content: flex-end; gap: 8px; }
.rn-root .rn-field { width: 100%; min-width: 0; height: 30px; padding: 0 8px; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-bg); color: var(--rn-text); }
.rn-root .rn-field:focus-visible { outline: none; border-color: var(--rn-accent); box-shadow: 0 0 0 1px var(--rn-accent); border-radius: var(--rn-radius); }
.rn-field::placeholder { color: var(--rn-muted); opacity: 1; }
.rn-root .rn-far-problem { color: var(--rn-red); overflow-wrap: anywhere; }
.rn-small { font-size: 12px; }
.rn-good { color: var(--rn-green); }
.rn-root .rn-hosts, .rn-root .rn-folders { margin: 0; padding: 0; list-style: none; overflow: auto; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-bg); overscroll-behavior: contain; }
.rn-hosts li { position: relative; display: grid; grid-template-columns: minmax(0, 1fr) auto; align-content: center; height: 42px; padding: 0 10px; line-height: 17px; cursor: pointer; }
.rn-hosts li > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; grid-column: 1; }
.rn-hosts li > .rn-muted { font-size: 12px; }
.rn-hosts li > .rn-tag { grid-area: 1 / 2 / 3 / 3; align-self: center; max-width: 110px; }
.rn-hosts b, .rn-far-who { font-weight: 600; }
.rn-hosts li[role='option']:hover, .rn-hosts li[aria-selected='true'], .rn-root .rn-folder:hover { background: var(--rn-hover); }
.rn-hosts li[aria-selected='true'] { box-shadow: inset 2px 0 var(--rn-accent); }
.rn-hosts li[role='presentation'] { cursor: default; }
.rn-root .rn-far-wait { display: flex; align-items: center; gap: 8px; }
.rn-far-wait .rn-icon, .rn-far-connecting .rn-icon, .rn-far-reconnecting .rn-icon { animation: rn-turn 1.6s linear infinite; transform-origin: 50% 50%; }
.rn-far-wait .rn-icon { color: var(--rn-accent); }
.rn-bar { position: relative; height: 3px; border-radius: 2px; background: var(--rn-line); overflow: hidden; }
.rn-bar i { position: absolute; inset: 0 auto 0 0; background: var(--rn-accent); transition: width 0.3s; }
.rn-bar-open::after { content: ''; position: absolute; inset: 0 65% 0 0; border-radius: 2px; background: var(--rn-accent); animation: rn-pass 1.5s ease-in-out infinite; }
@keyframes rn-pass { from { transform: translateX(-100%); } to { transform: translateX(290%); } }
.rn-root .rn-choices { margin: 0; padding: 0; border: 0; min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); }
.rn-choices legend { padding: 0 0 4px; font-size: 12px; font-weight: 600; color: var(--rn-muted); }
.rn-choice { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: 8px; align-items: center; padding: 4px 6px; border-radius: 4px; white-space: nowrap; cursor: pointer; }
.rn-choice:hover { background: var(--rn-hover); }
.rn-choice:has(:disabled) { cursor: not-allowed; }
.rn-choice:has(:disabled) .rn-choice-name { color: var(--rn-muted); }
.rn-choice-name { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.rn-choice-name > .rn-tag { margin-left: 8px; }
.rn-choice-more { grid-column: 2; color: var(--rn-muted); font-size: 12px; line-height: 16px; overflow: hidden; text-overflow: ellipsis; }
.rn-path { direction: rtl; text-align: left; }
.rn-browser { display: grid; grid-template-columns: minmax(0, 1fr); gap: 6px; padding: 2px 0 4px 28px; }
.rn-browser-path { display: flex; align-items: center; gap: 4px; }
.rn-root .rn-folders { height: 148px; padding: 4px; }
.rn-folders li { padding: 0; }
.rn-folders li.rn-muted { padding: 4px 6px; }
.rn-root .rn-folder { display: flex; align-items: center; gap: 6px; width: 100%; height: 26px; padding: 0 6px; border-radius: 4px; }
.rn-folder .rn-icon { color: var(--rn-muted); }
.rn-folder span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-step .rn-note { margin: 0; }
.rn-finger { display: grid; gap: 4px; padding: 10px 12px; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-sunk); }
.rn-finger code { font: 13px/1.7 var(--rn-mono); user-select: all; }
.rn-finger code span { display: inline-block; margin-right: 0.65em; }
.rn-command { display: block; font: 12px/1.6 var(--rn-mono); overflow-wrap: anywhere; user-select: all; }
.rn-root .rn-question { width: min(480px, calc(100vw - 32px)); }
.rn-stop { padding: 12px; border: 1px solid var(--rn-red); border-left-width: 4px; border-radius: 8px; display: grid; gap: 8px; overflow-wrap: anywhere; }
.rn-root .rn-stop h3 { display: flex; gap: 6px; font-size: 13px; color: var(--rn-red); }
.rn-remote-place { max-width: 880px !important; display: grid; gap: 16px; }
.rn-root > .rn-remote-place { height: 100%; overflow: auto; align-content: start; padding: 16px 20px 32px; }
.rn-far-section { flex: none; display: flex; flex-direction: column; border-top: 1px solid var(--rn-line); padding: 2px 4px; }
.rn-far-open { height: 55%; }
.rn-far-section > .rn-remote { flex: 1; min-height: 0; overflow: auto; padding: 4px 4px 8px; }
.rn-session { display: grid; grid-template: 40px minmax(0, 1fr) / 240px minmax(0, 1fr); height: 100%; background: var(--rn-bg); }
.rn-session > header { grid-column: 1 / -1; display: flex; align-items: center; gap: 12px; padding: 0 12px; border-bottom: 1px solid var(--rn-line); }
.rn-session > aside { border-right: 1px solid var(--rn-line); min-height: 0; overflow: hidden; background: var(--rn-sunk); }
.rn-session > main { min-height: 0; overflow: auto; padding: 12px 20px 32px; }
.rn-far-head { display: flex; align-items: center; gap: 8px; min-width: 0; white-space: nowrap; }
.rn-far-head > .rn-icon { color: var(--rn-muted); }
.rn-far-head > .rn-muted { overflow: hidden; text-overflow: ellipsis; }
.rn-far-standing { display: flex; align-items: center; gap: 8px; min-width: 0; overflow: hidden; font-size: 12px; }
.rn-far-standing > :last-child { overflow: hidden; text-overflow: ellipsis; }
.rn-far-head > .rn-muted { flex-shrink: 1000; }
.rn-far-unsure .rn-far-how { opacity: 0.5; }
.rn-far-add { display: flex; }
.rn-root .rn-fars { margin: 0; padding: 0; list-style: none; display: grid; gap: 8px; }
.rn-far { border: 1px solid var(--rn-line); border-radius: 8px; overflow: hidden; }
.rn-far-row { display: grid; grid-template: 'who acts' 26px 'place place' 18px 'how how' 46px / minmax(0, 1fr) auto; column-gap: 8px; align-items: center; padding: 6px 8px 6px 12px; }
.rn-far-who { grid-area: who; }
.rn-far-place { grid-area: place; color: var(--rn-muted); }
.rn-far-who, .rn-far-place, .rn-root .rn-far-how p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rn-far-place, .rn-far-how { font-size: 12px; }
.rn-far-how { grid-area: how; min-width: 0; display: grid; gap: 2px; }
.rn-far-how > div { display: flex; align-items: center; gap: 8px; white-space: nowrap; overflow: hidden; }
.rn-far-acts { grid-area: acts; display: flex; align-items: center; justify-content: flex-end; gap: 2px; }
.rn-root a.rn-toggle { text-decoration: none; }
.rn-far-acts .rn-toggle { margin-right: 4px; }
.rn-far-connecting { --rn-chip: var(--rn-blue); }
.rn-far-running { --rn-chip: var(--rn-green); }
.rn-far-reconnecting, .rn-far-degraded { --rn-chip: var(--rn-amber); }
.rn-far-stopped { --rn-chip: var(--rn-grey); }
.rn-far-log { border-top: 1px solid var(--rn-line); padding: 8px 12px; display: grid; gap: 6px; background: var(--rn-sunk); }
.rn-far-lines { height: 200px; overflow: auto; overscroll-behavior: contain; font: 12px/1.55 var(--rn-mono); padding: 6px 10px; border: 1px solid var(--rn-line); border-radius: var(--rn-radius); background: var(--rn-bg); }
.rn-far-lines > div { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.55em; }
.rn-far-log footer { display: flex; align-items: center; gap: 8px; }
@container (min-width: 620px) {
  .rn-far-row { grid-template: 'who how acts' 24px 'place how acts' 24px / minmax(0, 5fr) minmax(0, 6fr) minmax(176px, auto); column-gap: 16px; padding: 6px 12px; }
  .rn-step { padding: 16px; }
  .rn-choice { grid-template-columns: auto minmax(0, 1fr) auto; }
  .rn-choice-more { grid-column: 3; }
}
`;
