import { afterEach, expect, test, vi } from 'vitest';
import { ThemeWatch, readTheme } from '../../src/ui/theme';
import { until } from '../make';

function clean(): void {
  for (const element of [document.documentElement, document.body]) {
    [...element.attributes].forEach(attribute => element.removeAttribute(attribute.name));
  }
}

function system(dark: boolean): void {
  vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: dark } as MediaQueryList);
}

afterEach(clean);

test('Jupyter says it on the body, and wins over the system', () => {
  system(true);
  document.body.setAttribute('data-jp-theme-light', 'true');
  expect(readTheme(document)).toBe('light');
  document.body.setAttribute('data-jp-theme-light', 'false');
  expect(readTheme(document)).toBe('dark');
});

test('VS Code says it by kind, high contrast included', () => {
  system(false);
  const kinds = {
    'vscode-dark': 'dark',
    'vscode-light': 'light',
    'vscode-high-contrast': 'dark',
    'vscode-high-contrast-light': 'light'
  };
  for (const [kind, theme] of Object.entries(kinds)) {
    document.body.setAttribute('data-vscode-theme-kind', kind);
    expect(readTheme(document)).toBe(theme);
  }
});

test('Colab says it on html, marimo by a class', () => {
  system(false);
  document.documentElement.setAttribute('theme', 'dark');
  expect(readTheme(document)).toBe('dark');
  clean();
  document.body.classList.add('dark');
  expect(readTheme(document)).toBe('dark');
});

test('elsewhere the system decides', () => {
  system(true);
  expect(readTheme(document)).toBe('dark');
  system(false);
  expect(readTheme(document)).toBe('light');
});

test('a change is heard, also one between two dark themes', async () => {
  document.body.setAttribute('data-jp-theme-light', 'true');
  const watch = new ThemeWatch(document);
  document.body.setAttribute('data-jp-theme-light', 'false');
  await until(() => watch.theme.value === 'dark');
  const before = watch.repaint.value;
  document.body.setAttribute('data-jp-theme-name', 'High Contrast');
  await until(() => watch.repaint.value > before);
  expect(watch.theme.value).toBe('dark');
  watch.dispose();
});
