import type { JSX } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';
import type { IArtifactRef } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { Nav } from '../../artifacts/nav';
import { ArtifactView } from './ArtifactView';

/** One artifact whose versions are walked in place; another artifact opens where the host opens artifacts, or here too. */
export function WalkedArtifact(props: { client: Client; first: IArtifactRef }): JSX.Element {
  const { client, first } = props;
  const outer = useContext(Nav);
  const [at, setAt] = useState(first);
  const nav = useMemo(() => {
    const openArtifact = (ref: IArtifactRef): void =>
      !outer || (ref.type === at.type && ref.name === at.name)
        ? setAt(ref)
        : outer.openArtifact(ref);
    return { ...outer, openArtifact };
  }, [outer, at]);
  return (
    <Nav.Provider value={nav}>
      <ArtifactView key={`${at.type}/${at.name}`} client={client} at={at} />
    </Nav.Provider>
  );
}
