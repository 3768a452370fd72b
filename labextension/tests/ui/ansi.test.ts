import { expect, test } from 'vitest';
import { parse } from '../../src/ui/ansi';

const text = (line: string): string =>
  parse(line)
    .map(span => span.text)
    .join('');

test('colours and weight become classes of ours, reset ends them', () => {
  expect(parse('\x1b[1;31mbad\x1b[0m ok \x1b[92mgood\x1b[39m.')).toEqual([
    { text: 'bad', className: 'rn-sgr-1 rn-sgr-bold' },
    { text: ' ok ', className: '' },
    { text: 'good', className: 'rn-sgr-10' },
    { text: '.', className: '' }
  ]);
  expect(parse('\x1b[38;5;3mx')[0].className).toBe('rn-sgr-3');
  expect(parse('\x1b[38;5;200mx')[0].className).toBe('');
  expect(parse('\x1b[38;2;1;2;3;1mx')[0].className).toBe('rn-sgr-bold');
});

test('every other escape is dropped: cursor, title, links, screens', () => {
  expect(text('a\x1b[2Jb\x1b[10;10Hc\x1b[?25ld')).toBe('abcd');
  expect(text('\x1b]0;title\x07x\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\')).toBe('xlink');
  expect(text('\x1b(Bx\x1b=y\x1bcz')).toBe('xyz');
  expect(text('\x1b[31')).not.toContain('\x1b');
  expect(text('a\x00b\x07c\x7fd\te')).toBe('abcd\te');
});

test('markup stays text, and a progress bar shows its last state', () => {
  expect(text('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
  expect(text(' 10%\r 50%\r100%')).toBe('100%');
  expect(text('done\r')).toBe('done');
});
