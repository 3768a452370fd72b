import { expect, test } from 'vitest';
import {
  deleteVersion,
  promoteVersion,
  removeAlias,
  setAlias,
  verifyVersion
} from '../../src/transport/artifactactions';
import { Client } from '../../src/transport/client';

const at = { type: 'data set', name: 'a/b', version: 3 };

/** A server that gives one answer, in parts. */
function server(...parts: string[]) {
  const asked: (RequestInit & { url: string })[] = [];
  const client = new Client({
    api: '/api',
    request: (url, init = {}) => {
      asked.push({ url, ...init });
      const encoder = new TextEncoder();
      const body = new ReadableStream({
        start: stream => {
          parts.forEach(part => stream.enqueue(encoder.encode(part)));
          stream.close();
        }
      });
      return Promise.resolve(new Response(body));
    },
    socket: () => ({}) as WebSocket
  });
  return { client, asked };
}

function verify(client: Client, heard: number[] = []) {
  const how = { fetch: false, signal: new AbortController().signal };
  return verifyVersion(client, at, how, far => heard.push(far.done_bytes));
}

test('every verb has its method, its address and its body', async () => {
  const { client, asked } = server('{}');
  await promoteVersion(client, at, 'staging', '');
  await setAlias(client, at, 'b/st');
  await removeAlias(client, at, 'best');
  await deleteVersion(client, at, true);
  expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['POST', '/api/artifacts/a%2Fb/v3/promote?type=data%20set', '{"to_stage":"staging"}'],
    ['PUT', '/api/artifacts/a%2Fb/aliases/b%2Fst?type=data%20set', '{"version":3}'],
    ['DELETE', '/api/artifacts/a%2Fb/aliases/best?type=data%20set', undefined],
    ['DELETE', '/api/artifacts/a%2Fb/v3?type=data%20set&permanent=true', undefined]
  ]);
});

test('progress is heard while the lines come, however they are cut', async () => {
  const heard: number[] = [];
  const { client } = server(
    '{"done_bytes":1,"total_by',
    'tes":4}\n{"done_bytes":3,"total_bytes":4}\n{"ok":',
    'true,"size_bytes":4}\n'
  );
  expect(await verify(client, heard)).toMatchObject({ ok: true, size_bytes: 4 });
  expect(heard).toEqual([1, 3]);
});

test('one answer without lines is one as well, and half of one is none', async () => {
  expect(await verify(server('{"ok":false}').client)).toEqual({ ok: false });
  const half = server('{"done_bytes":1,"total_bytes":4}\n');
  await expect(verify(half.client)).rejects.toThrow('ended before');
});
