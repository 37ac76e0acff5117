import type { DynamicConfigValue, FieldConfig, Threshold, ValueMapping } from '@grafana/data';
import type { Panel } from './model';

interface Axis {
  format?: string;
  label?: string | null;
  min?: string | number | null;
  max?: string | number | null;
  logBase?: number;
}

interface SeriesOverride {
  alias?: string;
  yaxis?: number;
  color?: string;
  fill?: number;
  linewidth?: number;
}

/** What the page reads of the panels `graph` and `singlestat`. */
interface OldPanel extends Omit<Panel, 'options'> {
  yaxes?: Axis[];
  xaxis?: { mode?: string };
  lines?: boolean;
  bars?: boolean;
  points?: boolean;
  linewidth?: number;
  fill?: number;
  stack?: boolean;
  percentage?: boolean;
  steppedLine?: boolean;
  nullPointMode?: string;
  decimals?: number | null;
  aliasColors?: Record<string, string>;
  seriesOverrides?: SeriesOverride[];
  legend?: Record<string, unknown>;
  tooltip?: { shared?: boolean; sort?: number };
  format?: string;
  valueName?: string;
  thresholds?: unknown;
  colors?: string[];
  colorValue?: boolean;
  colorBackground?: boolean;
  sparkline?: { show?: boolean };
  gauge?: { show?: boolean; minValue?: number; maxValue?: number };
  valueMaps?: { value?: string; text?: string }[];
  nullText?: string | null;
}

const CALCULATIONS: Record<string, string> = {
  avg: 'mean',
  current: 'lastNotNull',
  total: 'sum',
  first: 'firstNotNull',
  min: 'min',
  max: 'max',
  delta: 'delta',
  diff: 'diff',
  range: 'range',
};
const SORTS = ['none', 'asc', 'desc'];

/** A panel of Grafana before version 8 as the one that Grafana itself makes of it on load; others as they are. */
export function modern(panel: Panel): Panel {
  if (panel.options || panel.fieldConfig) return panel;
  if (panel.type === 'graph' && ((panel as OldPanel).xaxis?.mode ?? 'time') === 'time') return fromGraph(panel);
  if (panel.type === 'singlestat' || panel.type === 'grafana-singlestat-panel') return fromSinglestat(panel);
  return panel;
}

function fromGraph(panel: OldPanel): Panel {
  const { yaxes: [left = {}, right = {}] = [], aliasColors = {}, seriesOverrides = [], legend = {}, tooltip } = panel;
  const colors = Object.entries(aliasColors).map(([name, color]) => override(name, [fixed(color)]));
  const series = seriesOverrides.map((one) => override(one.alias ?? '', seriesProperties(one, right)));
  return {
    ...panel,
    type: 'timeseries',
    fieldConfig: {
      defaults: { unit: left.format, decimals: panel.decimals, ...limits(left), custom: drawing(panel, left) },
      overrides: [...colors, ...series],
    },
    options: {
      legend: {
        showLegend: legend.show ?? true,
        displayMode: legend.alignAsTable ? 'table' : 'list',
        placement: legend.rightSide ? 'right' : 'bottom',
        calcs: Object.entries(CALCULATIONS).flatMap(([old, id]) => (legend.values && legend[old] ? [id] : [])),
      },
      tooltip: { mode: tooltip?.shared === false ? 'single' : 'multi', sort: SORTS[tooltip?.sort ?? 0] },
    },
  };
}

function drawing(panel: OldPanel, { label, logBase = 1 }: Axis): Record<string, unknown> {
  const { bars, points, lines = true, stack, percentage } = panel;
  return {
    drawStyle: bars ? 'bars' : points && !lines ? 'points' : 'line',
    lineWidth: panel.linewidth ?? 1,
    fillOpacity: bars ? 100 : (panel.fill ?? 1) * 10,
    showPoints: points ? 'always' : 'never',
    lineInterpolation: panel.steppedLine ? 'stepAfter' : 'linear',
    spanNulls: panel.nullPointMode === 'connected',
    stacking: { mode: stack ? (percentage ? 'percent' : 'normal') : 'none', group: 'A' },
    axisLabel: label ?? '',
    scaleDistribution: logBase > 1 ? { type: 'log', log: logBase } : { type: 'linear' },
  };
}

function seriesProperties({ yaxis, color, fill, linewidth }: SeriesOverride, right: Axis): DynamicConfigValue[] {
  const ofAxis = Object.entries({ unit: right.format, ...limits(right) }).map(([id, value]) => ({ id, value }));
  return [
    ...(yaxis === 2 ? [{ id: 'custom.axisPlacement', value: 'right' }, ...ofAxis] : []),
    ...(color ? [fixed(color)] : []),
    ...(fill === undefined ? [] : [{ id: 'custom.fillOpacity', value: fill * 10 }]),
    ...(linewidth === undefined ? [] : [{ id: 'custom.lineWidth', value: linewidth }]),
  ];
}

const fixed = (fixedColor: string): DynamicConfigValue => ({ id: 'color', value: { mode: 'fixed', fixedColor } });

/** Of a series by its name, or by a regular expression between slashes. */
const override = (name: string, properties: DynamicConfigValue[]) => ({
  matcher: { id: /^\/.*\/$/.test(name) ? 'byRegexp' : 'byName', options: name },
  properties,
});

/** An axis says its ends as texts. */
function limits({ min, max }: Axis): Pick<FieldConfig, 'min' | 'max'> {
  const ends = Object.entries({ min, max }).map(([id, end]) => [id, Number.parseFloat(String(end))] as const);
  return Object.fromEntries(ends.filter(([, end]) => Number.isFinite(end)));
}

function fromSinglestat(panel: OldPanel): Panel {
  const { gauge, valueName = 'avg', colorBackground, colorValue, valueMaps = [], nullText } = panel;
  const ends = gauge?.show ? { min: gauge.minValue ?? 0, max: gauge.maxValue ?? 100 } : {};
  return {
    ...panel,
    type: gauge?.show ? 'gauge' : 'stat',
    fieldConfig: {
      defaults: {
        unit: panel.format,
        decimals: panel.decimals,
        ...ends,
        noValue: nullText ?? undefined,
        thresholds: { mode: 'absolute' as never, steps: steps(panel) },
        mappings: [{ type: 'value', options: mapped(valueMaps) } as ValueMapping],
      },
      overrides: [],
    },
    options: {
      reduceOptions: { calcs: [CALCULATIONS[valueName] ?? 'lastNotNull'] },
      colorMode: colorBackground ? 'background' : colorValue ? 'value' : 'none',
      graphMode: panel.sparkline?.show ? 'area' : 'none',
      textMode: valueName === 'name' ? 'name' : 'auto',
    },
  };
}

/** `80,90` and three colours. */
function steps({ thresholds, colors = [] }: OldPanel): Threshold[] {
  const values = typeof thresholds === 'string' && thresholds.trim() ? thresholds.split(',').map(Number) : [];
  return [Number.NEGATIVE_INFINITY, ...values].map((value, index) => ({ value, color: colors[index] ?? 'green' }));
}

const mapped = (maps: { value?: string; text?: string }[]) =>
  Object.fromEntries(maps.map(({ value = '', text = '' }) => [value, { text }]));
