import type { Client } from './client';
import { readAnswer, readJson } from './read';
import type { Urls } from './url';

/** One artifact of the list, as GET /artifacts gives it. */
export interface IArtifact {
  readonly name: string;
  readonly type: string;
  readonly num_versions: number;
  readonly latest_version: number;
  readonly size_bytes: number;
  readonly created_at: number | null;
  readonly updated_at: number | null;
  readonly aliases: Readonly<Record<string, number>>;
}

/** One version of an artifact; versions come ascending. */
export interface IVersion {
  readonly version: number;
  readonly created_at: number | null;
  readonly created_by_run: string | null;
  readonly size_bytes: number;
  readonly num_files: number;
  readonly aliases: readonly string[];
  readonly deleted?: boolean;
}

/** The life of a version. */
export type Stage = 'experimental' | 'staging' | 'production' | 'archived';

/** Everything that is told of one version besides its files. */
export interface IVersionDetail extends IVersion {
  readonly name: string;
  readonly type: string;
  readonly num_references: number;
  readonly description: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly lifecycle_stage?: Stage;
  readonly stage_transitions?: readonly {
    readonly to_stage?: string;
    readonly timestamp?: number;
    readonly notes?: string | null;
  }[];
}

/** One file of a version. */
export interface IFile {
  readonly path: string;
  readonly size: number;
  readonly digest: string;
}

/** What a version holds: files, and things that lie elsewhere. */
export interface IFiles {
  readonly files: readonly IFile[];
  readonly references: readonly { readonly uri: string; readonly size: number | null }[];
  readonly total_size: number;
}

/** One node of a lineage graph; its id is `name:vN`, `run:ID` or `asset:…`. */
export interface INode {
  readonly node_type: 'artifact' | 'run' | 'asset';
  readonly node_id: string;
  readonly label: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Where a version comes from and what came of it. */
export interface ILineage {
  readonly root_artifact: string;
  readonly nodes: readonly INode[];
  readonly edges: readonly { readonly source: string; readonly target: string }[];
  readonly truncated?: boolean;
}

/** What a run made and took. */
export interface IRunArtifacts {
  readonly created: readonly IRunArtifact[];
  readonly used: readonly IRunArtifact[];
}

export interface IRunArtifact {
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly size_bytes: number | null;
  readonly aliases: readonly string[];
}

/** An artifact, and a version of it; the latest where none is named. */
export interface IArtifactRef {
  readonly type: string;
  readonly name: string;
  readonly version?: number;
}

/** A version that is named. */
export type IVersionRef = IArtifactRef & { readonly version: number };

const part = encodeURIComponent;

/** The address of an artifact. */
export function artifactUrl({ api }: Urls, { name }: IArtifactRef): string {
  return `${api}/artifacts/${part(name)}`;
}

/** The address of a version, or of something `rest` of it. */
export function versionUrl(urls: Urls, ref: IVersionRef, rest = '', query = ''): string {
  return `${artifactUrl(urls, ref)}/v${ref.version}${rest}?type=${part(ref.type)}${query}`;
}

/** The bytes of one file of a version. */
export function fileUrl(urls: Urls, ref: IVersionRef, path: string): string {
  return versionUrl(urls, ref, `/files/${path.split('/').map(part).join('/')}`);
}

/** A whole version as a zip. */
export function archiveUrl(urls: Urls, ref: IVersionRef): string {
  return versionUrl(urls, ref, '/archive');
}

export function readArtifacts(client: Client): Promise<readonly IArtifact[]> {
  return readJson(client, `${client.urls.api}/artifacts`);
}

export function readVersions(client: Client, ref: IArtifactRef): Promise<readonly IVersion[]> {
  return readJson(client, `${artifactUrl(client.urls, ref)}/versions?type=${part(ref.type)}`);
}

export function readVersion(client: Client, ref: IVersionRef): Promise<IVersionDetail> {
  return readJson(client, versionUrl(client.urls, ref));
}

export function readFiles(client: Client, ref: IVersionRef): Promise<IFiles> {
  return readJson(client, versionUrl(client.urls, ref, '/files'));
}

export function readLineage(client: Client, ref: IVersionRef, depth: number): Promise<ILineage> {
  return readJson(client, versionUrl(client.urls, ref, '/lineage', `&max_depth=${depth}`));
}

export function readRunArtifacts(client: Client, run: string): Promise<IRunArtifacts> {
  return readJson(client, `${client.urls.run(run)}/artifacts`);
}

/** Read the first `most` bytes of a file. */
export async function readHead(
  client: Client,
  ref: IVersionRef,
  path: string,
  most: number
): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { Range: `bytes=0-${most - 1}` };
  const answer = await readAnswer(client, fileUrl(client.urls, ref, path), { headers });
  return new Uint8Array(await answer.arrayBuffer()).subarray(0, most);
}
