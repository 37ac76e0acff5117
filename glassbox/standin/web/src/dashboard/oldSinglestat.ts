import type { Threshold } from '@grafana/data';
import type { Panel } from './model';
import { calculation, oldMappings, said } from './oldFields';

/** What the page reads of a panel `singlestat`. */
export interface OldSinglestat extends Omit<Panel, 'options'> {
  format?: string;
  valueName?: string;
  decimals?: number | null;
  thresholds?: unknown;
  colors?: string[];
  colorValue?: boolean;
  colorBackground?: boolean;
  sparkline?: { show?: boolean };
  gauge?: { show?: boolean; minValue?: number; maxValue?: number };
  mappingType?: number;
  valueMaps?: { value?: string; text?: string }[];
  rangeMaps?: { from?: string; to?: string; text?: string }[];
  nullText?: string | null;
  tableColumn?: string;
}

/** The stat, or the gauge, that Grafana makes of a `singlestat`; nothing of `fieldConfig` is left in it. */
export function fromSinglestat(panel: OldSinglestat): Panel {
  const { gauge, valueName = 'avg', colorBackground, colorValue } = panel;
  const ends = gauge?.show ? { min: gauge.minValue ?? 0, max: gauge.maxValue ?? 100 } : {};
  const thresholds = { mode: 'absolute' as never, steps: steps(panel) };
  const mappings = oldMappings(panel, thresholds);
  return {
    ...panel,
    type: gauge?.show ? 'gauge' : 'stat',
    fieldConfig: {
      defaults: {
        ...said({ unit: panel.format, decimals: panel.decimals, noValue: panel.nullText || undefined }),
        ...ends,
        thresholds,
        mappings,
      },
      overrides: [],
    },
    options: {
      reduceOptions: {
        calcs: [calculation(valueName) ?? 'mean'],
        ...(panel.tableColumn ? { fields: `/^${panel.tableColumn}$/` } : {}),
      },
      orientation: 'horizontal',
      colorMode: colorBackground ? 'background' : colorValue ? 'value' : 'none',
      graphMode: panel.sparkline?.show ? 'area' : 'none',
      textMode: valueName === 'name' ? 'name' : 'auto',
    },
  };
}

/** `80,90` and three colours. */
function steps({ thresholds, colors = [] }: OldSinglestat): Threshold[] {
  const values = typeof thresholds === 'string' && thresholds.trim() ? thresholds.split(',').map(Number) : [];
  return [Number.NEGATIVE_INFINITY, ...values].map((value, index) => ({ value, color: colors[index] ?? 'green' }));
}
