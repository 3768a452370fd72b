import { expect, test } from 'vitest';
import { Client } from '../../src/transport/client';
import type { IHost } from '../../src/transport/host';
import { HttpSource } from '../../src/transport/http';
import { makeRun } from '../make';

function ask(scope: ConstructorParameters<typeof HttpSource>[1]): [HttpSource, string[]] {
  const asked: string[] = [];
  const host = {
    api: '/api',
    request: (url: string) => {
      asked.push(decodeURIComponent(url.replaceAll('+', ' ')));
      return Promise.resolve(new Response(JSON.stringify([makeRun('far')])));
    }
  } as unknown as IHost;
  return [new HttpSource(new Client(host), scope), asked];
}

test('a search stays within what the source is about', async () => {
  const [source, asked] = ask({ query: { project: 'p', query: 'lr < 1 or acc > 2' }, limit: 7 });
  expect((await source.find({ query: 'batch == 1' })).map(run => run.id)).toEqual(['far']);
  await source.find({ text: 'words' });
  expect(asked).toEqual([
    '/api/runs?project=p&q=(lr < 1 or acc > 2) and (batch == 1)&limit=7&columns=config,summary,metrics',
    '/api/runs?project=p&text=words&q=lr < 1 or acc > 2&limit=7&columns=config,summary,metrics'
  ]);
});

test('without a scope of its own it asks for the query alone, in the columns it shows', async () => {
  const [source, asked] = ask({ columns: [], limit: 5000 });
  await source.find({ query: 'acc > 1' });
  expect(asked).toEqual(['/api/runs?q=acc > 1&limit=5000']);
});
