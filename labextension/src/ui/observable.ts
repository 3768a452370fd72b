/**
 * The two observables everything here is built on.
 */

/** Call listeners with a payload; a listener that throws does not silence the others. */
export class Signal<T> {
  /** How often it spoke; tells whether something was missed before listening. */
  count = 0;
  private readonly _listeners = new Set<(payload: T) => void>();

  /** Listen until the returned function is called. */
  connect(listener: (payload: T) => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Tell every listener. */
  emit(payload: T): void {
    this.count += 1;
    for (const listener of [...this._listeners]) {
      try {
        listener(payload);
      } catch (error) {
        console.error('runicorn:', error);
      }
    }
  }
}

/** A value that tells when it is replaced by a different one. */
export class Value<T> {
  readonly changed = new Signal<T>();
  private _value: T;

  constructor(value: T) {
    this._value = value;
  }

  get value(): T {
    return this._value;
  }

  set value(value: T) {
    if (!Object.is(value, this._value)) {
      this._value = value;
      this.changed.emit(value);
    }
  }
}
