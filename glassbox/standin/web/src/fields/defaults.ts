import {
  FieldColorModeId,
  type FieldConfig,
  type FieldConfigSource,
  type ThresholdsConfig,
  ThresholdsMode,
} from '@grafana/data';

/** Grafana's defaults of the `custom` part: what the options of each panel type begin with. */
const GRAPH = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: 'none',
  showPoints: 'auto',
  pointSize: 5,
  spanNulls: false,
  axisPlacement: 'auto',
  axisGridShow: true,
  axisColorMode: 'text',
  scaleDistribution: { type: 'linear' },
  stacking: { mode: 'none', group: 'A' },
  barAlignment: 0,
  barWidthFactor: 0.6,
  hideFrom: { legend: false, tooltip: false, viz: false },
  thresholdsStyle: { mode: 'off' },
};
const CUSTOM: Record<string, Record<string, unknown>> = {
  timeseries: GRAPH,
  'state-timeline': { fillOpacity: 70, lineWidth: 0, spanNulls: false },
  barchart: { fillOpacity: 80, lineWidth: 1, gradientMode: 'none', hideFrom: {} },
  histogram: { fillOpacity: 80, lineWidth: 1, hideFrom: {} },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
};

const BY_SERIES = new Set(['timeseries', 'barchart', 'histogram', 'piechart']);
const THRESHOLDS: ThresholdsConfig = {
  mode: ThresholdsMode.Absolute,
  steps: [
    { color: 'green', value: Number.NEGATIVE_INFINITY },
    { color: 'red', value: 80 },
  ],
};

/** A panel's field configuration with what Grafana adds to it on load. */
export function completed(type: string, config: FieldConfigSource | undefined): FieldConfigSource {
  const defaults = config?.defaults ?? {};
  const overrides = (config?.overrides ?? []).map((rule) => ({
    ...rule,
    properties: rule.properties.map((property) =>
      property.id === 'thresholds' ? { ...property, value: based(property.value as ThresholdsConfig) } : property,
    ),
  }));
  const mode = BY_SERIES.has(type) ? FieldColorModeId.PaletteClassic : FieldColorModeId.Thresholds;
  const filled: FieldConfig = {
    ...defaults,
    color: defaults.color ?? { mode },
    thresholds: based(defaults.thresholds ?? THRESHOLDS),
    custom: { ...CUSTOM[type], ...defaults.custom },
  };
  return { defaults: filled, overrides };
}

/** The first step holds for everything below the second, whatever value it is written with. */
function based({ mode, steps }: ThresholdsConfig): ThresholdsConfig {
  return {
    mode,
    steps: steps.map((step, index) => ({ ...step, value: index === 0 ? Number.NEGATIVE_INFINITY : step.value })),
  };
}
