import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { place } from '../chart/axes';
import { colorValue } from '../chart/palette';
import type { IHover, Plot } from '../chart/plot';
import { number } from '../format';
import { useApp } from '../hooks';
import { t } from '../text';

/** Lines listed at most; the nearest to the pointer come first. */
const LISTED = 8;

/** The values of several lines under the pointer, beside it; a single one is told in the head. */
export function Tooltip({ plot }: { plot: { current: Plot | null } }): JSX.Element | null {
  const { view } = useApp();
  const [hover, setHover] = useState<IHover | null>(null);
  useEffect(() => plot.current?.hovered.connect(setHover), []);
  if (!hover?.at || hover.values.length === 0) {
    return null;
  }
  const { left, width } = hover.at;
  const right = left > width / 2;
  const x = place(view.xAxis.value, hover.x);
  const side = right ? { right: `${width - left + 24}px` } : { left: `${left + 64}px` };
  return (
    <div class="rn-tooltip" style={side} aria-hidden="true">
      <div class="rn-tooltip-x rn-num">{x}</div>
      {hover.values.slice(0, LISTED).map(({ line, y, shown }, i) => (
        <div class={`rn-tooltip-row${i === 0 ? ' rn-first' : ''}`} key={line.key}>
          <i class="rn-swatch" style={{ background: colorValue(line.color) }} />
          <span class="rn-tooltip-name">{line.label}</span>
          <span class="rn-num">{number(y)}</span>
          {shown !== y && <span class="rn-num rn-muted">({number(shown)})</span>}
        </div>
      ))}
      {hover.values.length > LISTED && (
        <div class="rn-muted">{t('and %1 more', hover.values.length - LISTED)}</div>
      )}
    </div>
  );
}
