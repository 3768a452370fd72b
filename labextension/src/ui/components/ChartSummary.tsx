import type { JSX } from 'preact';
import type { ILine } from '../chart/trace';
import { count, number } from '../format';
import { useStore } from '../hooks';
import { t } from '../text';

/** Curves told one by one to a screen reader. */
const TOLD = 30;

/** What the chart shows, for those who cannot see it. */
export function ChartSummary({
  metric,
  lines
}: {
  metric: string;
  lines: readonly ILine[];
}): JSX.Element {
  useStore('series');
  return (
    <table class="rn-sr-only">
      <caption>
        {lines.length === 1 ? t('%1, 1 curve', metric) : t('%1, %2 curves', metric, lines.length)}
      </caption>
      <thead>
        <tr>
          {[t('Run'), t('First'), t('Last'), t('Smallest'), t('Largest'), t('Points')].map(head => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.slice(0, TOLD).map(line => (
          <SummaryRow key={line.key} line={line} />
        ))}
      </tbody>
    </table>
  );
}

function SummaryRow({ line }: { line: ILine }): JSX.Element {
  const { y, total } = line.series;
  let min = Infinity;
  let max = -Infinity;
  for (const value of y) {
    min = value < min ? value : min;
    max = value > max ? value : max;
  }
  const cells = y.length ? [y[0], y[y.length - 1], min, max].map(number) : ['–', '–', '–', '–'];
  return (
    <tr>
      <th scope="row">{line.label}</th>
      {cells.map((cell, i) => (
        <td key={i}>{cell}</td>
      ))}
      <td>{count(total)}</td>
    </tr>
  );
}
