import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { colorValue } from '../chart/palette';
import { useApp, useNow } from '../hooks';
import { nameOf, shortId } from '../labels';
import type { IRun } from '../model';
import { t } from '../text';
import type { IColumn } from './columns';
import { StateChip } from './StateChip';

/** The height of every row, in CSS pixels; the stylesheet says the same. */
const ROW = 33;
/** From so many rows on only those in view are in the page. */
const VIRTUAL_FROM = 200;
const MARGIN = 12;

interface IProps {
  readonly head: JSX.Element;
  readonly rows: readonly IRun[];
  readonly columns: readonly IColumn[];
  /** Palette index of each run that is compared. */
  readonly colors: ReadonlyMap<string, number>;
  readonly onPick: (id: string, on: boolean) => void;
  readonly onOpen: (run: IRun) => void;
}

/** The scrolling table itself. */
export function TableBody({ head, rows, columns, colors, onPick, onOpen }: IProps): JSX.Element {
  const { view } = useApp();
  const now = useNow(5);
  const box = useRef<HTMLDivElement>(null);
  const [from, to] = useWindow(box, rows.length);
  return (
    <div class="rn-table-scroll" ref={box} tabIndex={-1}>
      <table class="rn-table" aria-rowcount={rows.length}>
        {head}
        <tbody>
          {from > 0 && <tr style={{ height: `${from * ROW}px` }} aria-hidden="true" />}
          {rows.slice(from, to).map(run => (
            <tr
              key={run.id}
              data-run={run.id}
              class={colors.has(run.id) ? 'rn-picked' : ''}
              onMouseEnter={() => colors.has(run.id) && (view.highlight.value = run.id)}
              onMouseLeave={() => (view.highlight.value = null)}
            >
              <td class="rn-pick">
                <Pick run={run} color={colors.get(run.id)} onPick={onPick} />
              </td>
              <td class="rn-name">
                <button
                  class="rn-open"
                  title={`${run.project} / ${run.name} · ${run.id}`}
                  onClick={() => onOpen(run)}
                >
                  <span class="rn-muted">{run.project} / </span>
                  {nameOf(run)}
                </button>
                <span class="rn-short-id">{shortId(run.id)}</span>
              </td>
              <td>
                <StateChip run={run} />
              </td>
              {columns.map(column => {
                const { text, title } = column.cell(run, now);
                return (
                  <td
                    key={column.key}
                    class={column.numeric ? 'rn-right rn-num' : 'rn-num'}
                    title={title ?? text}
                  >
                    {text}
                  </td>
                );
              })}
            </tr>
          ))}
          {to < rows.length && (
            <tr style={{ height: `${(rows.length - to) * ROW}px` }} aria-hidden="true" />
          )}
        </tbody>
      </table>
      {rows.length === 0 && <p class="rn-calm">{t('No run matches the filter.')}</p>}
    </div>
  );
}

function Pick({
  run,
  color,
  onPick
}: {
  run: IRun;
  color?: number;
  onPick: IProps['onPick'];
}): JSX.Element {
  const style = color === undefined ? undefined : { accentColor: colorValue(color) };
  return (
    <input
      type="checkbox"
      checked={color !== undefined}
      style={style}
      aria-label={t('Compare %1', nameOf(run))}
      onChange={event => onPick(run.id, event.currentTarget.checked)}
    />
  );
}

/** Return the first and last row to draw. */
function useWindow(box: { current: HTMLDivElement | null }, rows: number): [number, number] {
  const [top, setTop] = useState(0);
  const virtual = rows > VIRTUAL_FROM;
  useEffect(() => {
    const element = box.current;
    if (!virtual || !element) {
      return;
    }
    const onScroll = (): void => setTop(Math.floor(element.scrollTop / ROW / MARGIN) * MARGIN);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [virtual]);
  if (!virtual) {
    return [0, rows];
  }
  const from = Math.max(0, Math.min(top, rows) - MARGIN);
  return [from, Math.min(rows, from + 60)];
}
