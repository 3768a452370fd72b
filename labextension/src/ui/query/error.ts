/** A query that cannot be understood; `at` and `length` count UTF-16 units of its text, as strings here do. */
export class QueryError extends Error {
  constructor(
    message: string,
    readonly at: number,
    readonly length: number
  ) {
    super(message);
  }
}
