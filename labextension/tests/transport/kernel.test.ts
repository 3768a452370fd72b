import { expect, test } from 'vitest';
import { listBin, restoreRuns } from '../../src/transport/bin';
import { readArtifacts, readHead, readVersion } from '../../src/transport/artifacts';
import type { IReply } from '../../src/transport/comm';
import { isKernel, kernelClient } from '../../src/transport/kernel';
import { rawLogUrl } from '../../src/transport/url';
import type { ILiveSource } from '../../src/transport/registry';

/** A kernel that keeps what it was asked and gives one answer. */
function kernel(reply: Partial<IReply>, asked: object[] = []) {
  const ask = (question: object): Promise<IReply> => {
    asked.push(question);
    return Promise.resolve({ id: 1, ok: true, ...reply });
  };
  return kernelClient({ ask } as unknown as ILiveSource);
}

test('a call goes to the kernel as its path, its query and its body', async () => {
  const asked: object[] = [];
  const client = kernel({ status: 200, body: { results: { a: { success: true } } } }, asked);
  expect([...(await restoreRuns(client, [{ id: 'a', run_dir: 'x' }]))]).toEqual([['a', '']]);
  expect(asked[0]).toEqual({
    type: 'call',
    method: 'POST',
    path: ['recycle-bin', 'restore'],
    query: [],
    body: { run_ids: ['a'], paths: ['x'] }
  });
  await readVersion(client, { type: 'data set', name: 'a/b', version: 3 });
  expect(asked[1]).toMatchObject({
    method: 'GET',
    path: ['artifacts', 'a/b', 'v3'],
    query: [['type', 'data set']],
    body: null
  });
});

test('bytes arrive as they are, and a refusal as its sentence', async () => {
  const ref = { type: 't', name: 'n', version: 1 };
  const head = await readHead(kernel({ status: 200, base64: btoa('\x00\xff') }), ref, 'a.bin', 9);
  expect([...head]).toEqual([0, 255]);
  const refusing = kernel({ status: 404, body: { message: 'There is no artifact.' } });
  await expect(readArtifacts(refusing)).rejects.toThrow('There is no artifact.');
  await expect(listBin(refusing)).rejects.toThrow('There is no artifact.');
});

test('a kernel has no addresses for links', () => {
  const client = kernel({});
  expect(isKernel(client)).toBe(true);
  expect(rawLogUrl(client.urls, 'a')).toMatch(/^kernel:/);
});
