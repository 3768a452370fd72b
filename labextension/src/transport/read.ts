import type { Client } from './client';
import { HttpError, sentence } from './client';

/** Send a request; rejects with the sentence of an answer that is no success. */
export async function readAnswer(
  client: Client,
  url: string,
  init: RequestInit = {}
): Promise<Response> {
  const response = await client.host.request(url, init);
  if (!response.ok) {
    throw new HttpError(response.status, await sentence(response));
  }
  return response;
}

/** Send a request and read the JSON of the answer. */
export async function readJson<T>(client: Client, url: string, init?: RequestInit): Promise<T> {
  return (await (await readAnswer(client, url, init)).json()) as T;
}

/** Post JSON and read the JSON of the answer. */
export function postJson<T>(client: Client, url: string, body: object): Promise<T> {
  return readJson(client, url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  });
}
