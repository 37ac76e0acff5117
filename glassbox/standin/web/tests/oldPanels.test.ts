import { describe, expect, it } from 'vitest';
import type { Dashboard, Panel } from '../src/dashboard/model';
import { normalised } from '../src/dashboard/normalise';
import { modern } from '../src/dashboard/oldPanels';

const GRID = { x: 0, y: 0, w: 12, h: 8 };
const old = (type: string, fields: object): Panel => modern({ id: 1, type, gridPos: GRID, ...fields } as Panel);

describe('a graph of before version 8', () => {
  it('becomes a time series with its axes, lines and legend', () => {
    const panel = old('graph', {
      yaxes: [
        { format: 'percentunit', min: '0', max: '1', label: 'Share', logBase: 1 },
        { format: 's', min: null, max: '' },
      ],
      fill: 2,
      linewidth: 3,
      nullPointMode: 'connected',
      stack: true,
      aliasColors: { errors: 'red' },
      seriesOverrides: [{ alias: '/p9.*/', yaxis: 2, fill: 0 }],
      legend: { show: true, values: true, avg: true, current: true, max: false, alignAsTable: true, rightSide: true },
      tooltip: { shared: true, sort: 2 },
    });
    expect(panel.type).toBe('timeseries');
    expect(panel.fieldConfig?.defaults).toMatchObject({ unit: 'percentunit', min: 0, max: 1 });
    expect(panel.fieldConfig?.defaults.custom).toMatchObject({
      drawStyle: 'line',
      fillOpacity: 20,
      lineWidth: 3,
      spanNulls: true,
      stacking: { mode: 'normal' },
      axisLabel: 'Share',
    });
    expect(panel.fieldConfig?.overrides).toEqual([
      {
        matcher: { id: 'byName', options: 'errors' },
        properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
      },
      {
        matcher: { id: 'byRegexp', options: '/p9.*/' },
        properties: [
          { id: 'custom.axisPlacement', value: 'right' },
          { id: 'unit', value: 's' },
          { id: 'custom.fillOpacity', value: 0 },
        ],
      },
    ]);
    expect(panel.options).toEqual({
      legend: { showLegend: true, displayMode: 'table', placement: 'right', calcs: ['mean', 'lastNotNull'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    });
  });
  it('with next to nothing in it is drawn all the same', () =>
    expect(old('graph', {}).fieldConfig?.defaults.custom).toMatchObject({ fillOpacity: 10, lineWidth: 1 }));
});

describe('a singlestat', () => {
  it('becomes a stat with its value, colours and words', () => {
    const panel = old('singlestat', {
      format: 'bytes',
      valueName: 'current',
      thresholds: '80,90',
      colors: ['green', 'orange', 'red'],
      colorBackground: true,
      valueMaps: [{ value: '1', text: 'up' }],
      nullText: 'none',
    });
    expect(panel.type).toBe('stat');
    expect(panel.fieldConfig?.defaults).toMatchObject({
      unit: 'bytes',
      noValue: 'none',
      thresholds: { steps: [{ color: 'green' }, { value: 80, color: 'orange' }, { value: 90, color: 'red' }] },
      mappings: [{ type: 'value', options: { '1': { text: 'up' } } }],
    });
    expect(panel.options).toMatchObject({ reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background' });
  });
  it('with a gauge becomes one', () =>
    expect(old('singlestat', { gauge: { show: true, maxValue: 8 } })).toMatchObject({
      type: 'gauge',
      fieldConfig: { defaults: { min: 0, max: 8 } },
    }));
});

it('a panel of today stays as it is', () => {
  const panel = { id: 1, type: 'timeseries', gridPos: GRID } as Panel;
  expect(modern(panel)).toBe(panel);
});

it('rows of before version 5 are laid out in the grid', () => {
  const rows = [
    {
      height: '190px',
      panels: [
        { id: 1, type: 'graph', span: 6 },
        { id: 2, type: 'graph', span: 6 },
        { id: 3, type: 'text' },
      ],
    },
    { title: 'More', showTitle: true, panels: [{ id: 4, type: 'text', span: 12, height: 76 }] },
    { title: 'Closed', collapse: true, panels: [{ id: 5, type: 'text' }] },
  ];
  const panels = normalised({ rows } as Dashboard).panels ?? [];
  expect(panels.map(({ type, gridPos: { x, y, w, h } }) => [type, x, y, w, h])).toEqual([
    ['timeseries', 0, 0, 12, 5],
    ['timeseries', 12, 0, 12, 5],
    ['text', 0, 5, 8, 5],
    ['row', 0, 10, 24, 1],
    ['text', 0, 11, 24, 3],
    ['row', 0, 14, 24, 1],
  ]);
  expect(panels.at(-1)).toMatchObject({ collapsed: true, title: 'Closed', panels: [{ id: 5 }] });
  expect(normalised({ rows: 'none' } as Dashboard).panels).toEqual([]);
});
