import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { IArtifactRef } from '../../transport/artifacts';

/** Where a click on an artifact or a run leads. */
export interface INav {
  readonly openArtifact: (ref: IArtifactRef) => void;
  readonly openRun?: (id: string) => void;
}

export const Nav = createContext<INav | null>(null);

/** Return where clicks lead; null where nothing can be opened. */
export function useNav(): INav | null {
  return useContext(Nav);
}

/** Read `name:vN`, the id of an artifact in a graph; null for anything else. */
export function parseId(id: string): { name: string; version: number } | null {
  const found = /^(.+):v(\d+)$/s.exec(id);
  return found && { name: found[1], version: Number(found[2]) };
}
