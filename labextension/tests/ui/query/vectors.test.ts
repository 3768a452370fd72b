import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { IRun } from '../../../src/ui/model';
import { QueryError, compile, isQuery } from '../../../src/ui/query';

interface IVectors {
  now: number;
  runs: IRun[];
  queries: { query: string; ids: string[] }[];
  meant: { text: string; query: boolean }[];
  errors: { query: string; position: number; length: number }[];
}

const vectors = JSON.parse(readFileSync('../tests/data/query-vectors.json', 'utf8')) as IVectors;

/** Count characters as the kernel does, surrogate pairs once. */
const characters = (text: string): number => [...text].length;

test.each(vectors.queries)('finds the right runs: $query', ({ query, ids }) => {
  const matches = compile(query);
  expect(vectors.runs.filter(run => matches(run, vectors.now)).map(run => run.id)).toEqual(ids);
});

test.each(vectors.errors)('points at the characters: $query', ({ query, position, length }) => {
  let error: unknown;
  try {
    compile(query);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(QueryError);
  const { at, length: units, message } = error as QueryError;
  expect({
    position: characters(query.slice(0, at)),
    length: characters(query.slice(at, at + units))
  }).toEqual({ position, length });
  expect(message).toMatch(/.{10,}[.?]$/);
});

test.each(vectors.meant)('tells a query from words: $text', ({ text, query }) => {
  expect(isQuery(text)).toBe(query);
});
