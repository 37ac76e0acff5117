import type {
  DataTransformerConfig,
  DynamicConfigValue,
  FieldConfig,
  FieldConfigSource,
  Threshold,
} from '@grafana/data';
import type { Panel } from './model';
import { calculation, fixed, override, said, switchedOn } from './oldFields';

interface Axis {
  format?: string;
  label?: string | null;
  min?: string | number | null;
  max?: string | number | null;
  decimals?: number | null;
  logBase?: number;
  show?: boolean;
}

interface Limit {
  value: number;
  op?: 'gt' | 'lt';
  fill?: boolean;
  line?: boolean;
  colorMode?: string;
  fillColor?: string;
  lineColor?: string;
}

interface SeriesOverride extends Record<string, unknown> {
  alias?: string;
  yaxis?: number;
}

/** What the page reads of a panel `graph`. */
export interface OldGraph extends Omit<Panel, 'options'> {
  yaxes?: Axis[];
  xaxis?: { mode?: string; values?: string[] };
  lines?: boolean;
  bars?: boolean;
  points?: boolean;
  pointradius?: number;
  linewidth?: number;
  dashes?: boolean;
  dashLength?: number;
  spaceLength?: number;
  fill?: number;
  fillGradient?: number;
  stack?: boolean;
  percentage?: boolean;
  steppedLine?: boolean;
  nullPointMode?: string;
  decimals?: number | null;
  aliasColors?: Record<string, string>;
  seriesOverrides?: SeriesOverride[];
  thresholds?: Limit[];
  legend?: Record<string, unknown>;
  tooltip?: { shared?: boolean; sort?: number };
}

const SORTS = ['none', 'asc', 'desc'];
const BAND_OPACITY = 35;

/** The panel that Grafana makes of a `graph`: by what stands on its x axis a time series, bars or a histogram. */
export function fromGraph(panel: OldGraph): Panel {
  const mode = panel.xaxis?.mode ?? 'time';
  const { legend = {}, tooltip } = panel;
  const options = {
    legend: {
      showLegend: legend.show ?? true,
      displayMode: legend.alignAsTable ? 'table' : 'list',
      placement: legend.rightSide ? 'right' : 'bottom',
      calcs: legend.values ? switchedOn(legend) : [],
      ...said({ width: legend.sideWidth }),
    },
    tooltip: { mode: tooltip?.shared === false ? 'single' : 'multi', sort: SORTS[tooltip?.sort ?? 0] },
  };
  const fieldConfig = fieldsOf(panel);
  if (mode === 'series') return { ...panel, type: 'barchart', fieldConfig, options, transformations: reduced(panel) };
  return { ...panel, type: mode === 'histogram' ? 'histogram' : 'timeseries', fieldConfig, options };
}

/** What a graph of later versions says in `fieldConfig` stays where its own settings say nothing. */
function fieldsOf(panel: OldGraph): FieldConfigSource {
  const { yaxes: [left = {}, right = {}] = [], aliasColors = {}, seriesOverrides = [], fieldConfig } = panel;
  const colors = Object.entries(aliasColors).flatMap(([name, color]) =>
    color ? [override(name, [fixed(color)])] : [],
  );
  const series = seriesOverrides.flatMap((one) => {
    const properties = seriesProperties(one, panel, right);
    return one.alias && properties.length ? [override(one.alias, properties)] : [];
  });
  const defaults = {
    ...fieldConfig?.defaults,
    ...said({ unit: left.format, decimals: left.decimals ?? panel.decimals }),
    ...limits(left),
    ...thresholdsOf(panel),
    custom: { ...fieldConfig?.defaults?.custom, ...drawing(panel, left), ...thresholdsStyle(panel) },
  };
  return { defaults, overrides: [...(fieldConfig?.overrides ?? []), ...colors, ...series] };
}

function drawing(panel: OldGraph, { label, logBase = 1, show = true }: Axis): Record<string, unknown> {
  const { bars, points, lines = true, stack, percentage, fillGradient = 0 } = panel;
  const band = panel.seriesOverrides?.some(({ fillBelowTo }) => fillBelowTo);
  const fill = fillGradient > 0 ? fillGradient * 10 : (panel.fill ?? 1) * 10;
  return {
    drawStyle: bars ? 'bars' : points && !lines ? 'points' : 'line',
    lineWidth: !bars && !lines && !points ? 0 : (panel.linewidth ?? 1),
    fillOpacity: bars ? 100 : band ? BAND_OPACITY : fill,
    ...(fillGradient > 0 ? { gradientMode: 'opacity' } : {}),
    showPoints: points ? 'always' : 'never',
    ...(points && panel.pointradius !== undefined ? { pointSize: 2 + panel.pointradius * 2 } : {}),
    ...(panel.dashes ? { lineStyle: dashOf(panel, true) } : {}),
    lineInterpolation: panel.steppedLine ? 'stepAfter' : 'linear',
    spanNulls: panel.nullPointMode === 'connected',
    stacking: { mode: stack ? (percentage ? 'percent' : 'normal') : 'none', group: 'A' },
    axisPlacement: show ? 'auto' : 'hidden',
    axisLabel: label ?? '',
    scaleDistribution: logBase > 1 ? { type: 'log', log: logBase } : { type: 'linear' },
  };
}

