import { afterEach, expect, test } from 'vitest';
import { pageConfig } from '../../src/page/session';

afterEach(() => void (document.body.innerHTML = ''));

function write(config: object): void {
  const script = document.createElement('script');
  script.type = 'application/json';
  script.id = 'runicorn-config';
  script.textContent = JSON.stringify(config);
  document.body.append(script);
}

const session = { id: '0badcafe', host: 'gpu1', root: '/data/runs' };

test('the page of another host knows the way back to the server that leads there', () => {
  write({ api: '/user/a%20b/runicorn/remote/0badcafe/api', session });
  expect(pageConfig()).toEqual({
    api: '/user/a%20b/runicorn/remote/0badcafe/api',
    session,
    home: '/user/a%20b/runicorn/api'
  });
});

test('at a port of its own, and on the page of this machine, there is no such way', () => {
  write({ api: '/api', session });
  expect(pageConfig()).toEqual({ api: '/api', session, home: null });
  document.body.innerHTML = '';
  write({ api: '/api' });
  expect(pageConfig()).toEqual({ api: '/api', session: null, home: null });
});
