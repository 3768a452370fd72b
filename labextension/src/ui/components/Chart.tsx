import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../format';
import { useApp, useNow, useValue } from '../hooks';
import { Plot } from '../chart/plot';
import type { Range } from '../chart/range';
import type { ILine } from '../chart/trace';
import type { Series } from '../series';
import { metricOf } from '../view';
import { t } from '../text';
import { ChartHeader } from './ChartHeader';
import { ChartSummary } from './ChartSummary';
import { Tooltip } from './Tooltip';
import { fetchWindow } from './window';

/** One chart: a metric, and a line for each run. */
export interface IChartProps {
  readonly metric: string;
  readonly lines: readonly ILine[];
  /** Charts of one group share the crosshair. */
  readonly group: string;
  /** What stands in a chart without lines. */
  readonly empty: string;
}

/** Seconds after which curves that grow are joined anew. */
const REJOIN = 3;

export function Chart({ metric, lines, group, empty }: IChartProps): JSX.Element {
  const { source, view, theme } = useApp();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [zoom, setZoom] = useState<Range | null>(null);
  const [wide, setWide] = useState(false);
  const look = {
    smoothing: useValue(view.smoothing),
    logY: useValue(view.logY),
    xAxis: useValue(view.xAxis),
    stages: useValue(view.stages),
    hidden: useValue(view.hiddenRuns),
    highlight: useValue(view.highlight)
  };
  const made = useMemo(() => ({ look }), []);

  // Before the effects of the header and the tooltip, which listen to the plot.
  useLayoutEffect(() => {
    const chart = new Plot(host.current!, group, made.look);
    plot.current = chart;
    const stops = [
      chart.zoomed.connect(setZoom),
      theme.repaint.changed.connect(() => chart.redraw()),
      () => chart.dispose()
    ];
    return () => stops.forEach(stop => stop());
  }, []);

  useEffect(() => plot.current?.setLines(lines), [lines]);
  useEffect(() => plot.current?.setLook(look), Object.values(look));
  // New points go to the canvas directly: nothing is rendered again for them.
  useEffect(
    () => source.store.changed.connect(change => change.series && plot.current?.redraw()),
    [source.store]
  );
  const note = useExactWindow(plot, metric, lines, zoom);

  return (
    <figure class={`rn-chart${wide ? ' rn-wide' : ''}`} data-metric={metric}>
      <ChartHeader
        metric={metric}
        lines={lines}
        plot={plot}
        note={note}
        zoomed={zoom !== null}
        wide={wide}
        onWide={() => setWide(!wide)}
      />
      <div class="rn-plot" ref={host}>
        {lines.length > 1 && <Tooltip plot={plot} />}
        {lines.length === 0 && <div class="rn-plot-empty">{empty}</div>}
      </div>
      <ChartSummary metric={metric} lines={lines} />
    </figure>
  );
}

/** While zoomed, fetch the exact points of thinned lines and say so while waiting. */
function useExactWindow(
  plot: { current: Plot | null },
  metric: string,
  lines: readonly ILine[],
  zoom: Range | null
): string {
  const { source, view } = useApp();
  const [note, setNote] = useState('');
  const axis = useValue(view.xAxis);
  const joined = metricOf(axis) !== null;
  // Thinned curves of two metrics have few steps in common: they are joined where all points are.
  const thin = ({ series, by }: ILine): boolean => !series.exact || by?.exact === false;
  const thinned = lines.filter(thin).map(line => line.key);
  const growing = joined && lines.some(line => line.live && thin(line));
  const now = useNow(growing ? REJOIN : 3600);
  useEffect(() => {
    if (!growing) {
      setNote('');
    }
    if (!(zoom || joined) || !thinned.length || !source.canWindow) {
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      setNote(said => said || source.waitingText);
      fetchWindow(source, metric, thinned, axis, zoom)
        .then((exact: Map<string, Series>) => {
          if (current) {
            plot.current?.setExact(exact);
            setNote(described(exact));
          }
        })
        .catch((error: Error) => current && setNote(error.message));
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [zoom, axis, thinned.join(), growing && now]);
  return note;
}

function described(exact: ReadonlyMap<string, Series>): string {
  const all = [...exact.values()];
  const here = all.reduce((sum, series) => sum + series.length, 0);
  const total = all.reduce((sum, series) => sum + series.total, 0);
  return all.every(series => series.exact)
    ? total === 1
      ? t('1 point')
      : t('all %1 points', count(total))
    : t('%1 of %2 points', count(here), count(total));
}
