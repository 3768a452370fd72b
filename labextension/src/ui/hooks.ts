import { type JSX, createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useReducer, useState } from 'preact/hooks';
import type { IRun, IShownArtifact } from './model';
import type { Signal, Value } from './observable';
import type { ISearch } from './search';
import type { IInterest, ISource, ISourceStatus } from './source';
import type { IChange, Store } from './store';
import type { ThemeWatch } from './theme';
import type { View } from './view';

/** Parts that need the server; hosts that have one bring them, so that the widget need not carry them. */
export interface IParts {
  /** What can be done with the runs that are ticked in a table. */
  readonly tableActions?: (picked: readonly IRun[]) => JSX.Element | null;
  /** The counts beside a table, and the button that shows them. */
  readonly facets?: {
    readonly button: () => JSX.Element;
    readonly panel: (search: ISearch, runs: readonly IRun[]) => JSX.Element;
  };
  /** What a run made and took. */
  readonly runArtifacts?: (run: string) => JSX.Element;
  /** An artifact in an output, with all that a server or a kernel tells of it. */
  readonly artifact?: (shown: IShownArtifact) => JSX.Element;
  /** The log of a run with a search above it; `tail` is what stands there while nothing is searched. */
  readonly logSearch?: (run: string, tail: JSX.Element) => JSX.Element;
}

/** What every component of one mount shares. */
export interface IContext {
  readonly source: ISource;
  readonly view: View;
  readonly theme: ThemeWatch;
  /** Open a run where the host shows runs; absent where only this mount can show it. */
  readonly openRun?: (run: IRun) => void;
  readonly parts?: IParts;
  /** Of runs on another host: which, and in which folder there. */
  readonly far?: { readonly host: string; readonly root: string };
}

export const Context = createContext<IContext | null>(null);

/** Return the context of the mount. */
export function useApp(): IContext {
  const context = useContext(Context);
  if (!context) {
    throw new Error('A component was drawn outside of a mount.');
  }
  return context;
}

/** Draw again whenever a value changes. */
export function useValue<T>(value: Value<T>): T {
  useSignal(value.changed, () => true);
  return value.value;
}

/** Draw again when the store changes in one of the ways named. */
export function useStore(...kinds: (keyof IChange)[]): Store {
  const { source } = useApp();
  useSignal(source.swapped, () => true);
  useSignal(source.store.changed, change => kinds.some(kind => change[kind]));
  return source.store;
}

/** Draw again when a signal speaks of something that matters. */
function useSignal<T>(signal: Signal<T>, matters: (payload: T) => boolean): void {
  const [, again] = useReducer<number, void>(n => n + 1, 0);
  const seen = signal.count;
  useLayoutEffect(() => {
    if (signal.count !== seen) {
      again(); // it spoke between drawing and listening
    }
    return signal.connect(payload => matters(payload) && again());
  }, [signal]);
}

/** Return how the source is doing. */
export function useStatus(): ISourceStatus {
  return useValue(useApp().source.status);
}

/** Keep something up to date while the component is on the screen. */
export function useFollow(interest: IInterest): void {
  const { source } = useApp();
  useEffect(() => source.follow(interest), [source, JSON.stringify(interest)]);
}

/** Return the Unix time, drawn again every `seconds`. */
export function useNow(seconds: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}
