import type { ComponentChildren, JSX } from 'preact';
import { t } from '../text';

/** The panel of other hosts where it has an area of its own. */
export function RemotePlace({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <div class="rn-remote-place">
      <h2>{t('Remote hosts')}</h2>
      {children}
    </div>
  );
}