const dashOf = ({ dashLength = 10, spaceLength = 10 }: Pick<OldGraph, 'dashLength' | 'spaceLength'>, on: boolean) => ({
  fill: on ? 'dash' : 'solid',
  dash: [dashLength, spaceLength],
});

/** How each setting of one series is said today. */
const SERIES: Record<string, (value: never) => DynamicConfigValue[]> = {
  color: (color: string) => [fixed(color)],
  fill: (fill: number) => [custom('fillOpacity', fill * 10)],
  fillBelowTo: (name: string) => [custom('fillBelowTo', name)],
  linewidth: (width: number) => [custom('lineWidth', width)],
  lines: (on: boolean) => [on ? custom('drawStyle', 'line') : custom('lineWidth', 0)],
  bars: (on: boolean) =>
    on ? [custom('drawStyle', 'bars'), custom('fillOpacity', 100)] : [custom('drawStyle', 'line')],
  points: (on: boolean) => [custom('showPoints', on ? 'always' : 'never')],
  pointradius: (radius: number) => [custom('pointSize', 2 + radius * 2)],
  stack: (stack: boolean | string) => [
    custom('stacking', { mode: stack ? 'normal' : 'none', group: typeof stack === 'string' ? stack : 'A' }),
  ],
  transform: (name: string) => [custom('transform', name === 'negative-Y' ? name : 'constant')],
};

function seriesProperties(one: SeriesOverride, panel: OldGraph, right: Axis): DynamicConfigValue[] {
  const settings = Object.entries(one).flatMap(([name, value]) => SERIES[name]?.(value as never) ?? []);
  return [
    ...(one.yaxis === 2 ? rightAxis(right) : []),
    ...settings,
    ...(one.dashes === undefined ? [] : [custom('lineStyle', dashOf({ ...panel, ...one }, Boolean(one.dashes)))]),
  ];
}

function rightAxis(right: Axis): DynamicConfigValue[] {
  const fields = { ...said({ unit: right.format, decimals: right.decimals }), ...limits(right) };
  return [
    custom('axisPlacement', right.show === false ? 'hidden' : 'right'),
    ...Object.entries(fields).map(([id, value]) => ({ id, value })),
    ...(right.label ? [custom('axisLabel', right.label)] : []),
  ];
}

const custom = (name: string, value: unknown): DynamicConfigValue => ({ id: `custom.${name}`, value });

/** An axis says its ends as texts. */
function limits({ min, max }: Axis): Pick<FieldConfig, 'min' | 'max'> {
  const ends = Object.entries({ min, max }).map(([id, end]) => [id, Number.parseFloat(String(end))] as const);
  return Object.fromEntries(ends.filter(([, end]) => Number.isFinite(end)));
}

const limitsOf = ({ thresholds }: OldGraph): Limit[] => (Array.isArray(thresholds) ? thresholds : []);

/** Each limit colours what is above it (`gt`) or below it (`lt`). */
function thresholdsOf(panel: OldGraph): Pick<FieldConfig, 'thresholds'> {
  const sorted = limitsOf(panel).toSorted((a, b) => a.value - b.value);
  if (!sorted.length) return {};
  const steps: Threshold[] = [];
  sorted.forEach((limit, index) => {
    const next = sorted[index + 1];
    if (limit.op !== 'lt') return steps.push({ value: limit.value, color: colorOf(limit) });
    if (!steps.length) steps.push({ value: Number.NEGATIVE_INFINITY, color: colorOf(limit) });
    return steps.push({ value: limit.value, color: next?.op === 'lt' ? colorOf(next) : 'transparent' });
  });
  if (steps[0]?.value !== Number.NEGATIVE_INFINITY)
    steps.unshift({ value: Number.NEGATIVE_INFINITY, color: 'transparent' });
  return { thresholds: { mode: 'absolute' as never, steps } };
}

function thresholdsStyle(panel: OldGraph): Record<string, unknown> {
  const all = limitsOf(panel);
  if (!all.length) return {};
  const area = all.some(({ fill }) => fill);
  const line = all.some((limit) => limit.line);
  return { thresholdsStyle: { mode: area && line ? 'line+area' : area ? 'area' : 'line' } };
}

const LEVELS: Record<string, string> = { critical: 'red', warning: 'orange', ok: 'green' };

const colorOf = ({ colorMode = '', fillColor, lineColor }: Limit): string =>
  (colorMode === 'custom' ? (fillColor ?? lineColor) : LEVELS[colorMode]) ?? 'red';

/** Bars of one value for each series. */
const reduced = ({ xaxis, transformations = [] }: OldGraph): DataTransformerConfig[] => [
  ...transformations,
  { id: 'reduce', options: { reducers: (xaxis?.values ?? ['total']).map((old) => calculation(old) ?? old) } },
];
