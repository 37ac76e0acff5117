import { type Field, FieldType, formattedValueToString, getFieldDisplayName, getFieldSeriesColor } from '@grafana/data';
import { LegendDisplayMode } from '@grafana/schema';
import { VizLayout, VizLegend } from '@grafana/ui';
import { linksOf } from '../fields/links';
import { type BarSeries, Bars } from './Bars';
import { optionsOf, type PanelProps } from './props';
import type { GraphOptions } from './TimeSeries';

interface BarChartOptions extends GraphOptions {
  xField: string;
  stacking: 'none' | 'normal' | 'percent';
  groupWidth: number;
}

/** The numbers of a table as bars over its first text. */
export function BarChart(props: PanelProps) {
  const { frames, panel, theme } = props;
  const options = optionsOf<BarChartOptions>(props);
  const [frame] = frames;
  if (!frame) return null;
  const named = frame.fields.find((field) => options.xField && getFieldDisplayName(field, frame) === options.xField);
  const x =
    named ??
    frame.fields.find(({ type }) => type === FieldType.string) ??
    frame.fields.find(({ type }) => type === FieldType.time);
  const numbers = frame.fields.filter(
    (field) => field !== x && field.type === FieldType.number && !field.config.custom?.hideFrom?.viz,
  );
  const series = numbers.map((field): BarSeries => ({
    name: getFieldDisplayName(field, frame),
    color: getFieldSeriesColor(field, theme).color,
    values: field.values,
    links: field.config.links?.length ? (row) => linksOf(field, row) : undefined,
  }));
  return (
    <WithLegend props={props} series={series}>
      {(width, height) => (
        <Bars
          categories={(x?.values ?? []).map((value: unknown) => textOf(x, value))}
          series={series}
          stacked={(options.stacking ?? 'none') !== 'none'}
          width={width}
          height={height}
          theme={theme}
          groupWidth={options.groupWidth ?? 0.7}
          fillOpacity={panel.fieldConfig?.defaults.custom?.fillOpacity ?? 80}
          format={(value) => textOf(numbers[0], value)}
        />
      )}
    </WithLegend>
  );
}

export const textOf = (field: Field | undefined, value: unknown): string =>
  field?.display ? formattedValueToString(field.display(value)) : String(value);

interface WithLegendProps {
  props: PanelProps;
  series: BarSeries[];
  children: (width: number, height: number) => React.ReactNode;
}

export function WithLegend({ props, series, children }: WithLegendProps) {
  const { legend = {} } = optionsOf<GraphOptions>(props);
  const placement = legend.placement ?? 'bottom';
  const items = series.map(({ name, color }) => ({ label: name, color, yAxis: 1 }));
  const shown =
    legend.showLegend === false ? null : (
      <VizLayout.Legend placement={placement}>
        <VizLegend
          placement={placement}
          displayMode={legend.displayMode ?? LegendDisplayMode.List}
          items={items}
          readonly
        />
      </VizLayout.Legend>
    );
  return (
    <VizLayout width={props.width} height={props.height} legend={shown}>
      {children}
    </VizLayout>
  );
}
