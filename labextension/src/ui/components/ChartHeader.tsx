import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { IHover, Plot } from '../chart/plot';
import type { ILine } from '../chart/trace';
import { count, number } from '../format';
import { useApp, useStore, useValue } from '../hooks';
import { place } from '../chart/axes';
import { t } from '../text';
import { Icon } from './Icon';

interface IProps {
  readonly metric: string;
  readonly lines: readonly ILine[];
  readonly plot: { current: Plot | null };
  /** What there is to say about exact points; how many are shown otherwise. */
  readonly note: string;
  readonly zoomed: boolean;
  readonly wide: boolean;
  readonly onWide: () => void;
}

/** The metric's name, its value at the pointer or its last one, and the buttons of one chart. */
export function ChartHeader({
  metric,
  lines,
  plot,
  note,
  zoomed,
  wide,
  onWide
}: IProps): JSX.Element {
  return (
    <figcaption class="rn-chart-head">
      <span class="rn-chart-name" title={metric}>
        {metric}
      </span>
      {zoomed && (
        <button
          class="rn-icon-button"
          title={t('Show everything (double click)')}
          onClick={() => plot.current?.setZoom(null)}
        >
          <Icon name="reset" />
        </button>
      )}
      <button
        class="rn-icon-button rn-quiet"
        title={wide ? t('Make the chart small') : t('Make the chart wide')}
        aria-pressed={wide}
        onClick={onWide}
      >
        <Icon name={wide ? 'shrink' : 'grow'} />
      </button>
      <Shown lines={lines} note={note} />
      <Reading lines={lines} plot={plot} />
    </figcaption>
  );
}

function Shown({ lines, note }: Pick<IProps, 'lines' | 'note'>): JSX.Element {
  useStore('series');
  const shown = lines.reduce((sum, line) => sum + line.series.length, 0);
  const total = lines.reduce(
    (sum, line) => sum + Math.max(line.series.total, line.series.length),
    0
  );
  const thinned = lines.some(line => !line.series.exact) && total > shown;
  const text = note || (thinned ? t('%1 of %2 points', count(shown), count(total)) : '');
  return (
    <span class="rn-chart-note rn-num" aria-live="polite" title={text}>
      {text}
    </span>
  );
}

function Reading({ lines, plot }: Pick<IProps, 'lines' | 'plot'>): JSX.Element | null {
  const { view } = useApp();
  useStore('series');
  const axis = useValue(view.xAxis);
  const [hover, setHover] = useState<IHover | null>(null);
  useEffect(() => plot.current?.hovered.connect(setHover), []);
  if (lines.length !== 1) {
    return null;
  }
  if (hover && hover.values.length === 1) {
    const { y, shown } = hover.values[0];
    return (
      <span class="rn-chart-value rn-num">
        <span class="rn-muted">{place(axis, hover.x)}</span> {number(y)}
        {shown !== y && <span class="rn-muted"> ({number(shown)})</span>}
      </span>
    );
  }
  const { y } = lines[0].series;
  return <span class="rn-chart-value rn-num">{y.length ? number(y[y.length - 1]) : ''}</span>;
}
