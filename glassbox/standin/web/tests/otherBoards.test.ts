import { describe, expect, it } from 'vitest';
import type { Dashboard, Panel } from '../src/dashboard/model';
import { normalised } from '../src/dashboard/normalise';
import { modern } from '../src/dashboard/oldPanels';
import { finite, hasFinite } from '../src/fields/finite';
import { transformed } from '../src/fields/prepare';
import { lackingIn } from '../src/panels/lacking';
import { framesOf } from '../src/queries/frames';
import { asGlob, asPromql, asText, interpolate } from '../src/variables/interpolate';
import { matching, option, savedOptions } from '../src/variables/options';
import { source } from '../src/variables/sources';

const shapeOfOne = { refId: 'A', expr: 'x', valueName: 'Value' };
const GRID = { x: 0, y: 0, w: 12, h: 8 };
const panel = (fields: object): Panel => ({ id: 1, type: 'timeseries', gridPos: GRID, ...fields }) as Panel;

describe('a panel is converted by its type, whatever else it carries', () => {
  it('graph with options and fieldConfig, as versions 6 to 8 wrote it', () => {
    const graph = modern(
      panel({
        type: 'graph',
        options: { alertThreshold: true },
        fieldConfig: { defaults: { unit: 's', links: [{ title: 'more' }] }, overrides: [] },
        yaxes: [{ format: 'bytes', show: true }, {}],
        seriesOverrides: [{ alias: 'in', transform: 'negative-Y', dashes: true }, { yaxis: 2 }],
        thresholds: [{ value: 90, op: 'gt', colorMode: 'critical', line: true }],
      }),
    );
    expect(graph.type).toBe('timeseries');
    expect(graph.fieldConfig?.defaults).toMatchObject({
      unit: 'bytes',
      links: [{ title: 'more' }],
      thresholds: { steps: [{ color: 'transparent' }, { value: 90, color: 'red' }] },
      custom: { thresholdsStyle: { mode: 'line' } },
    });
    expect(graph.fieldConfig?.overrides).toEqual([
      {
        matcher: { id: 'byName', options: 'in' },
        properties: [
          { id: 'custom.transform', value: 'negative-Y' },
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
        ],
      },
    ]);
  });
  it('graph over series and over values', () => {
    const bars = modern(panel({ type: 'graph', xaxis: { mode: 'series', values: ['current'] } }));
    expect(bars.type).toBe('barchart');
    expect(bars.transformations).toEqual([{ id: 'reduce', options: { reducers: ['lastNotNull'] } }]);
    expect(modern(panel({ type: 'graph', xaxis: { mode: 'histogram' } })).type).toBe('histogram');
  });
  it('singlestat with fieldConfig, ranges and a column of a table', () => {
    const stat = modern(
      panel({
        type: 'singlestat',
        fieldConfig: { defaults: {}, overrides: [] },
        format: 's',
        mappingType: 2,
        rangeMaps: [{ from: '0', to: '1', text: 'fine' }],
        tableColumn: 'uptime',
      }),
    );
    expect(stat).toMatchObject({ type: 'stat', options: { reduceOptions: { calcs: ['mean'], fields: '/^uptime$/' } } });
    expect(stat.fieldConfig?.defaults).toMatchObject({
      unit: 's',
      mappings: [{ type: 'range', options: { from: 0, to: 1, result: { text: 'fine' } } }],
    });
  });
  it('gauge of version 6', () => {
    const gauge = modern(
      panel({
        type: 'gauge',
        options: {
          orientation: 'auto',
          fieldOptions: {
            calcs: ['mean'],
            defaults: { unit: 'percent', title: 'CPU' },
            thresholds: [{ color: 'red' }],
          },
        },
      }),
    );
    expect(gauge.options).toEqual({ orientation: 'auto', reduceOptions: { calcs: ['mean'] } });
    expect(gauge.fieldConfig?.defaults).toEqual({
      unit: 'percent',
      displayName: 'CPU',
      min: 0,
      max: 100,
      thresholds: { mode: 'absolute', steps: [{ color: 'red' }] },
    });
  });
  it('table of version 6', () => {
    const table = modern(
      panel({
        type: 'table-old',
        transform: 'timeseries_aggregations',
        columns: [{ value: 'avg' }],
        styles: [
          { pattern: 'Time', type: 'hidden' },
          { pattern: '/Value.*/', unit: 'bytes', alias: 'Used', colorMode: 'cell', thresholds: ['5'], colors: ['red'] },
        ],
      }),
    );
    expect(table.type).toBe('table');
    expect(table.transformations).toEqual([{ id: 'reduce', options: { reducers: ['mean'] } }]);
    expect(table.fieldConfig?.overrides).toMatchObject([
      { matcher: { id: 'byName' }, properties: [{ id: 'custom.hideFrom', value: { viz: true } }] },
      { matcher: { id: 'byRegexp' }, properties: [{ value: 'Used' }, { value: 'bytes' }, {}, {}] },
    ]);
  });
  it('cells, hidden columns and mappings of versions 7 to 9, in defaults and overrides', () => {
    const table = modern(
      panel({
        type: 'table',
        fieldConfig: {
          defaults: {
            unit: 's',
            custom: { displayMode: 'lcd-gauge' },
            mappings: [{ type: 1, value: '1', text: 'up' }],
          },
          overrides: [{ matcher: { id: 'byName', options: 'a' }, properties: [{ id: 'custom.hidden', value: true }] }],
        },
      }),
    );
    expect(table.fieldConfig).toEqual({
      defaults: {
        unit: 's',
        custom: { cellOptions: { type: 'gauge', mode: 'lcd' } },
        mappings: [{ type: 'value', options: { 1: { text: 'up' } } }],
      },
      overrides: [
        { matcher: { id: 'byName', options: 'a' }, properties: [{ id: 'custom.hideFrom', value: { viz: true } }] },
      ],
    });
  });
  it('text beside the options, and a legend that was hidden', () => {
    expect(modern(panel({ type: 'text', content: 'Hello', mode: 'html' })).options).toEqual({
      content: 'Hello',
      mode: 'html',
    });
    const hidden = modern(panel({ options: { legend: { displayMode: 'hidden', placement: 'bottom' } } }));
    expect(hidden.options?.legend).toMatchObject({ displayMode: 'list', showLegend: false });
  });
  it('settings that make no sense leave the other panels alone', () => {
    const broken = panel({ type: 'table', styles: 5, options: { fieldOptions: { overrides: 7 } } });
    const panels = normalised({ panels: [broken, panel({ id: 2, type: 'graph' })] } as Dashboard).panels;
    expect(panels?.map(({ type }) => type)).toEqual(['table', 'timeseries']);
  });
});

