import { type IArtifactRef, type IVersionRef, artifactUrl, versionUrl } from './artifacts';
import type { Client } from './client';
import { readAnswer, readJson } from './read';

/** How far a verification is. */
export interface IVerifying {
  readonly done_bytes: number;
  readonly total_bytes: number;
}

/** What a version came to when every byte was read. */
export interface IVerified {
  readonly ok: boolean;
  readonly files: number;
  readonly size_bytes: number;
  /** A sentence for each file or reference that is wrong. */
  readonly problems: Readonly<Record<string, string>>;
  readonly references: number;
  /** Why references were not read. */
  readonly unchecked: Readonly<Record<string, string>>;
}

const part = encodeURIComponent;

/** Move a version to another stage. */
export function promoteVersion(
  client: Client,
  ref: IVersionRef,
  stage: string,
  notes: string
): Promise<unknown> {
  const body = { to_stage: stage, ...(notes ? { notes } : {}) };
  return send(client, 'POST', versionUrl(client.urls, ref, '/promote'), body);
}

/** Let an alias mean a version. */
export function setAlias(client: Client, ref: IVersionRef, alias: string): Promise<unknown> {
  return send(client, 'PUT', aliasUrl(client, ref, alias), { version: ref.version });
}

/** Take an alias away. */
export function removeAlias(client: Client, ref: IArtifactRef, alias: string): Promise<unknown> {
  return send(client, 'DELETE', aliasUrl(client, ref, alias));
}

/** Delete a version, so that it can be restored, or for good. */
export function deleteVersion(
  client: Client,
  ref: IVersionRef,
  permanent: boolean
): Promise<unknown> {
  return send(client, 'DELETE', versionUrl(client.urls, ref, '', `&permanent=${permanent}`));
}

/** Take a deletion back. */
export function restoreVersion(client: Client, ref: IVersionRef): Promise<unknown> {
  return send(client, 'POST', versionUrl(client.urls, ref, '/restore'), {});
}

/** Have every byte of a version read; `far` hears how far that is, where the answer comes in parts. */
export async function verifyVersion(
  client: Client,
  ref: IVersionRef,
  how: { readonly fetch: boolean; readonly signal: AbortSignal },
  far: (state: IVerifying) => void
): Promise<IVerified> {
  const answer = await readAnswer(client, versionUrl(client.urls, ref, '/verify'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/x-ndjson' },
    body: JSON.stringify({ fetch: how.fetch }),
    signal: how.signal
  });
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
    rest = done ? '' : lines.pop()!;
    for (const line of lines.filter(Boolean)) {
      const told = JSON.parse(line) as IVerifying | IVerified;
      if ('ok' in told) {
        return told;
      }
      far(told);
    }
    if (done) {
      throw new Error('The answer ended before the version was read to its end.');
    }
  }
}

function aliasUrl({ urls }: Client, ref: IArtifactRef, alias: string): string {
  return `${artifactUrl(urls, ref)}/aliases/${part(alias)}?type=${part(ref.type)}`;
}

function send(client: Client, method: string, url: string, body?: object): Promise<unknown> {
  return readJson(client, url, {
    method,
    ...(body && {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body)
    })
  });
}
