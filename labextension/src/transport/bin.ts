import type { Client } from './client';
import { postJson, readJson } from './read';
import { binUrl } from './url';

/** One entry of the recycle bin, as GET /recycle-bin gives it. */
export interface IDeletedRun {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly created_time?: number | null;
  readonly deleted_at?: number | null;
  readonly delete_reason?: string;
  readonly original_status?: string;
  readonly run_dir: string;
  /** What stands in the way of a restore; empty when nothing does. */
  readonly problem?: string;
}

/** Runs one request may name. */
const BATCH = 100;

interface IResults {
  readonly results: Readonly<Record<string, { success: boolean; error?: string }>>;
}

/** A run, by its id and, where two runs share one, by its directory. */
export interface IDoomed {
  readonly id: string;
  readonly run_dir?: string;
}

/** What a request about several runs came to: per id the reason why not, empty when it was done. */
export type Outcome = ReadonlyMap<string, string>;

/** Put runs into the bin. */
export function deleteRuns(
  client: Client,
  runs: readonly IDoomed[],
  force: boolean
): Promise<Outcome> {
  return inBatches(client, binUrl(client.urls, 'delete'), runs, { force });
}

/** Put runs back where they were. */
export function restoreRuns(client: Client, runs: readonly IDoomed[]): Promise<Outcome> {
  return inBatches(client, binUrl(client.urls, 'restore'), runs, {});
}

/** Return what is in the bin, the latest deleted first. */
export async function listBin(client: Client): Promise<readonly IDeletedRun[]> {
  const answer = await ask<{ deleted_runs: IDeletedRun[] }>(client, binUrl(client.urls, 'list'));
  return answer.deleted_runs;
}

/** Remove everything in the bin for good; returns the sentences of what could not be. */
export async function emptyBin(client: Client): Promise<Outcome> {
  const answer = await ask<{ errors?: Record<string, string> }>(
    client,
    binUrl(client.urls, 'empty'),
    {
      confirm: true
    }
  );
  return new Map(Object.entries(answer.errors ?? {}));
}

async function inBatches(
  client: Client,
  url: string,
  runs: readonly IDoomed[],
  more: object
): Promise<Outcome> {
  const outcome = new Map<string, string>();
  for (let from = 0; from < runs.length; from += BATCH) {
    const some = runs.slice(from, from + BATCH);
    const body = {
      run_ids: some.map(run => run.id),
      paths: some.flatMap(run => run.run_dir ?? []),
      ...more
    };
    const { results } = await ask<IResults>(client, url, body);
    for (const [id, { success, error }] of Object.entries(results)) {
      outcome.set(id, success ? '' : (error ?? '?'));
    }
  }
  return outcome;
}

function ask<T>(client: Client, url: string, body?: object): Promise<T> {
  return body ? postJson(client, url, body) : readJson(client, url);
}
