import { afterEach, expect, test, vi } from 'vitest';
import { EmbeddedSource } from '../../src/transport/embedded';
import type { IHover } from '../../src/ui/chart/plot';
import type { ILine } from '../../src/ui/chart/trace';
import { Chart } from '../../src/ui/components/Chart';
import { type IMounted, mount } from '../../src/ui/mount';
import { Signal } from '../../src/ui/observable';
import { Series } from '../../src/ui/series';
import { makeDoc, makeRun, until } from '../make';

// The canvas is drawn in a real browser only; what is told by it is heard here.
const made = vi.hoisted(() => [] as { hovered: { emit(hover: unknown): void } }[]);
vi.mock('../../src/ui/chart/plot', () => ({
  Plot: class {
    readonly hovered = new Signal<IHover | null>();
    readonly zoomed = new Signal<null>();
    constructor() {
      made.push(this);
    }
    setLines(): void {}
    setLook(): void {}
    redraw(): void {}
    dispose(): void {}
  }
}));

let mounted: IMounted | undefined;

afterEach(() => mounted?.dispose());

const AT = { left: 10, top: 10, width: 300 };

function line(key: string): ILine {
  const series = new Series();
  series.write(0, [0, 120000], [0.25, 0.5]);
  return { key, label: key, color: 0, series };
}

async function show(lines: ILine[]): Promise<ShadowRoot> {
  made.length = 0;
  const source = new EmbeddedSource(makeDoc([makeRun('a')]));
  const chart = <Chart metric="loss" lines={lines} group="g" empty="" />;
  mounted = mount(document.body, { source }, chart);
  await until(() => made.length === 1);
  await new Promise(resolve => setTimeout(resolve, 50));
  return document.querySelector('.runicorn-host')!.shadowRoot!;
}

test('the head of a chart of one line tells the value at the pointer', async () => {
  const one = line('a');
  const shadow = await show([one]);
  const value = (): string => shadow.querySelector('.rn-chart-value')!.textContent ?? '';
  expect(value()).toBe('0.5');
  made[0].hovered.emit({ x: 120000, at: AT, values: [{ line: one, y: 0.25, shown: 0.5 }] });
  await until(() => value() === 'step 120,000 0.25 (0.5)');
  expect(shadow.querySelector('.rn-tooltip')).toBeNull();
  made[0].hovered.emit(null);
  await until(() => value() === '0.5');
});

test('values of several lines stand beside the pointer, for as long as it points', async () => {
  const lines = [line('a'), line('b')];
  const shadow = await show(lines);
  const values = lines.map((one, i) => ({ line: one, y: i, shown: i }));
  made[0].hovered.emit({ x: 7, at: AT, values });
  await until(() => shadow.querySelector('.rn-tooltip') !== null);
  expect(shadow.querySelector('.rn-tooltip')!.textContent).toBe('step 7a0b1');
  made[0].hovered.emit(null);
  await until(() => shadow.querySelector('.rn-tooltip') === null);
});
