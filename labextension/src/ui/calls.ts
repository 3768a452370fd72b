import { useEffect, useReducer } from 'preact/hooks';
import type { Client } from '../transport/client';
import { useApp } from './hooks';

/** Return who answers calls now, the server or the kernel; null when nobody does. */
export function useCalls(): Client | null {
  const { source } = useApp();
  const [, again] = useReducer<number, void>(n => n + 1, 0);
  useEffect(() => {
    const stops = [
      source.swapped.connect(() => again()),
      source.status.changed.connect(() => again())
    ];
    again();
    return () => stops.forEach(stop => stop());
  }, [source]);
  return source.calls ?? null;
}
