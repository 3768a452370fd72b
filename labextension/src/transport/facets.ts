import type { Client } from './client';
import { type Query, facetsUrl } from './url';
import { readJson } from './read';

/** Which values the runs of a list have under one key, as GET /facets gives it. */
export interface IFacet {
  readonly key: string;
  readonly values: readonly { readonly value: string | number; readonly count: number }[];
  /** Further values, and the runs that have one of them. */
  readonly more: number;
  readonly rest: number;
  /** Runs without any. */
  readonly missing: number;
  readonly min: number | null;
  readonly max: number | null;
}

/** Count the values of these keys among the runs that a list is about. */
export async function readFacets(
  client: Client,
  about: Query,
  keys: readonly string[],
  signal?: AbortSignal
): Promise<readonly IFacet[]> {
  const url = facetsUrl(client.urls, about, keys);
  return (await readJson<{ facets: IFacet[] }>(client, url, { signal })).facets;
}
