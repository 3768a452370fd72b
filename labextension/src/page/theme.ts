/** What the reader chose: the system's theme, or one of the two. */
export type Choice = 'system' | 'light' | 'dark';

const KEY = 'runicorn-theme';

/** Return the choice kept in this browser. */
export function readChoice(): Choice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

/** Paint the page by a choice, and keep it. */
export function applyTheme(choice: Choice = readChoice()): void {
  const { documentElement: html } = document;
  if (choice === 'system') {
    html.removeAttribute('data-theme');
  } else {
    html.setAttribute('data-theme', choice);
  }
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // A browser without storage forgets the choice, nothing else.
  }
  const dark =
    choice === 'dark' ||
    (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.body.style.background = dark ? '#14171d' : '#ffffff';
  document.body.style.margin = '0';
  html.style.colorScheme = dark ? 'dark' : 'light';
}