describe('queries', () => {
  const asked = (targets: object[]) => normalised({ panels: [panel({ targets })] } as Dashboard).panels?.[0]?.targets;
  it('without a refId get the first free letters', () =>
    expect(asked([{}, { refId: 'A' }, {}])?.map(({ refId }) => refId)).toEqual(['B', 'A', 'C']));
  it('of another panel are asked where a panel shows those', () => {
    const from = { uid: '-- Dashboard --', type: 'datasource' };
    const panels = [
      panel({ id: 1, datasource: { uid: 'p' }, targets: [{ expr: 'up' }] }),
      panel({ id: 2, datasource: from, targets: [{ panelId: 1, refId: 'X' }] }),
    ];
    expect(normalised({ panels } as Dashboard).panels?.[1]).toMatchObject({
      datasource: { uid: 'p' },
      targets: [{ expr: 'up', refId: 'A' }],
    });
  });
  it('that the server would compute are named as not drawn, hidden ones are not', () => {
    const expression = { refId: 'B', datasource: { type: '__expr__', uid: '__expr__' } };
    expect(lackingIn(panel({ targets: [expression] }))).toBe('timeseries (server-side expressions)');
    expect(lackingIn(panel({ targets: [{ ...expression, hide: true }] }))).toBeUndefined();
  });
});

describe('a data source', () => {
  const prometheus = { uid: 'p', name: 'Prometheus', type: 'prometheus', isDefault: true };
  const none = () => undefined;
  it('of a kind that is not there is named', () => {
    for (const reference of [{ type: 'loki', uid: 'x' }, { type: 'loki' }])
      expect(() => source(reference, [prometheus], none)).toThrow('no data source of the kind "loki"');
  });
  it('of the right kind takes the place of one that is not there', () => {
    for (const reference of [undefined, 'Elsewhere', { uid: 'x' }, { type: 'prometheus', uid: 'x' }])
      expect(source(reference, [prometheus], none)).toBe(prometheus);
    expect(source({ type: 'datasource', uid: '-- Mixed --' }, [prometheus], none)).toBe(prometheus);
  });
});

describe('variables', () => {
  it('take text and value out of named groups, also in alternatives', () => {
    const options = ['name="A100" uuid="1"', 'name="L4" uuid="2"', 'other'].map((text) => option(text));
    expect(matching(options, '/name="(?<text>[^"]+)|uuid="(?<value>[^"]+)/g')).toEqual([
      { text: 'A100', value: '1' },
      { text: 'L4', value: '2' },
    ]);
  });
  it('keep the whole where the regex has no groups, and every match of a global one that has', () => {
    expect(matching([option('gpu-12')], '/gpu/')).toEqual([option('gpu-12')]);
    expect(matching([option('a1 b2')], '/([a-z])\\d/g')).toEqual([option('a'), option('b')]);
  });
  it('without a query keep the options and the choice that they were saved with', () =>
    expect(
      savedOptions({
        options: [
          { value: '$__all', text: 'All' },
          { value: '0.5', text: 'p50' },
        ],
        current: { value: ['0.99'], text: ['p99'] },
      }),
    ).toEqual([option('0.5', 'p50'), option('0.99', 'p99')]));
  it('on All are All to people and their own regular expression to Prometheus', () => {
    const all = { name: 'job', value: '.*', text: 'All', verbatim: true };
    const write = (writer: typeof asText) => interpolate('$job', () => all, writer);
    expect([write(asText), write(asPromql), write(asGlob)]).toEqual(['All', '.*', '.*']);
  });
});

it('seriesToColumns is what joinByField was called', async () => {
  const shape = { refId: 'A', expr: 'x', valueName: 'Value' };
  const frames = ['a', 'b'].flatMap((name) => framesOf([{ labels: { name }, samples: [[1000, 1]] }], shape));
  const [joined, ...others] = await transformed(
    frames,
    [{ id: 'seriesToColumns', options: { byField: 'Time' } }],
    (text) => String(text),
  );
  expect(joined?.fields).toHaveLength(3);
  expect(others).toEqual([]);
});

it('a number without a place on an axis is a gap in a graph', () => {
  const values = [1, Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY, 2];
  const samples = values.map((value, index): [number, number] => [index, value]);
  const frames = framesOf([{ labels: {}, samples }], shapeOfOne);
  expect(finite(frames)[0]?.fields[1]?.values).toEqual([1, null, null, null, 2]);
  const plain = framesOf([{ labels: {}, samples: [[0, 1]] }], shapeOfOne);
  expect(finite(plain)).toBe(plain);
  expect(
    [frames, plain, finite(framesOf([{ labels: {}, samples: [[0, Number.NaN]] }], shapeOfOne)), []].map(hasFinite),
  ).toEqual([true, true, false, false]);
});
