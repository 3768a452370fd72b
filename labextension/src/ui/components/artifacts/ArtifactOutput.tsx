import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { readVersion } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { useCalls } from '../../calls';
import { useApp } from '../../hooks';
import type { IShownArtifact } from '../../model';
import { ArtifactCard } from '../ArtifactCard';
import { WalkedArtifact } from './WalkedArtifact';

/** An artifact in an output: the whole of it where server or kernel answers, else what the document holds. */
export function ArtifactOutput({ shown }: { shown: IShownArtifact }): JSX.Element {
  const client = useKeeper(shown);
  const { type, name, version } = shown;
  return client ? (
    <WalkedArtifact client={client} first={{ type, name, version }} />
  ) : (
    <ArtifactCard shown={shown} />
  );
}

/** Return who has this very version: the server may serve another root than the kernel writes to. */
function useKeeper(shown: IShownArtifact): Client | null {
  useCalls();
  const { source } = useApp();
  const { server = null, kernel = null } = source;
  const [keeps, setKeeps] = useState<Client | null>(null);
  useEffect(() => {
    let over = false;
    if (server) {
      const { type, name, version, created_at: made } = shown;
      readVersion(server, { type, name, version }).then(
        found => over || setKeeps(found.created_at === (made ?? null) ? server : null),
        () => over || setKeeps(null)
      );
    }
    return () => {
      over = true;
    };
  }, [server, shown.type, shown.name, shown.version]);
  return server && keeps === server ? server : kernel;
}
