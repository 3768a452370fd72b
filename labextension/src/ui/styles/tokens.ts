import { DARK, LIGHT, declared } from '../chart/palette';

/** Names of colours and sizes: the host's own where it has them (Jupyter, then VS Code), ours otherwise. */
export const tokens = `
.rn-root {
  --rn-bg: var(--jp-layout-color1, var(--vscode-editor-background, var(--rn-own-bg)));
  --rn-panel: var(--jp-layout-color1, var(--vscode-sideBar-background, var(--rn-own-bg)));
  --rn-text: var(--jp-content-font-color1, var(--vscode-foreground, var(--rn-own-text)));
  --rn-muted: var(--jp-content-font-color2, var(--vscode-descriptionForeground, var(--rn-own-muted)));
  --rn-accent: var(--jp-brand-color1, var(--vscode-focusBorder, var(--rn-own-accent)));
  --rn-font: var(--jp-ui-font-family, var(--vscode-font-family, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif));
  --rn-mono: var(--jp-code-font-family, var(--vscode-editor-font-family, ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace));
  --rn-line: var(--rn-own-line);
  --rn-grid: var(--rn-own-grid);
  --rn-hover: var(--rn-own-hover);
  --rn-sunk: var(--rn-own-sunk);
  --rn-radius: 6px;
  color-scheme: light;
  --rn-own-bg: #ffffff;
  --rn-own-text: #1d232e;
  --rn-own-muted: #5d6675;
  --rn-own-accent: #3b62d9;
  --rn-own-line: rgba(40, 50, 70, 0.13);
  --rn-own-grid: rgba(40, 50, 70, 0.09);
  --rn-own-hover: rgba(40, 60, 110, 0.055);
  --rn-own-sunk: rgba(40, 60, 110, 0.035);
  --rn-shadow: 0 4px 16px rgba(20, 28, 45, 0.14), 0 1px 3px rgba(20, 28, 45, 0.12);
  --rn-green: #177a48;
  --rn-blue: #2c5fd3;
  --rn-red: #c22f3f;
  --rn-amber: #96650a;
  --rn-grey: #5d6675;
  ${declared(LIGHT)};
}
.rn-root[data-theme='dark'] {
  color-scheme: dark;
  --rn-own-bg: #14171d;
  --rn-own-text: #e4e8ef;
  --rn-own-muted: #9aa4b4;
  --rn-own-accent: #86a6ff;
  --rn-own-line: rgba(200, 215, 245, 0.15);
  --rn-own-grid: rgba(200, 215, 245, 0.09);
  --rn-own-hover: rgba(180, 205, 255, 0.075);
  --rn-own-sunk: rgba(180, 205, 255, 0.04);
  --rn-shadow: 0 6px 20px rgba(0, 0, 0, 0.5), 0 1px 3px rgba(0, 0, 0, 0.5);
  --rn-green: #5ccf93;
  --rn-blue: #86a6ff;
  --rn-red: #ff8590;
  --rn-amber: #e8b858;
  --rn-grey: #9aa4b4;
  ${declared(DARK)};
}
`;
