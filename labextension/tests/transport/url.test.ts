import { expect, test } from 'vitest';
import { Urls, toSocket } from '../../src/transport/url';

const urls = new Urls('/a%40b/runicorn/api/');

test('every address keeps the base as it is, and nothing is encoded twice', () => {
  expect(urls.health()).toBe('/a%40b/runicorn/api/health');
  expect(urls.run('x y/ü')).toBe('/a%40b/runicorn/api/runs/x%20y%2F%C3%BC');
  expect(urls.media('r', 'media/a b/c#1.png')).toBe(
    '/a%40b/runicorn/api/runs/r/media/media/a%20b/c%231.png'
  );
  expect(urls.images('r')).toBe('/a%40b/runicorn/api/runs/r/images');
});

test('a list asks for the filters of the document and nothing else', () => {
  const url = urls.runs(
    { project: 'a&b', text: '', ids: ['x'], evil: '1', query: 'lr < 1' },
    ['config', 'metrics'],
    10
  );
  expect(url).toBe(
    '/a%40b/runicorn/api/runs?project=a%26b&q=lr+%3C+1&ids=x&limit=10&columns=config%2Cmetrics'
  );
});

test('names with commas stay one name: runs and metrics are repeated', () => {
  const url = urls.curves({ runs: ['a', 'b'], metrics: ['x,y'], x0: 1, x1: Infinity, width: 5 });
  expect(url).toBe('/a%40b/runicorn/api/curves?runs=a&runs=b&metrics=x%2Cy&x0=1&width=5');
});

test('sockets are of the same origin, secure where the page is', () => {
  const here = location.origin.replace(/^http/, 'ws');
  expect(urls.eventSocket(7)).toBe(`${here}/a%40b/runicorn/api/events/ws?since=7`);
  expect(urls.logSocket('r')).toBe(`${here}/a%40b/runicorn/api/runs/r/logs/ws`);
  expect(toSocket('https://hub.example/user/a%40b/x')).toBe('wss://hub.example/user/a%40b/x');
});
