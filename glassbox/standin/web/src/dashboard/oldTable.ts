import type { DataTransformerConfig, DynamicConfigValue, FieldConfigSource } from '@grafana/data';
import type { Panel } from './model';
import { calculation, override } from './oldFields';

interface Style {
  pattern?: string;
  alias?: string;
  type?: string;
  unit?: string;
  decimals?: number;
  dateFormat?: string;
  colorMode?: string | null;
  colors?: string[];
  thresholds?: (string | number)[];
  align?: string;
  link?: boolean;
  linkTooltip?: string;
  linkUrl?: string;
  linkTargetBlank?: boolean;
}

/** What the page reads of a table of before version 7. */
export interface OldTable extends Panel {
  styles?: Style[];
  transform?: string;
  columns?: { value: string }[];
}

const TRANSFORMATIONS: Record<string, string> = {
  timeseries_to_rows: 'seriesToRows',
  timeseries_to_columns: 'joinByField',
  timeseries_aggregations: 'reduce',
  table: 'merge',
};
const ALL_COLUMNS = '/.*/';

/** The table that Grafana makes of an old one: its styles become settings of fields, its transform a transformation. */
export function fromTable(panel: OldTable): Panel {
  const { styles = [], transform = '', columns = [], transformations = [] } = panel;
  const id = TRANSFORMATIONS[transform];
  const reducers = columns.map(({ value }) => calculation(value) ?? value);
  const step: DataTransformerConfig[] = id ? [{ id, options: id === 'reduce' ? { reducers } : {} }] : [];
  const general = styles.find(({ pattern }) => pattern === ALL_COLUMNS);
  const named = styles.filter((style) => style !== general && style.pattern);
  return {
    ...panel,
    type: 'table',
    transformations: [...transformations, ...step],
    fieldConfig: {
      defaults: general ? defaultsOf(general) : {},
      overrides: named.map((style) => override(style.pattern ?? '', properties(style))),
    },
    options: { showHeader: true },
  };
}

/** A style that holds for all columns is what fields begin with. */
function defaultsOf(style: Style): FieldConfigSource['defaults'] {
  const all = properties(style).filter(({ id }) => !id.startsWith('custom.hideFrom'));
  const custom = all.filter(({ id }) => id.startsWith('custom.'));
  const plain = all.filter(({ id }) => !id.startsWith('custom.'));
  const entries = (list: DynamicConfigValue[]) =>
    Object.fromEntries(list.map(({ id, value }) => [id.replace('custom.', ''), value]));
  return { ...entries(plain), custom: entries(custom) };
}

const CELLS: Record<string, string> = { cell: 'color-background', row: 'color-background', value: 'color-text' };

function properties(style: Style): DynamicConfigValue[] {
  const { alias, type, unit, decimals, dateFormat, colorMode, align, thresholds = [], colors = [] } = style;
  const cell = CELLS[colorMode ?? ''];
  const steps = [Number.NEGATIVE_INFINITY, ...thresholds.map(Number)];
  const said: [string, unknown][] = [
    ['displayName', alias || undefined],
    ['unit', type === 'date' && dateFormat ? `time: ${dateFormat}` : unit],
    ['decimals', decimals],
    ['custom.hideFrom', type === 'hidden' ? { viz: true } : undefined],
    ['links', style.link ? [link(style)] : undefined],
    ['custom.cellOptions', cell ? { type: cell } : undefined],
    ['custom.align', align === 'auto' ? undefined : align],
    [
      'thresholds',
      thresholds.length
        ? { mode: 'absolute', steps: steps.map((value, index) => ({ value, color: colors[index] ?? 'green' })) }
        : undefined,
    ],
  ];
  return said.flatMap(([id, value]) => (value === undefined || value === null ? [] : [{ id, value }]));
}

const link = ({ linkTooltip = '', linkUrl = '', linkTargetBlank }: Style) => ({
  title: linkTooltip,
  url: linkUrl,
  targetBlank: linkTargetBlank,
});
