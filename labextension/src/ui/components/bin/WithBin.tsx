import { type ComponentChildren, type JSX, createContext } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';
import type { IArtifactRef } from '../../../transport/artifacts';
import { Nav } from '../../artifacts/nav';
import { Bin } from '../../bin';
import { useCalls } from '../../calls';
import type { IRun } from '../../model';
import { t } from '../../text';
import { WalkedArtifact } from '../artifacts/WalkedArtifact';
import { Icon } from '../Icon';
import { BinNote } from './BinNote';
import { BinView } from './BinView';
import { DeleteRuns } from './DeleteRuns';

const Place = createContext<{ readonly bin: Bin; readonly show: () => void } | null>(null);

/** An output with its recycle bin and its artifacts behind it, as long as a server or a kernel answers. */
export function WithBin({ children }: { children: ComponentChildren }): JSX.Element {
  const calls = useCalls();
  const [open, setOpen] = useState<'bin' | IArtifactRef | null>(null);
  const bin = useMemo(() => calls && new Bin(calls), [calls]);
  const place = useMemo(() => bin && { bin, show: () => setOpen('bin') }, [bin]);
  const nav = useMemo(() => calls && { openArtifact: setOpen }, [calls]);
  return (
    <Place.Provider value={place}>
      <Nav.Provider value={nav}>
        {!calls || !bin || !open ? (
          children
        ) : (
          <div class="rn-app">
            <button class="rn-link rn-back" onClick={() => setOpen(null)}>
              <Icon name="back" />
              {t('Back')}
            </button>
            {open === 'bin' ? (
              <BinView bin={bin} />
            ) : (
              <WalkedArtifact key={JSON.stringify(open)} client={calls} first={open} />
            )}
          </div>
        )}
        {bin && <BinNote bin={bin} />}
      </Nav.Provider>
    </Place.Provider>
  );
}

/** The buttons of a table in an output: delete what is ticked, look into the bin. */
export function BinActions({ picked }: { picked: readonly IRun[] }): JSX.Element | null {
  const place = useContext(Place);
  return (
    place && (
      <>
        <DeleteRuns bin={place.bin} runs={picked} />
        <button class="rn-icon-button" name="bin" title={t('Recycle bin')} onClick={place.show}>
          <Icon name="trash" />
        </button>
      </>
    )
  );
}
