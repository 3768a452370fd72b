import { expect, test } from 'vitest';
import { Client } from '../../src/transport/client';
import { type ILogProgress, MOST_HITS, searchLog } from '../../src/transport/logsearch';

const query = { text: 'a b', regex: false, matchCase: true };

/** A client whose server answers one slice after the other. */
function slices(...answers: object[]): [Client, string[]] {
  const asked: string[] = [];
  const request = (url: string): Promise<Response> => {
    asked.push(url);
    return Promise.resolve(new Response(JSON.stringify(answers[asked.length - 1])));
  };
  return [new Client({ api: '/api', request, socket: () => ({}) as WebSocket }), asked];
}

const hits = (n: number): object[] => Array.from({ length: n }, (_, at) => ({ at, spans: [] }));

test('a search goes on from the cursor and tells how far it is', async () => {
  const [client, asked] = slices(
    { hits: hits(1), cursor: 750, searched: 750, size: 1000 },
    { hits: hits(2), cursor: null, searched: 0, size: 1000 }
  );
  const told: ILogProgress[] = [];
  await searchLog(client, 'r', query, one => told.push(one), new AbortController().signal);
  expect(told.map(one => [one.hits.length, one.done, one.busy])).toEqual([
    [1, 0.25, true],
    [3, 1, false]
  ]);
  expect(asked[0]).toBe('/api/runs/r/logs/search?q=a+b&regex=false&case=true');
  expect(asked[1]).toContain('&cursor=750');
});

test('nobody reads more hits than a page keeps, and an aborted search asks no more', async () => {
  const [client, asked] = slices({ hits: hits(MOST_HITS), cursor: 5, searched: 5, size: 10 });
  const told: ILogProgress[] = [];
  await searchLog(client, 'r', query, one => told.push(one), new AbortController().signal);
  expect([asked.length, told[0].busy]).toEqual([1, false]);
  const stopped = new AbortController();
  stopped.abort();
  await searchLog(client, 'r', query, one => told.push(one), stopped.signal);
  expect(asked.length).toBe(1);
});
