/** The query language in the page: the twin of `runicorn_jupyter/store/query`. */
export { type ICompletion, type ISuggestion, complete, namesOf } from './complete';
export { QueryError } from './error';
export { compile, isQuery } from './parser';
export type { Test } from './tests';
