import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RemoteModel } from './model';

/** Follow the sessions while an element can be seen: a hidden sidebar, or a tab behind another, asks nothing. */
export function useFollowed<E extends Element>(model: RemoteModel): RefObject<E> {
  const element = useRef<E>(null);
  useEffect(() => {
    let stop: (() => void) | null = null;
    const see = (seen: boolean): void => {
      if (seen) {
        stop ??= model.follow();
      } else {
        stop?.();
        stop = null;
      }
    };
    if (typeof IntersectionObserver === 'undefined') {
      see(true);
      return () => see(false);
    }
    const watch = new IntersectionObserver(found => see(found.at(-1)!.isIntersecting));
    watch.observe(element.current!);
    return () => {
      watch.disconnect();
      see(false);
    };
  }, [model]);
  return element;
}
